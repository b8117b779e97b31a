"""Who really sent a mail (DOMAIN.md §4 "Proven sender"; PROMISES.md I13, I14, I28).

`Authenticator.verdict` is the one way in. Three modes, chosen in `[trust]`: a mail server of ours
has checked (`core.authresults`), mailflow checks itself (`own_check`), or the peer is believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from mailflow.authenticate.authenticator import Authenticator
from mailflow.authenticate.cache import CachedResolver
from mailflow.authenticate.dns import DnsError, Resolver, SystemResolver

__all__ = ["Authenticator", "CachedResolver", "DnsError", "Resolver", "SystemResolver", "resolver"]


def resolver(
    nameservers: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
    home: str = "",
) -> CachedResolver:
    """DNS with a memory, as the running service uses it: one for the whole process.

    Args:
        nameservers: As in `trust.nameservers`; none = those of the system.
        clock: Monotonic clock in seconds.
        home: Our own domain, see `CachedResolver`.
    """
    return CachedResolver(SystemResolver(clock, nameservers), clock, home=home)
