"""The state table of docs/architecture.md is the one the program decides by.

`python -m tests.core.test_states_page --write` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mailflow.core.machine import TRANSITIONS
from mailflow.core.request import State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- states: begin", "<!-- states: end -->"


def table() -> str:
    """One row a state: what leads out of it, and where."""
    rows = ["| state | command → next state |", "|---|---|"]
    for state in State:
        arrows = [
            f"{command} → {', '.join(sorted(t for t in row[state] if t is not state))}"
            for command, row in TRANSITIONS.items()
            if row[state] != {state}
        ]
        end = "final" + ("" if state is State.ACTIVE else "; Renew opens a new request")
        rows.append(f"| {state} | {'; '.join(arrows) or end} |")
    rows.insert(2, "| (none) | Open → draft, review |")
    return "\n".join(rows)


def page_with(text: str) -> str:
    """The page with this table between its two marks."""
    page = PAGE.read_text(encoding="utf-8")
    head, _, rest = page.partition(BEGIN)
    mark, _, rest = rest.partition("-->\n")
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{mark}-->\n{text}\n{END}{tail}"


def test_the_page_shows_the_table_of_the_program() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_with(table()), (
        "mend with: python -m tests.core.test_states_page --write"
    )


if __name__ == "__main__" and "--write" in sys.argv:
    PAGE.write_text(page_with(table()), encoding="utf-8")
