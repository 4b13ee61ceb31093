"""Models that hang or crash, and processes that are killed: the pool continues to work."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from domain.errors import PredictionFailed, Rejected, Unavailable
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from tests.inference.conftest import ModelStore, Pools, open_pool
from tests.inference.faulty_estimators import (
    ALLOCATE,
    EXIT,
    LIST_OPEN,
    NAP,
    SEGFAULT,
    SLEEP,
    FaultyEstimator,
)
from tests.inference.processes import children_of, until_gone

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool_of_two(pools: Pools) -> AsyncGenerator[WorkerPool]:
    """A pool with a deadline of one second and two processes."""
    async with pools(
        deadline_s=1.0, load_deadline_s=1.5, processes_max=2, queue_rows_max=100
    ) as opened:
        await opened.ready()
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def model(store: ModelStore) -> ModelFile:
    return store.save(FaultyEstimator())


async def predict(pool: WorkerPool, file: ModelFile, *values: float) -> ModelOutput:
    signature = (await pool.inspect(file)).signature
    return await pool.predict(file, signature, encode_rows(signature, list(values), 1000))


async def predict_together(pool: WorkerPool, file: ModelFile, *values: float) -> list[Any]:
    signature = (await pool.inspect(file)).signature
    calls = [pool.predict(file, signature, encode_rows(signature, [value], 10)) for value in values]
    return await asyncio.gather(*calls, return_exceptions=True)


async def failure(pool: WorkerPool, file: ModelFile, value: float) -> PredictionFailed:
    with pytest.raises(PredictionFailed) as failed:
        await predict(pool, file, value)
    return failed.value


async def test_a_process_that_takes_too_long_is_ended(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    failed = await failure(pool_of_two, model, SLEEP)
    assert (failed.reason, str(failed)) == ("timed_out", "the model did not reply within 1 s")
    assert failed.inference_us >= 1_000_000
    assert (await predict(pool_of_two, model, 5.0)).outputs == [5.0]


@pytest.mark.parametrize(
    ("value", "how"), [(EXIT, "exited with status 3"), (SEGFAULT, "was killed by SIGSEGV")]
)
async def test_a_crash_has_its_cause_and_the_next_request_succeeds(
    pool_of_two: WorkerPool, model: ModelFile, value: float, how: str
) -> None:
    failed = await failure(pool_of_two, model, value)
    assert (failed.reason, str(failed)) == ("crashed", f"the model process {how}")
    assert (await predict(pool_of_two, model, 5.0)).outputs == [5.0]


async def test_a_crash_fails_the_batch_in_flight_but_not_the_queue(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    signature = (await pool_of_two.inspect(model)).signature

    def request(value: float) -> asyncio.Task[ModelOutput]:
        rows = encode_rows(signature, [value], 10)
        return asyncio.create_task(pool_of_two.predict(model, signature, rows))

    await pool_of_two.warm(model)
    crashing = [request(NAP), request(EXIT)]
    await asyncio.sleep(0.1)
    waiting = [request(1.0), request(2.0)]
    lost = await asyncio.gather(*crashing, return_exceptions=True)
    assert [getattr(error, "reason", None) for error in lost] == ["crashed", "crashed"]
    assert [result.outputs for result in await asyncio.gather(*waiting)] == [[1.0], [2.0]]


async def test_a_model_that_never_opens_is_rejected(
    pool_of_two: WorkerPool, store: ModelStore
) -> None:
    file = store.save(FaultyEstimator(at_load="sleep"))
    with pytest.raises(Rejected, match=r"cannot be opened: the model did not reply within 1.5 s"):
        await pool_of_two.inspect(file)


async def test_memory_beyond_the_limit_cannot_be_allocated(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    failed = await failure(pool_of_two, model, ALLOCATE)
    assert (failed.reason, "MemoryError" in str(failed)) == ("refused", True)


async def test_a_child_has_only_its_socket_open(pool_of_two: WorkerPool, model: ModelFile) -> None:
    (listed,) = (await predict(pool_of_two, model, LIST_OPEN)).outputs
    # 0 to 2 are the null device, 3 is the socket, 5 is smaps_rollup.
    assert listed.startswith(("[0, 1, 2, 3] ", "[0, 1, 2, 3, 5] "))
    assert "DATABASE_URL" not in listed
    assert "HOME" in listed


async def test_a_killed_child_is_replaced(pool_of_two: WorkerPool, model: ModelFile) -> None:
    await predict(pool_of_two, model, 1.0)
    calling = asyncio.create_task(failure(pool_of_two, model, NAP))
    await asyncio.sleep(0.15)
    for child in children_of(pool_of_two.zygote_pid):
        os.kill(child, signal.SIGKILL)
    failed = await calling
    assert (failed.reason, str(failed)) == ("crashed", "the model process was killed by SIGKILL")
    assert (await predict(pool_of_two, model, 5.0)).outputs == [5.0]


async def test_a_stopped_child_exceeds_its_deadline(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    await predict(pool_of_two, model, 1.0)
    for child in children_of(pool_of_two.zygote_pid):
        os.kill(child, signal.SIGSTOP)
    signature = (await pool_of_two.inspect(model)).signature
    with pytest.raises(PredictionFailed) as failed:
        await pool_of_two.predict(model, signature, encode_rows(signature, [1.0], 1))
    assert failed.value.reason == "timed_out"
    assert (await predict(pool_of_two, model, 5.0)).outputs == [5.0]


async def test_a_killed_zygote_ends_its_children_and_is_restarted(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    await predict(pool_of_two, model, 1.0)
    calling = asyncio.create_task(failure(pool_of_two, model, NAP))
    await asyncio.sleep(0.15)
    zygote = pool_of_two.zygote_pid
    children = children_of(zygote)
    os.kill(zygote, signal.SIGKILL)
    assert (await calling).reason == "crashed"
    await until_gone(zygote, *children)
    results = await asyncio.gather(*(predict(pool_of_two, model, value) for value in (5.0, 6.0)))
    assert [result.outputs for result in results] == [[5.0], [6.0]]
    assert pool_of_two.zygote_pid != zygote


async def test_requests_beyond_the_queue_limit_are_refused_at_once(
    pool_of_two: WorkerPool, model: ModelFile
) -> None:
    results = await predict_together(pool_of_two, model, NAP, *range(130))
    refused = [result for result in results if isinstance(result, Unavailable)]
    assert len(refused) == 31
    assert str(refused[0]) == "too many predictions are waiting for this model"
    assert sum(isinstance(result, ModelOutput) for result in results) == 100


async def test_the_least_recently_used_process_frees_its_slot(
    pool_of_two: WorkerPool, store: ModelStore
) -> None:
    files = [store.save(FaultyEstimator()) for _ in range(4)]
    for _ in range(2):
        results = await asyncio.gather(
            *(predict(pool_of_two, file, float(number)) for number, file in enumerate(files))
        )
        assert [result.outputs for result in results] == [[0.0], [1.0], [2.0], [3.0]]
        async with asyncio.timeout(10):
            # An ended process takes a moment to exit.
            while len(children_of(pool_of_two.zygote_pid)) > 2:  # noqa: ASYNC110 — there is no event
                await asyncio.sleep(0.01)


async def test_the_wait_for_capacity_is_bounded_by_the_load_deadline(
    pools: Pools, store: ModelStore
) -> None:
    async with pools(processes_max=1, load_deadline_s=0.5) as pool:
        await pool.ready()
        busy, other = store.save(FaultyEstimator()), store.save(FaultyEstimator())
        signature = (await pool.inspect(other)).signature
        calling = asyncio.create_task(predict(pool, busy, SLEEP))
        await asyncio.sleep(0.3)
        with pytest.raises(Unavailable, match="all model processes are busy"):
            await pool.predict(other, signature, encode_rows(signature, [1.0], 1))
        calling.cancel()


async def test_requests_fail_when_the_pool_closes(store: ModelStore, model: ModelFile) -> None:
    async with open_pool(store) as pool:
        signature = (await pool.inspect(model)).signature
        rows = encode_rows(signature, [SLEEP], 1)
        in_flight = asyncio.create_task(pool.predict(model, signature, rows))
        await asyncio.sleep(0.3)
        waiting = asyncio.create_task(pool.predict(model, signature, rows))
        await asyncio.sleep(0)
        zygote = pool.zygote_pid
        children = children_of(zygote)
    for call in (in_flight, waiting):
        with pytest.raises(Unavailable, match="the platform is stopping"):
            await call
    assert children
    await until_gone(zygote, *children)
