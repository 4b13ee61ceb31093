"""Terminal output: progress bars, tables, times."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

OnProgress = Callable[[int, int], None]
"""Called with the amount done and the total."""

WIDTH_OF_PIPES = 200


def console() -> Console:
    """Give the console for output; it is wide if standard output is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_OF_PIPES)


@contextmanager
def progress(what: str) -> Generator[OnProgress]:
    """Show a progress bar on standard error, if it is a terminal."""
    errors = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    ) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def shown(time: datetime | None) -> str:
    """Format a time in UTC, to the millisecond."""
    if time is None:
        return "-"
    return time.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")
