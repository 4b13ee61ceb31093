"""Tasks that continue after the response."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from api.http.background import Background
from domain.errors import Conflict


async def endless() -> None:
    await asyncio.sleep(60)


async def refused() -> None:
    raise Conflict("it is being built already")


async def broken() -> None:
    raise ValueError("a bug")


async def test_a_running_task_is_not_started_again() -> None:
    background = Background()
    background.start("rebuild users", endless())
    background.start("rebuild users", broken())

    assert "rebuild users" in background
    with capture_logs() as logs:
        await background.close()
    assert "rebuild users" not in background
    assert logs == []


async def test_the_failure_of_a_task_is_logged() -> None:
    background = Background()
    with capture_logs() as logs:
        background.start("a", refused())
        background.start("b", broken())
        await background.finished()

    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("background_refused", "warning"),
        ("background_failed", "error"),
    ]
