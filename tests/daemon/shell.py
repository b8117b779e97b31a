"""The command line in tests: run one, and see what it printed and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailflow.cli.app import run

CONFIG = """
[service]
organisation = "Vendor Networks"
address = "requests@licensing.vendor.example"
public_url = "https://licensing.vendor.example"
support_url = "https://support.vendor.example"
feedback_url = "mailto:feedback@vendor.example"
operator_address = "licensing-team@vendor.example"
internal_domains = ["vendor.example"]
languages = ["en", "es", "pt"]
[database]
url = "sqlite:///mailflow.db"
[ingress.smtp]
listen = ["smtp://127.0.0.1:0"]
hostname = "mx.licensing.vendor.example"
[web]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[trust]
authserv_ids = ["mx.vendor.example"]
[delivery]
mode = "capture"
"""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Runs `mailflow …` in this process, in a folder of its own with a configuration."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture
        self.file = self.write("mailflow.toml", CONFIG)

    def write(self, name: str, text: str) -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def __call__(self, *arguments: object) -> Result:
        self._capture.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = self._capture.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Result(code, printed.out, printed.err)
