"""Tasks that a request starts without waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from domain.errors import DomainError

log = structlog.get_logger()


class Background:
    """Runs at most one task of each name, and cancels all of them at shutdown."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Start a task unless one of this name is running."""
        if name in self._tasks:
            work.close()
            return
        task = self._tasks[name] = asyncio.create_task(_logged(name, work))

        def forget(_: asyncio.Task[None]) -> None:
            work.close()  # It may have been cancelled before it began.
            del self._tasks[name]

        task.add_done_callback(forget)

    async def finished(self) -> None:
        """Wait for all tasks."""
        await asyncio.gather(*self._tasks.values())

    async def close(self) -> None:
        """Cancel all tasks."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _logged(name: str, work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except DomainError as error:
        log.warning("background_refused", name=name, reason=str(error))
    except Exception:
        log.exception("background_failed", name=name)
