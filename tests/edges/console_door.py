"""The console over a real database, and an operator who clicks in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import httpx2
from starlette.testclient import TestClient

from mailflow.config import passwords
from mailflow.store.db import Database
from mailflow.web.console import console
from tests.house import House, config

PASSWORD = "correct horse battery"
BASE = "https://console.vendor.example"


@cache
def hashed(password: str = PASSWORD) -> str:
    """A hash as configured, but a cheap one: tests log in often."""
    return passwords.hash_password(password, b"0123456789abcdef", cost=1024)


def users() -> list[dict[str, str]]:
    """Ana may decide, Rui may look."""
    return [
        {"name": "ana", "role": "act", "password_hash": hashed()},
        {"name": "rui", "role": "read", "password_hash": hashed()},
    ]


def house(db: Database, **settings: object) -> House:
    """A service with a console."""
    table = {"enabled": True, "users": users(), **settings}
    return House(db, config(console=table))


class Operator:
    """Somebody with a browser. `clock` moves the console's time."""

    def __init__(self, house: House, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.app = console(house.service.flow, clock=clock)
        self.browser = TestClient(self.app, BASE, follow_redirects=False)

    def login(self, name: str = "ana", password: str = PASSWORD, to: str = "") -> httpx2.Response:
        return self.browser.post("/login", data={"name": name, "password": password, "to": to})

    def get(self, path: str) -> httpx2.Response:
        return self.browser.get(path)

    def csrf(self, path: str = "/") -> str:
        """The secret in the forms of a page."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, path
        return found[1]

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """Press a button of a page of ours."""
        return self.browser.post(path, data={"csrf": self.csrf(), **fields})

    def upload(self, path: str, name: str, content: bytes) -> httpx2.Response:
        """Choose a file and send it."""
        return self.browser.post(
            path, data={"csrf": self.csrf()}, files={"file": (name, content, "text/csv")}
        )
