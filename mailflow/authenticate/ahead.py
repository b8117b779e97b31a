"""DNS for several mails at once, before they are judged one after the other.

Each mail waits for its own questions. Asked in turn, thirty mails of thirty senders whose zones
are far away wait for all of them together; asked beforehand and side by side, for the slowest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from mailflow.authenticate import signature
from mailflow.authenticate.cache import CachedResolver
from mailflow.authenticate.dkim_check import MOST, may_prove
from mailflow.authenticate.dns import DnsError
from mailflow.authenticate.own_check import WhoSends
from mailflow.core.alignment import aligned
from mailflow.core.message import Message

THREADS = 8
NAMES = 64  # for one batch; what is beyond that is asked when its mail is judged
#: Seconds for all of it. More than `cache.SLOW`, so that a zone that takes so long is at rest then.
BUDGET = 3.0
#: Seconds for an answer from near by. While they come so soon, threads would only cost.
QUICK = 0.05


def names_of(message: Message, author: str, sending: WhoSends) -> Iterator[str]:
    """The TXT records that `own_check` asks for first: not those that it may come to later.

    Args:
        message: The mail as read.
        author: Domain of its From address.
        sending: Who handed it in; asked only where no signature could prove the author.
    """
    fields = (value for name, value in message.fields if name == "dkim-signature")
    able = [value for value in fields if may_prove(value, author)][:MOST]
    yield from filter(None, map(signature.key_name, able))
    peer = None if able else sending()
    if peer is not None and aligned(author, peer.domain):
        yield peer.domain
    if not able or any(signature.signer(value) != author for value in able):
        yield f"_dmarc.{author}"


def ask(
    resolver: CachedResolver,
    clock: Callable[[], float],
    names: Iterable[str],
    budget: float = BUDGET,
) -> None:
    """Fetch TXT records into the memory of a resolver. Never raises for trouble with DNS.

    What is known costs no thread, and neither does a name by itself: its mail asks as quickly.
    Returns when all is answered, or after `budget` seconds; late answers still come into memory.
    """
    unknown = resolver.unknown_txt(names)[:NAMES]
    if len(unknown) < 2:
        return
    missing = _from_near_by(resolver, clock, unknown)
    if not missing:
        return
    deadline = clock() + budget
    pool = ThreadPoolExecutor(min(THREADS, len(missing)), thread_name_prefix="dns")
    try:
        wait([pool.submit(_fetch, resolver, name, deadline) for name in missing], budget)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _from_near_by(
    resolver: CachedResolver, clock: Callable[[], float], names: Sequence[str]
) -> Sequence[str]:
    """Ask in turn while answers come at once; returns what is left when one does not."""
    for number, name in enumerate(names):
        patience = clock() + QUICK
        answered = _fetch(resolver, name, patience)
        if clock() >= patience:
            return names[number + answered :]
    return ()


def _fetch(resolver: CachedResolver, name: str, deadline: float) -> bool:
    try:
        resolver.txt(name, deadline)
    except DnsError:
        return False  # whoever needs it asks again, and is told why
    return True
