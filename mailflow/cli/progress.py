"""A bar for work that takes a while: on a terminal only, beside the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show how far `what` has got; call what it gives with how much is done in all.

    `total` None = nobody knows how much there is. Nothing is shown when standard error is no
    terminal.
    """
    from mailflow.cli.output import console

    out = console(stderr=True)
    if not out.is_terminal:
        yield lambda _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
