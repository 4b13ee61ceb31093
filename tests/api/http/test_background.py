"""Work that goes on after the answer."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from api.http.background import Background
from domain.errors import Conflict


async def forever() -> None:
    await asyncio.sleep(60)


async def refused() -> None:
    raise Conflict("it is being built already")


async def broken() -> None:
    raise ValueError("a bug")


async def test_the_same_work_is_not_begun_twice() -> None:
    background = Background()
    background.start("rebuild users", forever())
    background.start("rebuild users", broken())

    assert "rebuild users" in background
    with capture_logs() as logs:
        await background.close()
    assert "rebuild users" not in background
    assert logs == []


async def test_how_work_failed_is_logged() -> None:
    background = Background()
    with capture_logs() as logs:
        background.start("a", refused())
        background.start("b", broken())
        await background.finished()

    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("background_refused", "warning"),
        ("background_failed", "error"),
    ]
