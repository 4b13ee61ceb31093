"""Models that lose their processes repeatedly, and losses that do not count."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from domain.errors import PredictionFailed, Unavailable
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from tests.inference.conftest import ModelStore, Pools
from tests.inference.faulty_estimators import EXIT, NUL, SLEEP, FaultyEstimator
from tests.inference.processes import children_of, until_gone

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOSSES_MAX = 3


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def strict(pools: Pools) -> AsyncGenerator[WorkerPool]:
    """A pool that quarantines a model after three losses."""
    async with pools(deadline_s=0.5, losses_max=LOSSES_MAX) as opened:
        await opened.ready()
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def model(store: ModelStore) -> ModelFile:
    return store.save(FaultyEstimator())


async def predict(pool: WorkerPool, file: ModelFile, value: float) -> ModelOutput:
    signature = (await pool.inspect(file)).signature
    return await pool.predict(file, signature, encode_rows(signature, [value], 10))


async def lose(pool: WorkerPool, file: ModelFile, *values: float) -> None:
    for value in values:
        with pytest.raises(PredictionFailed) as failed:
            await predict(pool, file, value)
        assert failed.value.reason in ("crashed", "timed_out")


async def test_a_model_that_loses_too_many_processes_is_quarantined(
    strict: WorkerPool, model: ModelFile
) -> None:
    await lose(strict, model, EXIT, NUL)
    assert strict.quarantine_reason(model) is None
    await lose(strict, model, EXIT)
    reason = strict.quarantine_reason(model)
    assert reason is not None
    assert "3 of its processes were lost within 60 s, the last because the model process" in reason
    for attempt in (predict(strict, model, 1.0), strict.warm(model)):
        with pytest.raises(Unavailable, match="the model is quarantined: 3 of its processes"):
            await attempt
    assert strict.statistics().processes == 0


async def test_a_model_that_hangs_is_quarantined_too(strict: WorkerPool, model: ModelFile) -> None:
    await lose(strict, model, *[SLEEP] * LOSSES_MAX)
    assert "did not reply within 0.5 s" in (strict.quarantine_reason(model) or "")


async def test_other_models_are_not_affected(
    strict: WorkerPool, model: ModelFile, store: ModelStore
) -> None:
    await lose(strict, model, *[EXIT] * LOSSES_MAX)
    other = store.save(FaultyEstimator())
    assert (await predict(strict, other, 1.0)).outputs == [1.0]
    assert strict.quarantine_reason(other) is None


async def test_a_loss_counts_once_for_all_requests_of_its_batch(
    strict: WorkerPool, model: ModelFile
) -> None:
    signature = (await strict.inspect(model)).signature
    await strict.warm(model)
    rows = [encode_rows(signature, [EXIT], 1) for _ in range(20)]
    calls = [strict.predict(model, signature, each) for each in rows]
    for error in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(error, PredictionFailed)
    # Nineteen of them were queued while the first was computed, and shared a batch.
    assert strict.quarantine_reason(model) is None


async def test_requests_still_queued_at_the_quarantine_fail_at_once(
    strict: WorkerPool, model: ModelFile
) -> None:
    await lose(strict, model, *[EXIT] * (LOSSES_MAX - 1))
    signature = (await strict.inspect(model)).signature
    calls: list[asyncio.Task[Any]] = [
        asyncio.create_task(strict.predict(model, signature, encode_rows(signature, [EXIT], 1)))
    ]
    await asyncio.sleep(0)
    calls += [
        asyncio.create_task(strict.predict(model, signature, encode_rows(signature, [1.0], 1)))
        for _ in range(5)
    ]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(outcomes[0], PredictionFailed)
    assert all(isinstance(each, Unavailable) for each in outcomes[1:])


async def test_a_release_resets_the_losses(strict: WorkerPool, model: ModelFile) -> None:
    await lose(strict, model, *[EXIT] * LOSSES_MAX)
    released = msgspec.structs.replace(model, releases=1)
    await strict.warm(released)
    assert (await predict(strict, released, 1.0)).outputs == [1.0]
    assert strict.quarantine_reason(released) is None
    await lose(strict, released, *[EXIT] * LOSSES_MAX)
    assert strict.quarantine_reason(released)


async def test_losses_count_from_the_first_of_a_model_that_was_released_before(
    strict: WorkerPool, model: ModelFile
) -> None:
    released = msgspec.structs.replace(model, releases=2)
    await lose(strict, released, *[EXIT] * LOSSES_MAX)
    assert strict.quarantine_reason(released)


async def test_the_death_of_an_idle_process_counts_as_a_loss(
    strict: WorkerPool, model: ModelFile
) -> None:
    for _ in range(LOSSES_MAX):
        before = set(children_of(strict.zygote_pid))
        await strict.warm(model)
        (child,) = set(children_of(strict.zygote_pid)) - before
        os.kill(child, signal.SIGKILL)
        await until_gone(child)
        await asyncio.sleep(0.1)
    assert "killed by SIGKILL" in (strict.quarantine_reason(model) or "")


async def test_the_end_of_the_zygote_is_no_models_fault(pools: Pools, model: ModelFile) -> None:
    async with pools(losses_max=1) as pool:
        for _ in range(2):
            await pool.warm(model)
            zygote = pool.zygote_pid
            os.kill(zygote, signal.SIGKILL)
            await until_gone(zygote)
            await asyncio.sleep(0.4)
        assert pool.quarantine_reason(model) is None
        assert (await predict(pool, model, 1.0)).outputs == [1.0]


async def test_a_file_that_was_changed_is_no_models_fault(
    strict: WorkerPool, model: ModelFile, store: ModelStore
) -> None:
    store.path(model.artifact_id).write_bytes(b"something else")
    for _ in range(LOSSES_MAX + 1):
        with pytest.raises(Unavailable, match="is not the one that was uploaded"):
            await strict.warm(model)
    assert strict.quarantine_reason(model) is None
