"""What the batcher promises, held against a real model process."""

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
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile, ModelOutput
from inference.pool.pool import WorkerPool
from tests.inference.conftest import ModelStore, Pools
from tests.inference.faulty_estimators import EXIT, NAP, RAISE, FaultyEstimator

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Asked:
    """A model that returns the first value of each row, and calls to it."""

    def __init__(self, pool: WorkerPool, file: ModelFile, signature: Signature) -> None:
        self.pool = pool
        self.file = file
        self.signature = signature

    def ask(self, *values: float) -> asyncio.Task[ModelOutput]:
        rows = encode_rows(self.signature, list(values), 10_000)
        return asyncio.create_task(self._predict(rows))

    async def _predict(self, rows: Any) -> ModelOutput:
        return await self.pool.predict(self.file, self.signature, rows)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(pools: Pools, store: ModelStore) -> AsyncGenerator[Asked]:
    async with pools(queue_rows_max=5_000) as pool:
        yield await warmed(pool, store)


async def warmed(pool: WorkerPool, store: ModelStore) -> Asked:
    file = store.save(FaultyEstimator())
    signature = (await pool.inspect(file)).signature
    await pool.warm(file)
    return Asked(pool, file, signature)


requests = st.lists(
    st.tuples(
        st.lists(st.sampled_from([RAISE, *map(float, range(50))]), min_size=1, max_size=6),
        st.sampled_from(["at once", "a turn later", "a moment later", "given up"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60)
@given(plan=requests)
async def test_every_request_gets_its_own_outputs(
    asked: Asked, plan: list[tuple[list[float], str]]
) -> None:
    """For any timing, with bad rows among them, and with calls that are cancelled."""
    tasks: list[asyncio.Task[ModelOutput]] = []
    for values, when in plan:
        if when in ("a turn later", "a moment later"):
            await asyncio.sleep(0 if when == "a turn later" else 0.0005)
        tasks.append(asked.ask(*values))
        if when == "given up":
            asyncio.get_running_loop().call_later(0.0003, tasks[-1].cancel)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for (values, when), outcome in zip(plan, outcomes, strict=True):
        if isinstance(outcome, asyncio.CancelledError):
            assert when == "given up"
        elif RAISE in values:
            assert isinstance(outcome, PredictionFailed)
            assert outcome.reason == "refused"
        else:
            assert isinstance(outcome, ModelOutput)
            assert outcome.outputs == values


@pytest.mark.timed
async def test_an_idle_model_is_called_at_once(asked: Asked) -> None:
    waits = [(await asked.ask(float(n))).queue_us for n in range(100)]
    assert statistics.median(waits) < 5_000


async def test_requests_that_arrive_while_the_model_computes_share_a_batch(asked: Asked) -> None:
    napping = asked.ask(NAP)
    await asyncio.sleep(0.05)
    answers = await asyncio.gather(*(asked.ask(float(n)) for n in range(20)))
    assert len({answer.inference_us for answer in answers}) == 1
    assert [answer.outputs for answer in answers] == [[float(n)] for n in range(20)]
    await napping


async def test_replies_come_in_the_order_of_the_requests(asked: Asked) -> None:
    came: list[int] = []
    napping = asked.ask(NAP)
    await asyncio.sleep(0.05)
    tasks = [asked.ask(float(n)) for n in range(30)]
    for number, task in enumerate(tasks):
        task.add_done_callback(lambda _, number=number: came.append(number))
    await asyncio.gather(napping, *tasks)
    assert came == list(range(30))


async def test_a_full_queue_refuses_and_answers_what_it_holds(asked: Asked) -> None:
    napping = asked.ask(NAP)
    await asyncio.sleep(0.05)
    tasks = [asked.ask(*[float(n)] * 1_000) for n in range(8)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [ModelOutput] * 5 + [Unavailable] * 3
    await napping


async def test_one_bad_row_fails_only_its_own_request(asked: Asked) -> None:
    napping = asked.ask(NAP)
    await asyncio.sleep(0.05)
    tasks = [asked.ask(RAISE if n in (3, 17) else float(n)) for n in range(40)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, PredictionFailed)]
    assert failed == [3, 17]
    await napping


async def test_requests_that_waited_too_long_fail_and_are_not_computed(
    pools: Pools, store: ModelStore
) -> None:
    """These naps take longer than a request may wait; the crash queued behind them never runs."""
    async with pools(queue_s_max=0.5) as pool:
        asked = await warmed(pool, store)
        napping = asked.ask(NAP)
        await asyncio.sleep(0.05)
        # Each is a batch. Two, since the first nap may be nearly over.
        wide = [asked.ask(*[NAP] * 1024) for _ in range(2)]
        late = asked.ask(*[EXIT] * 1024)
        with pytest.raises(Unavailable, match="too busy to answer in time"):
            await late
        await asyncio.gather(napping, *wide, return_exceptions=True)
        assert (await asked.ask(1.0)).outputs == [1.0]
