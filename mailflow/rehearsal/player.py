"""Plays a story on a rehearsal, and compares what follows with what the story expects."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailflow.core import address
from mailflow.core import commands as c
from mailflow.core.request import Account, Request
from mailflow.rehearsal import machines
from mailflow.rehearsal.cast import USUAL, Someone, read_line
from mailflow.rehearsal.compare import compare
from mailflow.rehearsal.mailboxes import Mailboxes
from mailflow.rehearsal.script import Script, ScriptError, Step, span
from mailflow.rehearsal.service import Rehearsal, Written
from mailflow.rehearsal.trusting import FORGER
from mailflow.store import directory, inbox, queries
from mailflow.timers import check_all
from mailflow.web import compose
from mailflow.web.mailview import Captured


@dataclass(frozen=True, slots=True)
class Scene:
    """One step, and what followed. `faults` say where that is not what the story expects."""

    step: Step
    at: datetime
    outcome: str
    letters: tuple[Written, ...]
    faults: tuple[str, ...] = ()


class Player:
    """Plays one story. The rehearsal must capture, and believe mails handed in from 127.0.0.1."""

    def __init__(self, service: Rehearsal, cast: Mapping[str, Someone] = USUAL) -> None:
        self._service = service
        self._cast = dict(cast)
        self._mailboxes = Mailboxes(service.config.service)
        self._ids = itertools.count(1)
        self._last: tuple[bytes, str | None, str] = (b"", None, "")
        self._verbs: Mapping[str, Callable[[Step], str]] = {
            "writes": self._write, "replies": self._reply, "clicks": self._click,
            "sees": self._see, "cast": self._add, "account": self._account,
            "directory": self._directory, "clock": self._clock, "outage": self._outage,
            "operator": self._operate, "check": self._check, "again": self._again,
            "bounce": self._bounce, "delay": self._delay, "absent": self._absent, "is": self._is,
            "outcome": self._is_outcome,
        }  # fmt: skip
        self._outcome = ""
        self._fault = ""
        with service.db.transaction() as session:
            people = [one.person for one in self._cast.values() if one.person]
            directory.upsert_people(session, people, service.db.now(session))

    def play(self, script: Script) -> Iterator[Scene]:
        """Step by step. Raises `ScriptError` for a step that cannot be played."""
        for step in script.steps:
            self._fault = ""
            outcome = self._verbs[step.verb](step)
            self._service.capture()
            letters = tuple(self._service.letters())
            self._mailboxes.put(letters)
            self._outcome = outcome or self._outcome
            faults = [f"line {step.line}: {self._fault}"] if self._fault else []
            faults += compare(step, letters, self._email)
            yield Scene(step, self._service.now(), outcome, letters, tuple(faults))

    # -- people --------------------------------------------------------------------------------

    def _write(self, step: Step) -> str:
        subject, body = "Account request", step.text
        if body.startswith("Subject:"):
            line, _, body = body.partition("\n")
            subject = line.removeprefix("Subject:").strip()
        sender = self._email(step.who, step.line)
        mail = compose.new(
            sender=sender, name="", recipient=self._service.config.service.address,
            subject=subject, text=body, now=self._service.now(), message_id=self._message_id(),
        )  # fmt: skip
        return self._put(mail.raw, sender, mail.recipient, forged=step.forged)

    def _reply(self, step: Step) -> str:
        letter = self._mailboxes.letter(step, self._holder(step))
        sender = self._email(step.who, step.line)
        answer = compose.answer(
            captured(letter), step.text, name="", now=self._service.now(),
            message_id=self._message_id(),
        )  # fmt: skip
        raw = answer.raw.replace(
            f"From: {letter.recipient}".encode(), f"From: {sender}".encode(), 1
        )
        return self._put(raw, sender, answer.recipient, forged=step.forged)

    def _click(self, step: Step) -> str:
        return self._service.flow.click(
            self._mailboxes.page(step, self._holder(step)), _clicked(step)
        ).outcome

    def _see(self, step: Step) -> str:
        status = self._service.flow.page(self._mailboxes.page(step, self._holder(step))).status
        if status != step.text:
            self._fault = f"the page is {status}, not {step.text}"
        return ""

    # -- the world -----------------------------------------------------------------------------

    def _add(self, step: Step) -> str:
        try:
            name, someone = read_line(step.text)
        except ValueError as fault:
            raise ScriptError(step.line, str(fault)) from None
        self._cast[name] = someone
        if someone.person:
            db = self._service.db
            with db.transaction() as session:
                directory.upsert_people(session, [someone.person], db.now(session))
        return ""

    def _account(self, step: Step) -> str:
        domain, state, *administrators = step.text.split()
        account = Account(domain, domain, state, administrators=tuple(administrators))
        with self._service.db.transaction() as session:
            now = self._service.db.now(session)
            directory.import_accounts(session, [account], now)
        return ""

    def _directory(self, step: Step) -> str:
        name, _, status = step.text.partition(" ")
        with self._service.db.transaction() as session:
            now = self._service.db.now(session)
            someone = self._cast.get(name)
            if someone is None or someone.person is None or status not in ("inactive", "active"):
                raise ScriptError(step.line, "write: NAME inactive, of somebody in the directory")
            if status == "inactive":
                directory.deactivate(session, someone.email, now)
            else:
                directory.upsert_people(session, [someone.person], now)
        return ""

    def _clock(self, step: Step) -> str:
        self._service.pass_time(span(step.text, step.line))
        return ""

    def _outage(self, step: Step) -> str:
        """Time passes, and nobody looks at what becomes due."""
        self._service.db.clock_offset += span(step.text, step.line)
        return ""

    def _operate(self, step: Step) -> str:
        word, _, reason = step.text.partition(" ")
        if word == "vouch":
            with self._service.db.reading() as session:
                ids = [line.id for line in queries.inbox_rows(session, states=["quarantined"])]
            inbox.release(self._service.db, ids, by="operator")
            self._service.work()
            return self._mail_outcome(ids[0] if ids else 0)
        commands: dict[str, c.Command] = {
            "hold": c.Hold(reason, "operator"), "release": c.Release("operator", reason),
            "reject": c.Reject("operator", reason), "cancel": c.Cancel(reason),
            "resend": c.Resend(),
        }  # fmt: skip
        if word not in commands:
            raise ScriptError(step.line, f"{word}; write one of: vouch, {', '.join(commands)}")
        actor = c.Actor("operator", evidence="rehearsal")
        newest = self._requests()[0]
        return self._service.flow.apply(commands[word], newest.id, actor).outcome

    def _check(self, _step: Step) -> str:
        return ", ".join(check_all(self._service.flow))

    def _again(self, _step: Step) -> str:
        raw, mail_from, to = self._last
        other_way = b"Received: from mx2.relay.example by mx.vendor.example\r\n" + raw
        return self._put(other_way, mail_from, to)

    def _bounce(self, step: Step, failed: bool = True) -> str:
        name, _, detail = step.text.partition(":")
        letter = self._mailboxes.newest(self._email(name.strip(), step.line), step.line)
        path = self._service.return_paths[letter.id]
        raw = machines.report(
            letter.recipient, path, detail.strip(), failed=failed, now=self._service.now(),
            message_id=self._message_id(),
        )  # fmt: skip
        return self._put(raw, "", path, forged=True)

    def _delay(self, step: Step) -> str:
        return self._bounce(step, failed=False)

    def _absent(self, step: Step) -> str:
        name, _, until = step.text.partition(" until ")
        sender = self._email(name.strip(), step.line)
        path = self._service.return_paths[self._mailboxes.newest(sender, step.line).id]
        raw = machines.absence(
            sender, path, until, now=self._service.now(), message_id=self._message_id()
        )
        return self._put(raw, "", path)

    def _is(self, step: Step) -> str:
        found = ", ".join(request.state for request in reversed(self._requests())) or "nothing"
        if found != step.text:
            self._fault = f"it is {found}, not {step.text}"
        return ""

    def _is_outcome(self, step: Step) -> str:
        if self._outcome != step.text:
            self._fault = f"the outcome is {self._outcome!r}, not {step.text!r}"
        return ""

    # -- what they need ------------------------------------------------------------------------

    def _email(self, name: str, line: int) -> str:
        if found := self._cast.get(name):
            return found.email
        if email := address.parse(name):
            return email
        raise ScriptError(line, f"nobody is called {name}; known: {', '.join(self._cast)}")

    def _holder(self, step: Step) -> str:
        """To whom the letter was written that a step takes up."""
        return self._email(step.of or step.who, step.line)

    def _message_id(self) -> str:
        return f"<mail-{next(self._ids)}@rehearsal.example>"

    def _put(self, raw: bytes, mail_from: str | None, to: str, *, forged: bool = False) -> str:
        self._last = (raw, mail_from, to)
        peer = FORGER if forged else "127.0.0.1"
        return self._mail_outcome(
            self._service.put(raw, mail_from=mail_from, recipients=(to,), peer=peer)
        )

    def _mail_outcome(self, inbox_id: int) -> str:
        with self._service.db.reading() as session:
            lines = queries.inbox_rows(session, ids=[inbox_id])
        return lines[0].outcome or lines[0].state if lines else ""

    def _requests(self) -> list[Request]:
        with self._service.db.reading() as session:
            return queries.requests(session, limit=1000)


def captured(letter: Written) -> Captured:
    """A letter as a mailbox holds it, to be answered."""
    return Captured(
        letter.id, letter.recipient, letter.kind, letter.audience, letter.language,
        letter.subject, letter.at, letter.raw,
    )  # fmt: skip


def _clicked(step: Step) -> c.Command:
    """The button that is pressed."""
    word, _, rest = step.text.partition(" ")
    buttons: dict[str, c.Command] = {
        "accept": c.Accept("click"), "decline": c.Decline(rest), "nominate": c.Nominate(rest),
        "not": c.NotMe(), "ready": c.Ready(), "resend": c.Resend(),
    }  # fmt: skip
    if word not in buttons:
        raise ScriptError(step.line, f"{word}; write one of: {', '.join(buttons)}")
    return buttons[word]
