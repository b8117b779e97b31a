"""Every test that docs/security.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

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
