"""Metrics of the model processes at GET /metrics, with real processes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator
from typing import NamedTuple
from uuid import uuid4

import pytest
import pytest_asyncio

from api.app import create_app
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from inference.pool.process import LossReason
from inference.pool.statistics import (
    MODELS_LABELLED_MAX,
    OTHER,
    ModelLabel,
    ModelStatistics,
    label_for,
    summed,
)
from mlplatform.server.database import Database
from mlplatform.settings import Settings
from mlplatform.wiring import open_artifacts, open_dependencies_with_engine, open_engine
from tests.api.api_client import Client, Person, saved, served, signed_in
from tests.inference.faulty_estimators import LONG_NAP, FaultyEstimator
from tests.inference.processes import children_of

ROW = [5.1, 3.5, 1.4, 0.2]


async def only_child_of(zygote_pid: int) -> int:
    """Wait until only the process of the model runs, and that of the inspection has ended."""
    async with asyncio.timeout(20):
        while len(pids := children_of(zygote_pid)) != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return next(iter(pids))


class SmallPlatform(NamedTuple):
    """A platform with a limit of one model process."""

    client: Client
    user: Person
    engine: WorkerPool

    async def predict(self, model_id: str, row: list[float]) -> None:
        response = await self.user.post(f"/models/{model_id}/predict", json={"input_data": row})
        assert response.status == 200, await response.text()

    async def metric(self, name: str, **labels: str) -> float | None:
        """Read one sample; None if there is none."""
        text = await (await self.client.get("/metrics")).text()
        listed = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        line = re.escape(name + (f"{{{listed}}}" if labels else "")) + r" (\S+)$"
        found = re.search(f"^{line}", text, re.MULTILINE)
        return None if found is None else float(found[1])

    async def until(self, value: float, name: str, **labels: str) -> None:
        async with asyncio.timeout(20):
            while await self.metric(name, **labels) != value:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def platform(settings: Settings, database: Database) -> AsyncGenerator[SmallPlatform]:
    small = settings.model_copy(update={"inference_children_max": 1, "inference_deadline_s": 30.0})
    artifacts = open_artifacts(small)
    async with (
        open_engine(small, artifacts) as engine,
        open_dependencies_with_engine(small, database, artifacts, engine) as dependencies,
        served(create_app(dependencies)) as client,
    ):
        await engine.ready()
        yield SmallPlatform(client, await signed_in(client), engine)


async def test_processes_and_memory_are_shown_with_their_limits(
    platform: SmallPlatform, iris: bytes
) -> None:
    model_id: str = (await platform.user.model(iris))["id"]
    version = {"model_id": model_id, "version": "1"}
    await platform.predict(model_id, ROW)
    assert await platform.metric("model_processes") == 1.0
    assert await platform.metric("model_processes_max") == 1.0
    assert await platform.metric("model_memory_budget_bytes") == float(2**32)
    memory = await platform.metric("model_memory_bytes")
    assert memory == await platform.metric("model_version_memory_bytes", **version)
    assert memory is not None
    assert 2**20 < memory < 2**28
    assert await platform.metric("model_version_processes", **version) == 1.0
    assert await platform.metric("model_version_queue_rows", **version) == 0.0


async def test_a_killed_process_is_counted_as_a_loss(platform: SmallPlatform, iris: bytes) -> None:
    model_id: str = (await platform.user.model(iris))["id"]
    version = {"model_id": model_id, "version": "1"}
    await platform.predict(model_id, ROW)
    pid = await only_child_of(platform.engine.zygote_pid)
    os.kill(pid, signal.SIGKILL)
    await platform.until(0.0, "model_version_processes", **version)
    assert await platform.metric("model_process_losses_total", **version, cause="crashed") == 1.0
    assert await platform.metric("model_processes") == 0.0
    assert await platform.metric("model_memory_bytes") == 0.0


async def test_an_evicted_process_is_no_loss(platform: SmallPlatform, iris: bytes) -> None:
    """An upload opens its model, which takes the only slot."""
    before = await platform.metric("model_process_evictions_total")
    assert before is not None
    first: str = (await platform.user.model(iris))["id"]
    await platform.until(1.0, "model_version_processes", model_id=first, version="1")
    second: str = (await platform.user.model(iris))["id"]
    await platform.until(1.0, "model_version_processes", model_id=second, version="1")
    assert await platform.metric("model_version_processes", model_id=first, version="1") == 0.0
    evictions = await platform.metric("model_process_evictions_total")
    assert evictions is not None
    assert evictions > before
    for model_id in (first, second):
        lost = {"model_id": model_id, "version": "1", "cause": "crashed"}
        assert await platform.metric("model_process_losses_total", **lost) is None


async def test_queued_calls_and_rows_are_counted(platform: SmallPlatform) -> None:
    model_id: str = (await platform.user.model(saved(FaultyEstimator())))["id"]
    version = {"model_id": model_id, "version": "1"}
    await platform.predict(model_id, [1.0])
    calls = [asyncio.create_task(platform.predict(model_id, [LONG_NAP]))]
    await asyncio.sleep(0.5)  # The first is computed by now; calls in one turn share a batch.
    calls += [asyncio.create_task(platform.predict(model_id, [1.0])) for _ in range(3)]
    await platform.until(3.0, "model_version_queue_requests", **version)
    assert await platform.metric("model_version_queue_rows", **version) == 3.0
    await asyncio.gather(*calls)
    assert await platform.metric("model_version_queue_requests", **version) == 0.0


def test_labels_are_bounded_and_the_rest_is_summed() -> None:
    labels: list[ModelLabel] = []
    for _ in range(MODELS_LABELLED_MAX + 5):
        file = ModelFile(uuid4(), "0" * 64, 1, model_id=uuid4(), version=1)
        labels.append(label_for(file, labels))
    crashed: LossReason = "crashed"
    parts = [(label, ModelStatistics(processes=1, queued_rows=2)) for label in labels]
    for _, statistics in parts:
        statistics.losses[crashed] += 1
    sums = summed(parts)
    assert len(sums) == MODELS_LABELLED_MAX + 1
    assert (sums[OTHER].processes, sums[OTHER].queued_rows) == (5, 10)
    assert sums[OTHER].losses == {crashed: 5}


@pytest.mark.parametrize("labelled", [MODELS_LABELLED_MAX - 1, MODELS_LABELLED_MAX])
def test_a_label_becomes_free_when_its_model_is_forgotten(labelled: int) -> None:
    taken = [ModelLabel(str(uuid4()), "1") for _ in range(labelled)]
    file = ModelFile(uuid4(), "0" * 64, 1)
    assert (label_for(file, taken) == OTHER) is (labelled == MODELS_LABELLED_MAX)
