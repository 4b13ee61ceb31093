"""Idle models are evicted for models that are called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.errors import Unavailable
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from tests.inference.conftest import ModelStore, Pools
from tests.inference.faulty_estimators import LONG_NAP, FaultyEstimator
from tests.inference.processes import children_of
from tests.inference.sample_models import SampleModels

pytestmark = pytest.mark.asyncio(loop_scope="session")

KIB, MIB = 2**10, 2**20


async def predict(pool: WorkerPool, file: ModelFile, value: float) -> ModelOutput:
    signature = (await pool.inspect(file)).signature
    return await pool.predict(file, signature, encode_rows(signature, [value], 10))


def estimator_of_size(size: int) -> Any:
    """An estimator with this number of bytes."""
    model: Any = FaultyEstimator()
    model.ballast_ = bytes(range(256)) * (size // 256)
    return model


async def test_a_child_reports_its_private_memory(
    pools: Pools, store: ModelStore, models: SampleModels
) -> None:
    async with pools() as pool:
        await pool.warm(store.save(models["logistic"].estimator))
        light = pool.statistics().memory_bytes
        await pool.warm(store.save(estimator_of_size(30 * MIB)))
        assert MIB < light < 10 * MIB
        assert 30 * MIB < pool.statistics().memory_bytes - light < 50 * MIB


async def test_the_least_recently_used_process_is_evicted_when_memory_is_short(
    pools: Pools, store: ModelStore
) -> None:
    async with pools(memory_budget_bytes=90 * MIB) as pool:
        files = [store.save(estimator_of_size(30 * MIB)) for _ in range(3)]
        for file in files:
            assert (await predict(pool, file, 1.0)).outputs == [1.0]
        assert pool.statistics().memory_bytes <= 90 * MIB
        assert pool.statistics().processes == 2
        # An evicted model is opened again on demand, and the eviction is no crash.
        for _ in range(4):
            for file in files:
                assert (await predict(pool, file, 2.0)).outputs == [2.0]
        assert all(pool.quarantine_reason(file) is None for file in files)


async def test_a_busy_model_is_never_evicted(pools: Pools, store: ModelStore) -> None:
    async with pools(memory_budget_bytes=60 * MIB, processes_max=2) as pool:
        busy, other = (
            store.save(estimator_of_size(30 * MIB)),
            store.save(estimator_of_size(30 * MIB)),
        )
        signature = (await pool.inspect(other)).signature
        await pool.warm(busy)
        (child,) = children_of(pool.zygote_pid)
        nap, rows = encode_rows(signature, [LONG_NAP], 1), encode_rows(signature, [1.0], 1)
        sleeping = asyncio.create_task(pool.predict(busy, signature, nap))
        with pytest.raises(Unavailable, match="memory for models is in use"):
            await pool.predict(other, signature, rows)
        assert not sleeping.done()
        assert (await sleeping).outputs == [LONG_NAP]
        assert child in children_of(pool.zygote_pid)
        assert (await pool.predict(other, signature, rows)).outputs == [1.0]
        assert child not in children_of(pool.zygote_pid)


async def test_an_idle_process_is_ended_and_reopened_on_demand(
    pools: Pools, store: ModelStore
) -> None:
    async with pools(idle_s_max=0.5) as pool:
        idle, busy = store.save(FaultyEstimator()), store.save(FaultyEstimator())
        await predict(pool, idle, 1.0)
        for _ in range(8):
            await predict(pool, busy, 1.0)
            await asyncio.sleep(0.1)
        assert pool.statistics().processes == 1
        assert len(children_of(pool.zygote_pid)) == 1
        assert (await predict(pool, idle, 2.0)).outputs == [2.0]
        assert pool.quarantine_reason(idle) is None


async def test_an_old_process_is_replaced_without_errors(pools: Pools, store: ModelStore) -> None:
    async with pools(age_s_max=0.5) as pool:
        file = store.save(FaultyEstimator())
        signature = (await pool.inspect(file)).signature
        rows, children = encode_rows(signature, [1.0], 1), set[int]()
        for _ in range(30):
            assert (await pool.predict(file, signature, rows)).outputs == [1.0]
            children |= set(children_of(pool.zygote_pid))
            await asyncio.sleep(0.1)
        assert len(children) > 3
        assert pool.quarantine_reason(file) is None


async def test_models_beyond_the_capacity_and_its_queue_are_refused(
    pools: Pools, store: ModelStore
) -> None:
    async with pools(processes_max=4) as pool:
        await pool.ready()
        file = store.save(FaultyEstimator())
        await pool.inspect(file)
        inspections = [pool.inspect(file) for _ in range(100)]
        outcomes = await asyncio.gather(*inspections, return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
        assert len(refused) == 100 - 66
        assert str(refused[0]) == "too many models are being opened"


async def test_a_model_warmed_in_the_background_has_a_process_when_it_is_called(
    pools: Pools, store: ModelStore, models: SampleModels
) -> None:
    async with pools() as pool:
        file = store.save(models["logistic"].estimator)
        signature = (await pool.inspect(file)).signature
        pool.warm_soon(file)
        pool.warm_soon(store.put(b"no model"))
        async with asyncio.timeout(20):
            while not pool.statistics().memory_bytes or pool.statistics().processes > 1:  # noqa: ASYNC110 — there is no event
                await asyncio.sleep(0.01)
        opened = children_of(pool.zygote_pid)
        await pool.predict(file, signature, encode_rows(signature, [1, 2, 3, 4], 1))
        assert set(children_of(pool.zygote_pid)) <= set(opened)
        pool.warm_soon(store.save(models["logistic"].estimator))
