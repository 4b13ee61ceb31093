"""Running a command: settings, logs, event loop, signals and exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer
import uvloop

from mlplatform.errors import REFUSALS, explained
from mlplatform.server.logging import configure_logging
from mlplatform.settings import Settings

FAILED = 1
STOPPED = 130
Job = Callable[[Settings], Coroutine[Any, Any, int | None]]
"""A command; it returns the exit code, None is 0."""


def run(job: Job, *, is_endless: bool = False, quietly: bool = True, **options: object) -> None:
    """Run a command and exit with its code; an error is one line on standard error.

    A signal ends an endless command with code 0.
    """
    try:
        settings = settings_with(**options)
        level = "warning" if quietly and not settings.debug else settings.effective_log_level
        configure_logging(log_format=settings.log_format, level=level)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(_until_stopped(job(settings), is_endless=is_endless))
    except REFUSALS as refusal:
        typer.echo(f"mlplatform: {explained(refusal)}", err=True)
        sys.exit(FAILED)
    sys.exit(code)


def settings_with(**options: object) -> Settings:
    """Read the settings; options of the command line override them.

    Options are also put into the environment of child processes.
    """
    for name, value in options.items():
        if value is not None:
            os.environ[name.upper()] = str(value)
    return Settings()


async def _until_stopped(job: Coroutine[Any, Any, int | None], *, is_endless: bool) -> int | None:
    """Run to the end, or until a signal; it cancels the command, which closes everything."""
    task = asyncio.ensure_future(job)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _cancel_once, task)
    try:
        return await task
    except asyncio.CancelledError:
        return None if is_endless else STOPPED


def _cancel_once(task: asyncio.Task[Any]) -> None:
    if not task.cancelling():
        task.cancel()
