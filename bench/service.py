"""A `mailflow run` with the configuration that an operator would write for own_check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.mails import people_csv
from bench.process import Group, free_port, wait_for_port
from mailflow.store.db import Database

ROOT = Path(__file__).resolve().parents[1]


class Service:
    """The service in `folder`, with its tables and its directory of partners, not yet started."""

    def __init__(self, folder: Path, *, relay: int, names: int, url: str = "") -> None:
        self.folder = folder
        self.port, web, admin = free_port(), free_port(), free_port()
        self.config = folder / "mailflow.toml"
        self.url = url or f"sqlite:///{folder / 'mailflow.db'}"
        self.config.write_text(
            f"""
            [service]
            organisation = "Example Vendor"
            address = "requests@vendor.example"
            public_url = "https://accounts.vendor.example"
            support_url = "https://vendor.example/case"
            feedback_url = "https://vendor.example/feedback"
            operator_address = "ops@vendor.example"
            internal_domains = ["vendor.example"]
            [database]
            url = "{self.url}"
            [ingress.smtp]
            listen = ["smtp://127.0.0.1:{self.port}"]
            hostname = "mx.vendor.example"
            [trust]
            mode = "own_check"
            nameservers = ["127.0.0.1:{names}"]
            [delivery]
            host = "127.0.0.1"
            port = {relay}
            security = "none"
            [web]
            listen = "127.0.0.1:{web}"
            admin_listen = "127.0.0.1:{admin}"
            """
        )
        people = folder / "people.csv"
        people.write_text(people_csv())
        self._command("migrate")
        self._command("people", "import", str(people))

    def start(self, processes: int = 1) -> Group:
        """Start it, as so many processes; it takes mail when this returns."""
        command = [
            sys.executable, "-m", "mailflow", "run",
            "--config", str(self.config), "--processes", str(processes),
        ]  # fmt: skip
        group = Group(command, self.folder / "mailflow.log", cwd=ROOT)
        self.started_in = wait_for_port(self.port)
        return group

    def left_over(self) -> dict[str, int]:
        """What is in the two queues by state, where it is not finished as it should be."""
        db = Database(self.url)
        with db.reading() as session:
            found = {
                f"{table} {state}": count
                for table, good in (("inbox", "done"), ("outbox", "sent"))
                for state, count in session.connection().exec_driver_sql(
                    f"SELECT state, count(*) FROM {table} WHERE state <> '{good}' GROUP BY state"
                )
            }
        db.close()
        return found

    def _command(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "mailflow", *arguments, "--config", str(self.config)],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
