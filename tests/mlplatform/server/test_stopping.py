"""Stopped or killed: what was acknowledged is there, and nothing is left running."""

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
ANSWERS_MIN = 500


async def slow_form(file: bytes, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    """A form whose second half comes when it is told to."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nlate\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
    )
    yield head + file[: len(file) // 2]
    await go_on.wait()
    yield file[len(file) // 2 :] + b"\r\n--x--\r\n"


async def test_told_to_stop_it_ends_what_is_in_flight_and_starts_again(
    data_dir: Path, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path)
    file = store.path(store.save(SampleModels()["logistic"].estimator).artifact_id).read_bytes()
    with serving(data_dir, "--demo") as platform:
        processes = platform.processes()
        async with visiting(platform) as visitor:
            go_on = asyncio.Event()
            upload = asyncio.create_task(uploaded(visitor, slow_form(file, go_on)))
            await asyncio.sleep(0.3)
            platform.terminate()
            await asyncio.sleep(0.3)
            go_on.set()
            model_id = await upload
        assert await asyncio.to_thread(platform.wait) == 0
        await until_gone(*processes)

    with serving(data_dir, "--demo") as again:
        assert again.instructions.splitlines()[0] == platform.instructions.splitlines()[0]
        async with visiting(again) as visitor:
            assert (await visitor.get(f"/models/{model_id}"))["name"] == "late"
            assert len(await visitor.models()) == 4
        assert again.stop() == 0


async def uploaded(visitor: Visitor, body: AsyncIterator[bytes]) -> str:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    url = f"{API}/models/upload"
    async with visitor.http.post(url, data=body, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        return (await answer.json())["id"]


@pytest.mark.rounds
async def test_killed_during_predictions_it_keeps_every_acknowledged_one(
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
    """Have many ask a model, kill the platform meanwhile, and say what it had answered."""
    iris = (await visitor.models())["Iris species"]["id"]
    answered: set[str] = set()

    async def ask_for_ever() -> None:
        while True:
            answered.add((await visitor.predict(iris, IRIS))["prediction_id"])

    callers = [asyncio.create_task(ask_for_ever()) for _ in range(CALLERS)]
    async with asyncio.timeout(TIMEOUT_S):
        while len(answered) < ANSWERS_MIN:  # noqa: ASYNC110 — nobody tells
            await asyncio.sleep(0.01)
    processes = platform.processes()
    platform.kill()
    ends = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(end, aiohttp.ClientError) for end in ends), ends
    await until_gone(*processes)
    return answered


async def check_recorded(visitor: Visitor, acknowledged: set[str]) -> None:
    """Find every acknowledged prediction in the history of its model."""
    iris = (await visitor.models())["Iris species"]["id"]
    found: set[str] = set()
    before = ""
    while page := await visitor.get(f"/models/{iris}/history?limit=1000{before}"):
        found |= {call["id"] for call in page}
        before = f"&before={page[-1]['id']}"
    assert acknowledged <= found


async def test_several_workers_serve_stop_and_die_together(data_dir: Path) -> None:
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
