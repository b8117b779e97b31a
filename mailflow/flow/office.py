"""What operators do beside the requests: people, accounts, mail that was set aside.

Each act leaves a line in the history under the operator's name, in the same transaction where the
store lets it. What concerns a request goes through `Flow.apply` instead.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailflow.core.commands import Actor
from mailflow.core.request import Account, Person
from mailflow.store import directory, history, inbox, outbox
from mailflow.store.db import Database, Session


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does to one entry: "added", "changed", "unchanged" or "conflict".

    `key` is its address or domain; `before` and `after` hold the values that differ.
    """

    key: str
    what: str
    before: Mapping[str, str]
    after: Mapping[str, str]


class Office:
    """The operator's desk. `internal_domains` are the vendor's own."""

    def __init__(self, db: Database, internal_domains: Collection[str] = ()) -> None:
        self._db = db
        self._internal = internal_domains

    def preview_people(self, rows: Sequence[Person]) -> list[Change]:
        """What an import would do to each; changes nothing."""
        with self._db.reading() as session:
            return [
                _change(
                    row.email,
                    _person_values(directory.person(session, row.email)),
                    _person_values(row),
                )
                for row in rows
            ]

    def import_people(self, rows: Sequence[Person], actor: Actor) -> directory.PeopleCounts:
        """Add or change people, all of them or none."""
        with self._db.transaction() as session:
            counts = directory.upsert_people(session, rows, self._db.now(session))
            self.note(session, "people_imported", actor, added=counts.added, changed=counts.changed)
        return counts

    def set_active(self, email: str, active: bool, actor: Actor) -> bool:
        """Bar somebody from asking, or let him ask again; False if he is unknown (S06)."""
        with self._db.transaction() as session:
            person = directory.person(session, email, self._internal)
            if person is None:
                return False
            row = Person(
                person.email, person.name, person.company, person.role, active, person.language
            )
            directory.upsert_people(session, [row], self._db.now(session))
            name = "person_activated" if active else "person_deactivated"
            self.note(session, name, actor, person=person.email)
        return True

    def preview_accounts(self, rows: Sequence[Account]) -> list[Change]:
        """What an import would do to each; an account of a request is a conflict."""
        changes = []
        with self._db.reading() as session:
            for row in rows:
                old = directory.account(session, row.domain)
                change = _change(row.domain, _account_values(old), _account_values(row))
                if old is not None and old.reference:
                    before = {"reference": old.reference, "status": old.state}
                    change = Change(row.domain, "conflict", before, change.after)
                changes.append(change)
        return changes

    def import_accounts(self, rows: Sequence[Account], actor: Actor) -> directory.AccountCounts:
        """Take over accounts, all of them; where one conflicts, none."""
        counts = directory.AccountCounts(0, 0, ())
        try:
            with self._db.transaction() as session:
                counts = directory.import_accounts(session, rows, self._db.now(session))
                if counts.conflicts:
                    raise _UndoneError
                self.note(
                    session, "accounts_imported", actor, added=counts.added, changed=counts.changed
                )
        except _UndoneError:
            pass
        return counts

    def release(self, ids: Sequence[int], actor: Actor) -> int:
        """Let quarantined mails be worked on: the operator vouches for their sender."""
        return self._noted(inbox.release(self._db, ids, actor.address), "mail_released", ids, actor)

    def drop(self, ids: Sequence[int], actor: Actor) -> int:
        """Decide that quarantined mails are never acted upon."""
        return self._noted(inbox.drop(self._db, ids, actor.address), "mail_dropped", ids, actor)

    def retry_inbox(self, ids: Sequence[int], actor: Actor) -> int:
        """Work on failed mails once more."""
        return self._noted(inbox.retry(self._db, ids), "mail_retried", ids, actor)

    def retry_outbox(self, ids: Sequence[int], actor: Actor) -> int:
        """Send failed letters once more."""
        return self._noted(outbox.retry(self._db, ids), "letter_retried", ids, actor)

    def _noted(self, done: int, name: str, ids: Sequence[int], actor: Actor) -> int:
        """The mail itself keeps who decided; this is the line in the operators' own history."""
        if done:
            with self._db.transaction() as session:
                self.note(session, name, actor, mails=", ".join(map(str, ids)), done=done)
        return done

    def note(self, session: Session, name: str, actor: Actor, **data: Any) -> None:
        """A line in the operators' own history, kept with the rest of the transaction."""
        history.add_event(
            session,
            history.NewEvent(
                request_id=None,
                at=self._db.now(session),
                name=name,
                part=actor.part,
                address=actor.address,
                evidence=actor.evidence,
                data=data,
            ),
        )


class _UndoneError(Exception):
    """Ends a transaction without keeping it."""


def _change(key: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    if not before:
        return Change(key, "added", {}, after)
    names = [name for name in after if before[name] != after[name]]
    if not names:
        return Change(key, "unchanged", {}, {})
    return Change(key, "changed", {n: before[n] for n in names}, {n: after[n] for n in names})


def _person_values(person: Person | None) -> dict[str, str]:
    if person is None:
        return {}
    return {
        "name": person.name,
        "company": person.company,
        "role": person.role.value,
        "status": "active" if person.active else "inactive",
        "language": person.language,
    }


def _account_values(account: Account | None) -> dict[str, str]:
    if account is None:
        return {}
    return {
        "name": account.name,
        "status": account.state,
        "administrators": " ".join(account.administrators),
    }
