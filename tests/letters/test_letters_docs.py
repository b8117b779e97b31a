"""The reference page names every kind, and exactly the data that each takes."""

from __future__ import annotations

import re
from pathlib import Path

from mailflow.core.letter import Kind
from mailflow.letters.data import OPTIONAL, REQUIRED
from mailflow.letters.voice import _MACROS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "letters.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|([^|]*)\|$", PAGE, re.M))


def test_every_kind_is_described_with_its_data() -> None:
    assert set(ROWS) == {str(kind) for kind in Kind}
    for kind in Kind:
        cell = ROWS[str(kind)]
        bold = re.findall(r"\*\*`(\w+)`\*\*", cell)
        plain = [part.strip() for part in re.sub(r"\*\*`\w+`\*\*[^;]*", "", cell).split(";")]
        rest = [found[1] for part in plain if (found := re.match(r"`(\w+)`", part))]
        assert bold == list(REQUIRED.get(kind, ())), kind
        assert rest == list(OPTIONAL.get(kind, {})), kind


def test_every_macro_of_the_kit_is_described() -> None:
    for macro in _MACROS:
        assert f"`{macro}(" in PAGE
