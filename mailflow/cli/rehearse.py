"""`mailflow rehearse`: mails and days on a virtual clock. Sends nothing, keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailflow.cli import tabular
from mailflow.cli.common import AsJson, ConfigFile, config_path, database, read_config
from mailflow.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from mailflow.config import Config
    from mailflow.core.request import Account, Person
    from mailflow.letters import Letters
    from mailflow.processor import Authenticator
    from mailflow.rehearsal.folder import Happening
    from mailflow.rehearsal.service import Rehearsal


def add_to(app: typer.Typer) -> None:
    """Put this command at the top level."""
    app.command()(rehearse)


def rehearse(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Mails (.eml), stories (.txt), or folders of them."),
    ],
    config: ConfigFile = None,
    days: Annotated[
        int, typer.Option(min=0, max=1000, help="Let so many days pass after the last mail.")
    ] = 0,
    people: Annotated[
        Path | None,
        typer.Option(
            help="Who is registered (as for people import); else people.csv beside the "
            "mails, else the configured database, else everybody who asks."
        ),
    ] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(
            help="Which domains are taken (as for accounts import); else accounts.csv "
            "beside the mails, else the configured database."
        ),
    ] = None,
    check_senders: Annotated[
        bool,
        typer.Option("--check-senders", help="Prove senders as [trust] says; else all are."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say who would get which letter, when, and in which language. Sends nothing, keeps nothing.

    Mails are played in the order of their dates, those of one moment in that of their names, on a
    virtual clock and a scratch database. An answer goes to the newest letter to its sender. Each
    story is played by itself, and its expectations are compared.

    Example: mailflow rehearse examples --days 90
    """  # fmt: skip
    from mailflow.cli.playbill import print_json, print_table
    from mailflow.cli.progress import bar
    from mailflow.letters import Letters

    mails, stories = _sort(paths)
    settings = _config(config)
    folder = settings.service.templates
    letters = Letters(settings.service, Path(folder) if folder else None)
    known = _known(settings, config, mails, people, accounts)
    play = _Play(settings, letters, known, _authenticator(settings, check_senders), days)
    faults = 0
    shown: list[tuple[str, list[Happening]]] = []
    try:
        with bar("rehearsing", len(mails) + len(stories)) as told:
            for title, happenings in play.all(mails, stories, told):
                played: list[Happening] = []
                shown.append((title, played))
                for happening in happenings:
                    faults += len(happening.faults)
                    played.append(happening)
                    if as_json:
                        print_json(title, happening)
    finally:  # what was played before a story that cannot be read is shown as well
        for title, played in shown if not as_json else ():
            print_table(title, played)
    if faults:
        raise Failure(f"{faults} times it went otherwise than the stories say", "see above")


@dataclass(frozen=True, slots=True)
class _Known:
    """Who is registered and which domains are taken; `people` None = everybody who asks."""

    people: Sequence[Person] | None
    accounts: Sequence[Account]


@dataclass(frozen=True, slots=True)
class _Play:
    """What stays the same from one play to the next."""

    config: Config
    letters: Letters
    known: _Known
    authenticator: Authenticator
    days: int

    def all(
        self, mails: Sequence[Path], stories: Sequence[Path], told: Callable[[int], None]
    ) -> Iterator[tuple[str, Iterator[Happening]]]:
        """Every play with its title: the mails together, each story alone.

        `told` hears how many of the files have been played.
        """
        if mails:
            yield "", self._mails(mails, told)
        for number, story in enumerate(stories, len(mails) + 1):
            yield str(story), self._story(story)
            told(number)

    def _mails(self, files: Sequence[Path], told: Callable[[int], None]) -> Iterator[Happening]:
        from mailflow.rehearsal.folder import in_order, let_pass, play_mails
        from mailflow.rehearsal.stage import stage

        with stage(
            self.config, self.authenticator, letters=self.letters,
            people=self.known.people or (), accounts=self.known.accounts,
        ) as service:  # fmt: skip

            def read() -> Iterator[tuple[str, bytes]]:
                mails = in_order((file.name, _crlf(file.read_bytes())) for file in files)
                for number, mail in enumerate(mails, 1):
                    yield mail
                    told(number)

            def register(sender: str) -> None:
                if self.known.people is None:
                    _register(service, sender)

            yield from play_mails(service, read(), register)
            yield from let_pass(service, self.days)

    def _story(self, file: Path) -> Iterator[Happening]:
        from mailflow.rehearsal.folder import Happening, let_pass
        from mailflow.rehearsal.player import Player
        from mailflow.rehearsal.script import ScriptError, parse
        from mailflow.rehearsal.stage import stage
        from mailflow.rehearsal.trusting import Trusting

        with stage(self.config, Trusting(), letters=self.letters) as service:
            try:
                script = parse(file.read_text(encoding="utf-8"))
                for scene in Player(service).play(script):
                    what = f"{scene.step.who or scene.step.verb}> {scene.step.text}"
                    if scene.letters or scene.faults or scene.outcome:
                        yield Happening(
                            scene.at, what, scene.outcome, "", scene.letters, scene.faults
                        )
            except (ScriptError, UnicodeDecodeError) as fault:
                raise Failure(f"{file}: {fault}", code=Exit.DATA) from None
            yield from let_pass(service, self.days)


def _register(service: Rehearsal, sender: str) -> None:
    """Take whoever asks for a partner, unless he got a letter of ours before."""
    from mailflow.core.address import domain_of
    from mailflow.core.request import Person
    from mailflow.store import directory, queries

    if domain_of(sender) in service.config.service.internal_domains:
        return
    with service.db.transaction() as session:
        if queries.outbox_rows(session, recipient=sender, limit=1):
            return
        if directory.person(session, sender) is None:
            directory.upsert_people(session, [Person(sender)], service.db.now(session))


def _sort(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Mails and stories, in the order of their names within what was named."""
    mails, stories = list[Path](), list[Path]()
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix in (".eml", ".txt"))
        elif path.is_file():
            found = [path]
        else:
            raise Failure(f"{path}: there is no such file", code=Exit.NOT_FOUND)
        for file in found:
            (stories if file.suffix == ".txt" else mails).append(file)
    if not mails and not stories:
        raise Failure("there are no mails (.eml) and no stories (.txt)", code=Exit.NOT_FOUND)
    return mails, stories


def _crlf(raw: bytes) -> bytes:
    """Line ends as a mail server makes them of a file."""
    return raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")


def _config(given: Path | None) -> Config:
    from mailflow.cli.output import note
    from mailflow.rehearsal.stage import plain_config

    if config_path(given) is not None:
        return read_config(given)
    note("rehearsing without configuration: as a service of vendor.example, with its defaults")
    return plain_config()


def _authenticator(config: Config, check: bool) -> Authenticator:
    from mailflow.rehearsal.trusting import Trusting

    if not check:
        return Trusting()
    from mailflow.authenticate import Authenticator, resolver

    return Authenticator(config.trust, resolver(config.trust.nameservers))


def _known(
    config: Config,
    given: Path | None,
    mails: Sequence[Path],
    people: Path | None,
    accounts: Path | None,
) -> _Known:
    """From files that were named or lie beside the mails, else from the database, else nobody."""
    from mailflow.cli.output import note
    from mailflow.core import roster
    from mailflow.store import directory
    from mailflow.store.db import Unavailable

    beside = [mail.parent for mail in mails[:1]]
    people = people or next((p for f in beside if (p := f / "people.csv").is_file()), None)
    accounts = accounts or next((p for f in beside if (p := f / "accounts.csv").is_file()), None)
    registered: Sequence[Person] | None = None
    taken: Sequence[Account] | None = None
    if people:
        service = config.service
        registered = tabular.read(
            people,
            lambda text, name: roster.people(
                text, name, service.languages, service.internal_domains
            ),
        )
    if accounts:
        taken = tabular.read(accounts, roster.accounts)
    if (registered is None or taken is None) and config_path(given) is not None:
        with suppress(Failure, Unavailable), database(config) as db, db.reading() as session:
            if registered is None:
                registered = directory.people(session)
            if taken is None:
                taken = directory.accounts(session)
    if registered is None and mails:
        note("nobody is registered: everybody who asks is taken as a partner")
    return _Known(registered, taken or ())
