"""Every test that docs/security.md names is there, and as many hostile cases as it says."""

from __future__ import annotations

import re
from pathlib import Path

from tests import hostile

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "security.md"


def test_each_threat_names_tests_that_exist() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "`" in line]
    named = [name for row in rows if row.startswith("| **") for name in
             re.findall(r"`((?:core|edges|daemon|letters|browser)/[a-z_*]*)`", row)]  # fmt: skip
    assert len(named) >= 25
    for name in named:
        pattern = f"{name}.py" if not name.endswith("/") else f"{name}test_*.py"
        assert list(TESTS.glob(pattern)), name


def test_there_are_as_many_hostile_cases_as_the_page_says() -> None:
    """At least: a new case need not be written down, one that is gone shows."""
    found = hostile.count()
    told = {
        name: (kind, int(number))
        for name, kind, number in re.findall(
            r"^\| ([a-z ,'-]+) \| (mail|SMTP session|web request) \| (\d+) \|$",
            PAGE.read_text(encoding="utf-8"),
            re.M,
        )
    }
    assert set(told) == set(found)
    for name, (kind, number) in told.items():
        assert kind == found[name][0]
        assert number <= found[name][1], name
    mails = [number for kind, number in told.values() if kind == hostile.MAIL]
    assert sum(mails) >= 300
    assert told[hostile.DIALOGUES][1] >= 40
