"""After a stop or a kill: acknowledged events are stored, and no process is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import Rounds
from tests.inference.conftest import ModelStore
from tests.inference.processes import until_gone
from tests.inference.sample_models import SampleModels
from tests.mlplatform.demo_client import API, IRIS, Visitor, visiting
from tests.platform_process import TIMEOUT_S, Platform, run, serving

CALLERS = 16
PREDICTIONS_MIN = 500


async def slow_form(file: bytes, continue_event: asyncio.Event) -> AsyncIterator[bytes]:
    """A form whose second half is sent after an event."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nlate\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
    )
    yield head + file[: len(file) // 2]
    await continue_event.wait()
    yield file[len(file) // 2 :] + b"\r\n--x--\r\n"


async def test_a_stop_completes_requests_in_flight_and_the_platform_starts_again(
    data_dir: Path, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path)
    file = store.path(store.save(SampleModels()["logistic"].estimator).artifact_id).read_bytes()
    with serving(data_dir, "--demo") as platform:
        processes = platform.processes()
        async with visiting(platform) as visitor:
            continue_event = asyncio.Event()
            upload = asyncio.create_task(uploaded(visitor, slow_form(file, continue_event)))
            await asyncio.sleep(0.3)
            platform.terminate()
            await asyncio.sleep(0.3)
            continue_event.set()
            model_id = await upload
        assert await asyncio.to_thread(platform.wait) == 0
        await until_gone(*processes)

    with serving(data_dir, "--demo") as restarted:
        assert restarted.instructions.splitlines()[0] == platform.instructions.splitlines()[0]
        async with visiting(restarted) as visitor:
            assert (await visitor.get(f"/models/{model_id}"))["name"] == "late"
            assert len(await visitor.models()) == 4
        assert restarted.stop() == 0


async def uploaded(visitor: Visitor, body: AsyncIterator[bytes]) -> str:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{API}/models/upload"
    async with visitor.http.post(url, data=body, headers=headers) as response:
        assert response.status == 201, await response.text()
        return (await response.json())["id"]


@pytest.mark.rounds
async def test_a_kill_during_predictions_loses_no_acknowledged_one(
    data_dir: Path, rounds: Rounds
) -> None:
    acknowledged: set[str] = set()
    for _ in range(rounds(2, 20)):
        with serving(data_dir, "--demo") as platform:
            async with visiting(platform) as visitor:
                await check_recorded(visitor, acknowledged)
                acknowledged |= await predictions_until_killed(platform, visitor)

    with serving(data_dir, "--demo") as platform:
        async with visiting(platform) as visitor:
            await check_recorded(visitor, acknowledged)
            verified = await asyncio.to_thread(run, data_dir, "projections", "verify")
            assert verified.returncode == 0, verified.stdout + verified.stderr
        assert platform.stop() == 0


async def predictions_until_killed(platform: Platform, visitor: Visitor) -> set[str]:
    """Call a model concurrently, kill the platform meanwhile; return the completed predictions."""
    iris = (await visitor.models())["Iris species"]["id"]
    completed: set[str] = set()

    async def call_endlessly() -> None:
        while True:
            completed.add((await visitor.predict(iris, IRIS))["prediction_id"])

    callers = [asyncio.create_task(call_endlessly()) for _ in range(CALLERS)]
    async with asyncio.timeout(TIMEOUT_S):
        while len(completed) < PREDICTIONS_MIN:  # noqa: ASYNC110 — there is no event
            await asyncio.sleep(0.01)
    processes = platform.processes()
    platform.kill()
    ends = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(end, aiohttp.ClientError) for end in ends), ends
    await until_gone(*processes)
    return completed


async def check_recorded(visitor: Visitor, acknowledged: set[str]) -> None:
    """Find every acknowledged prediction in the history of its model."""
    iris = (await visitor.models())["Iris species"]["id"]
    found: set[str] = set()
    before = ""
    while page := await visitor.get(f"/models/{iris}/history?limit=1000{before}"):
        found |= {call["id"] for call in page}
        before = f"&before={page[-1]['id']}"
    assert acknowledged <= found


async def test_several_workers_serve_stop_and_are_killed_together(data_dir: Path) -> None:
    with serving(data_dir, "--demo", "--workers", "2") as platform:
        async with visiting(platform) as visitor:
            iris = (await visitor.models())["Iris species"]["id"]
            for _ in range(10):
                await visitor.predict(iris, IRIS)
        processes = platform.processes()
        assert platform.stop() == 0
        await until_gone(*processes)

    with serving(data_dir, "--demo", "--workers", "2") as platform:
        processes = platform.processes()
        platform.kill()
        await until_gone(*processes)
