"""The guarantees of the batcher, tested with a real model process."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import PredictionFailed, Unavailable
from domain.signature import Signature
from inference.inputs.row_encoding import Rows, encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.batcher import UNDIVIDED_ROWS
from inference.pool.pool import WorkerPool
from inference.pool.process import ModelProcess
from tests.inference.conftest import ModelStore, Pools
from tests.inference.faulty_estimators import EXIT, NAP, RAISE, FaultyEstimator

pytestmark = pytest.mark.asyncio(loop_scope="session")


class CalledModel:
    """A model that returns the first value of each row, and calls to it."""

    def __init__(self, pool: WorkerPool, file: ModelFile, signature: Signature) -> None:
        self.pool = pool
        self.file = file
        self.signature = signature

    def call(self, *values: float) -> asyncio.Task[ModelOutput]:
        rows = encode_rows(self.signature, list(values), 10_000)
        return asyncio.create_task(self._predict(rows))

    async def _predict(self, rows: Any) -> ModelOutput:
        return await self.pool.predict(self.file, self.signature, rows)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model(pools: Pools, store: ModelStore) -> AsyncGenerator[CalledModel]:
    async with pools(queue_rows_max=5_000) as pool:
        yield await warmed(pool, store)


async def warmed(pool: WorkerPool, store: ModelStore) -> CalledModel:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    await pool.warm(file)
    return CalledModel(pool, file, signature)


requests = st.lists(
    st.tuples(
        st.lists(st.sampled_from([RAISE, *map(float, range(50))]), min_size=1, max_size=6),
        st.sampled_from(["immediate", "next turn", "delayed", "cancelled"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60)
@given(plan=requests)
async def test_every_request_gets_its_own_outputs(
    model: CalledModel, plan: list[tuple[list[float], str]]
) -> None:
    """For any timing, with bad rows among them, and with calls that are cancelled."""
    tasks: list[asyncio.Task[ModelOutput]] = []
    for values, when in plan:
        if when in ("next turn", "delayed"):
            await asyncio.sleep(0 if when == "next turn" else 0.0005)
        tasks.append(model.call(*values))
        if when == "cancelled":
            asyncio.get_running_loop().call_later(0.0003, tasks[-1].cancel)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for (values, when), outcome in zip(plan, outcomes, strict=True):
        if isinstance(outcome, asyncio.CancelledError):
            assert when == "cancelled"
        elif RAISE in values:
            assert isinstance(outcome, PredictionFailed)
            assert outcome.reason == "refused"
        else:
            assert isinstance(outcome, ModelOutput)
            assert outcome.outputs == values


@pytest.mark.timed
async def test_an_idle_model_is_called_at_once(model: CalledModel) -> None:
    waits = [(await model.call(float(n))).queue_us for n in range(100)]
    assert statistics.median(waits) < 5_000


async def test_requests_that_arrive_while_the_model_computes_share_a_batch(
    model: CalledModel,
) -> None:
    sleeping = model.call(NAP)
    await asyncio.sleep(0.05)
    outputs = await asyncio.gather(*(model.call(float(n)) for n in range(20)))
    assert len({output.inference_us for output in outputs}) == 1
    assert [output.outputs for output in outputs] == [[float(n)] for n in range(20)]
    await sleeping


async def test_a_long_queue_is_computed_in_halves(
    model: CalledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    predict = ModelProcess.predict

    def note_and_predict(process: ModelProcess, rows: Rows, *options: Any) -> Any:
        batches.append(rows.count)
        return predict(process, rows, *options)

    monkeypatch.setattr(ModelProcess, "predict", note_and_predict)
    sleeping = model.call(NAP)
    await asyncio.sleep(0.05)
    await asyncio.gather(sleeping, *(model.call(float(n)) for n in range(60)))
    assert batches == [1, 30, UNDIVIDED_ROWS, 6]


async def test_replies_come_in_the_order_of_the_requests(model: CalledModel) -> None:
    completed: list[int] = []
    sleeping = model.call(NAP)
    await asyncio.sleep(0.05)
    tasks = [model.call(float(n)) for n in range(30)]
    for number, task in enumerate(tasks):
        task.add_done_callback(lambda _, number=number: completed.append(number))
    await asyncio.gather(sleeping, *tasks)
    assert completed == list(range(30))


async def test_a_full_queue_refuses_requests_and_completes_queued_ones(model: CalledModel) -> None:
    sleeping = model.call(NAP)
    await asyncio.sleep(0.05)
    tasks = [model.call(*[float(n)] * 1_000) for n in range(8)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [ModelOutput] * 5 + [Unavailable] * 3
    await sleeping


async def test_one_bad_row_fails_only_its_own_request(model: CalledModel) -> None:
    sleeping = model.call(NAP)
    await asyncio.sleep(0.05)
    tasks = [model.call(RAISE if n in (3, 17) else float(n)) for n in range(40)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, PredictionFailed)]
    assert failed == [3, 17]
    await sleeping


async def test_requests_that_waited_too_long_fail_and_are_not_computed(
    pools: Pools, store: ModelStore
) -> None:
    """The first requests take longer than others may wait; the queued crash never runs."""
    async with pools(queue_s_max=0.5) as pool:
        model = await warmed(pool, store)
        sleeping = model.call(NAP)
        await asyncio.sleep(0.05)
        # Each is a batch. Two, because the first one may be nearly finished.
        wide = [model.call(*[NAP] * 1024) for _ in range(2)]
        late = model.call(*[EXIT] * 1024)
        with pytest.raises(Unavailable, match="too busy to reply in time"):
            await late
        await asyncio.gather(sleeping, *wide, return_exceptions=True)
        assert (await model.call(1.0)).outputs == [1.0]
