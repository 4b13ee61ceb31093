"""Serving with a demo, in this process: it is created once, and only in an empty store."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from domain.events import PREDICTIONS, Metadata
from mlplatform.demo.demo import NOT_EMPTY, Demo
from mlplatform.errors import Refused
from mlplatform.server.server import serve
from mlplatform.server.store import Store
from mlplatform.settings import Settings
from storage.postgres.pool import connect
from tests.platform_process import LAST_INSTRUCTION, TIMEOUT_S
from tests.samples import uploaded

COUNT = "SELECT topic, count(*) FROM events GROUP BY topic"


@asynccontextmanager
async def served(
    settings: Settings, capsys: pytest.CaptureFixture[str], workers: int = 1
) -> AsyncGenerator[str]:
    """Serve with a demo on a free port; yields the printed text."""
    at_port_0 = settings.model_copy(update={"port": 0})
    task = asyncio.create_task(serve(at_port_0, workers=workers, with_demo=True))
    printed = ""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while LAST_INSTRUCTION not in printed and NOT_EMPTY not in printed:
                assert not task.done(), await task
                printed += capsys.readouterr().out
                await asyncio.sleep(0.02)
        yield printed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def counts(dsn: str) -> dict[str, int]:
    connection = await connect(dsn)
    try:
        return {row["topic"]: row["count"] for row in await connection.fetch(COUNT)}
    finally:
        await connection.close()


async def test_the_demo_is_created_once(
    settings: Settings, database_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(settings, capsys) as printed:
        created = await counts(database_dsn)
        [url] = re.findall(r"listening on (http://127\.0\.0\.1:\d+)\n", printed)
        async with aiohttp.ClientSession() as http, http.get(f"{url}/health") as response:
            assert set((await response.json())["parts"]) >= {"database", "inference", "projections"}
    async with served(settings, capsys) as printed_again:
        again = await counts(database_dsn)

    assert again == created
    assert sum(created[topic] for topic in PREDICTIONS) > 400
    assert created["Prediction.Failed"] >= 6
    assert created["Model.Uploaded"] == 3
    [account] = re.findall(r"the demo's account is .*", printed)
    assert account in printed_again


@pytest.mark.parametrize("workers", [1, 2])
async def test_no_demo_is_created_in_a_store_with_other_events(
    settings: Settings,
    store: Store,
    database_dsn: str,
    capsys: pytest.CaptureFixture[str],
    workers: int,
) -> None:
    await store.events.save([uploaded()], Metadata())

    async with served(settings, capsys, workers) as printed:
        assert NOT_EMPTY in printed
    assert await counts(database_dsn) == {"Model.Uploaded": 1}


async def test_a_failed_training_is_reported(settings: Settings, tmp_path: Path) -> None:
    demo = Demo(settings, tmp_path / "nowhere", is_requested=True)

    with pytest.raises(Refused, match="could not be trained"):
        await demo.train()
