"""`mailflow read`: rehearse mails from files. Changes nothing, sends nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailflow.cli.common import AsJson, ConfigFile, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.cli.reading import Situation
    from mailflow.config import Config
    from mailflow.core.message import Message, Unreadable
    from mailflow.core.verdict import Verdict
    from mailflow.store.db import Database

NO_DATABASE = "no database: the sender is taken as a registered partner, and no domain as taken"


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(read)


def read(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Mails (.eml), folders of them, or - for one mail."),
    ],
    config: ConfigFile = None,
    as_json: AsJson = False,
    reply_as: Annotated[
        str,
        typer.Option(
            metavar="partner|customer",
            help="Read each mail as an answer to our letter to that person.",
        ),
    ] = "",
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Set the clock: 2026-11-24T08:30Z; else now.")
    ] = "",
    authenticated: Annotated[
        bool, typer.Option("--authenticated", help="Take the sender as proven.")
    ] = False,
) -> None:
    """Say how mails are understood and what would be answered. Changes nothing, sends nothing.

    The database is asked who the sender is and which domains are taken, if there is one.

    Example: mailflow read mails/ --authenticated --json
    """
    if reply_as and reply_as not in ("partner", "customer"):
        raise Failure(f"--reply-as {reply_as}: say partner or customer", code=Exit.USAGE)
    now, files = _time(at), list(_files(paths))
    with ExitStack() as stack:
        reader = Reader(_config(config), now, reply_as, authenticated, stack)
        for file in files:
            _print(reader.read(str(file), _bytes(file)), as_json, alone=len(files) == 1)


class Reader:
    """What stays the same from mail to mail."""

    def __init__(
        self,
        config: Config,
        now: datetime | None,
        reply_as: str,
        authenticated: bool,
        stack: ExitStack,
    ) -> None:
        from mailflow.authenticate import Authenticator, resolver

        self._config = config
        self._now = now or datetime.now(UTC)
        self._reply_as = reply_as
        self._authenticated = authenticated
        self._authenticator = Authenticator(config.trust, resolver(config.trust.nameservers))
        self._policy = config.policy.value()
        self.db = _database(config, stack)

    def read(self, file: str, raw: bytes) -> dict[str, Any]:
        """One mail."""
        from mailflow.cli.reading import understand
        from mailflow.core import message as messages
        from mailflow.core.message import Message

        if b"\r\n" not in raw:
            raw = raw.replace(b"\n", b"\r\n")  # as a mail server makes of a file
        message = messages.read(raw)
        path = message.header("return-path") if isinstance(message, Message) else ""
        mail_from = path.strip().strip("<>").lower() if path else None
        verdict = self._verdict(raw, message, mail_from)
        if self.db is None:
            return understand(file, message, mail_from, self._without_database(message, verdict))
        with self.db.reading() as session:
            situation = self._from_database(session, message, verdict)
            return understand(file, message, mail_from, situation)

    def _verdict(self, raw: bytes, message: Message | Unreadable, mail_from: str | None) -> Verdict:
        from mailflow.core.message import Message
        from mailflow.core.verdict import Verdict

        if not isinstance(message, Message) or not message.sender:
            return Verdict("none", "no single sender")
        if self._authenticated:
            return Verdict("pass", "taken as proven (--authenticated)")
        return self._authenticator.verdict(
            raw, message, mail_from, "", "file", received_at=self._now
        )

    def _without_database(self, message: Message | Unreadable, verdict: Verdict) -> Situation:
        from mailflow.cli.reading import Situation
        from mailflow.core.address import domain_of
        from mailflow.core.classify import Facts
        from mailflow.core.decision import World
        from mailflow.core.message import Message
        from mailflow.core.request import Person
        from mailflow.core.sides import is_ours

        sender = message.sender if isinstance(message, Message) else ""
        service = self._config.service
        person = Person(sender, internal=domain_of(sender) in service.internal_domains)
        world = World(
            self._now, self._policy, requester=person if sender else None, reference="R-0000000",
            default_language=service.default_language, operator=service.operator_address,
            is_ours=partial(is_ours, own=self._config.own_addresses),
        )  # fmt: skip
        situation = Situation(Facts(person=world.requester), verdict, world, remark=NO_DATABASE)
        return self._as_reply(situation, sender)

    def _from_database(
        self, session: Any, message: Message | Unreadable, verdict: Verdict
    ) -> Situation:
        from mailflow.cli.reading import Situation
        from mailflow.core.message import Message
        from mailflow.flow import facts as gathering
        from mailflow.flow import world as surroundings
        from mailflow.store import directory, queries

        assert self.db is not None
        recipients = message.to if isinstance(message, Message) else ()
        [facts] = gathering.gather(session, self._config.service, [(message, recipients)])
        letter = facts.returned or facts.letter
        request = queries.request(session, letter.request_id) if letter else None
        requester = facts.person
        if request:
            internal = self._config.service.internal_domains
            requester = directory.person(session, request.requester.email, internal)
        world = surroundings.build(
            session, self._config, self._policy, request, requester, "R-0000000", self._now
        )
        situation = Situation(facts, verdict, world, request)
        return self._as_reply(situation, message.sender if isinstance(message, Message) else "")

    def _as_reply(self, situation: Situation, sender: str) -> Situation:
        """With --reply-as: the same, but answering a letter of ours to the sender."""
        from mailflow.cli.reading import made_up

        if not self._reply_as or not sender:
            return situation
        letter, request = made_up(self._reply_as, sender, self._now)
        facts = replace(situation.facts, letter=letter, returned=None, unknown_token=False)
        world = replace(situation.world, requester=request.requester, account_of=lambda _d: None)
        return replace(situation, facts=facts, world=world, request=request)


def _config(given: Path | None) -> Config:
    """The configuration, or, where there is none at all, one good enough for reading."""
    from mailflow.cli.common import config_path
    from mailflow.cli.output import note
    from mailflow.config import Config

    if config_path(given) is not None:
        return read_config(given)
    note("reading without configuration: as a service of vendor.example, with its defaults")
    service = {
        "organisation": "Example Vendor",
        "address": "requests@vendor.example",
        "public_url": "https://vendor.example",
        "support_url": "https://vendor.example/case",
        "feedback_url": "https://vendor.example/feedback",
        "operator_address": "support@vendor.example",
    }
    return Config.model_validate({"service": service})


def _database(config: Config, stack: ExitStack) -> Database | None:
    """The database, if it is there and of this version."""
    from mailflow.cli.common import database
    from mailflow.cli.output import note
    from mailflow.store.db import Unavailable

    try:
        return stack.enter_context(database(config))
    except (Failure, Unavailable) as trouble:
        note(f"reading without database: {trouble}")
        return None


def _time(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f"--at {text}: is not a time", "write one such as 2026-11-24T08:30Z", Exit.USAGE
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*.eml") if p.is_file())
        elif path.exists() or str(path) == "-":
            yield path
        else:
            raise Failure(f"{path}: there is no such file", code=Exit.NOT_FOUND)


def _bytes(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _print(result: dict[str, Any], as_json: bool, *, alone: bool) -> None:
    from mailflow.cli.output import record, safe

    if as_json or alone:
        fields = {k: v for k, v in result["fields"].items() if v}
        shown = result if as_json else {**{k: v for k, v in result.items() if v}, "fields": ""}
        if not as_json:
            del shown["fields"]
            shown = {**shown, **fields}
        record(shown, as_line=as_json)
        return
    meaning = result["intent"] or result["outcome"]
    sys.stdout.write(safe(f"{result['file']}  {result['kind']}  {meaning}  {result['why']}") + "\n")
