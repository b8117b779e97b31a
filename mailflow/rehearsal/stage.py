"""Where a rehearsal takes place: a scratch database that is thrown away afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mailflow.config import Config
from mailflow.core.request import Account, Person
from mailflow.letters import Letters
from mailflow.processor import Authenticator
from mailflow.rehearsal.service import Rehearsal
from mailflow.store import directory, migrate
from mailflow.store.db import Database


def plain_config() -> Config:
    """The service of a rehearsal without a configuration: as in the demo, sending nothing."""
    return Config.model_validate(
        {
            "service": {
                "organisation": "Example Vendor",
                "address": "requests@vendor.example",
                "public_url": "https://accounts.vendor.example",
                "support_url": "https://vendor.example/case",
                "feedback_url": "https://vendor.example/feedback",
                "operator_address": "ops@vendor.example",
                "internal_domains": ["vendor.example"],
            },
            "trust": {"mode": "trusted_peers", "trusted_peers": ["127.0.0.1"]},
            "delivery": {"mode": "capture"},
        }
    )


@contextmanager
def stage(
    config: Config,
    authenticator: Authenticator,
    *,
    letters: Letters,
    people: Sequence[Person] = (),
    accounts: Sequence[Account] = (),
) -> Iterator[Rehearsal]:
    """A rehearsal on a SQLite file of its own, with these people and accounts."""
    with TemporaryDirectory(prefix="mailflow-rehearsal-") as folder:
        db = Database(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            migrate.upgrade(db)
            with db.transaction() as session:
                now = db.now(session)
                directory.upsert_people(session, people, now)
                directory.import_accounts(session, accounts, now)
            yield Rehearsal(config, db, authenticator, letters=letters, captures=True)
        finally:
            db.close()
