"""What commands show to people: progress, tables, times."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

OnProgress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


WIDTH_OF_PIPES = 200


def console() -> Console:
    """Give the console for answers, which is wide where it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_OF_PIPES)


@contextmanager
def progress(what: str) -> Generator[OnProgress]:
    """Show a bar on the standard error stream, where it is a terminal."""
    errors = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def shown(moment: datetime | None) -> str:
    """Write a time down, in UTC and to the millisecond."""
    if moment is None:
        return "-"
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")
