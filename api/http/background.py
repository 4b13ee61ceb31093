"""Work that a call starts and does not wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from domain.errors import DomainError

log = structlog.get_logger()


class Background:
    """Runs one piece of work under each name, and gives it up when the platform stops."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Begin, unless the same goes on already."""
        if name in self._tasks:
            work.close()
            return
        task = self._tasks[name] = asyncio.create_task(_logged(name, work))

        def forget(_: asyncio.Task[None]) -> None:
            work.close()  # of work that was given up before it began
            del self._tasks[name]

        task.add_done_callback(forget)

    async def finished(self) -> None:
        """Wait until nothing goes on any more."""
        await asyncio.gather(*self._tasks.values())

    async def close(self) -> None:
        """Give up what goes on."""
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
