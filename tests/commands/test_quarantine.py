"""Versions whose processes are lost too often: recorded once, refused clearly, released."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from commands.models import (
    AddVersion,
    ModelCommands,
    PromoteVersion,
    ReleaseVersion,
    UploadModel,
)
from commands.predictions import Predict, PredictionCommands
from domain.errors import Conflict, NotFound, PredictionFailed, Unavailable
from domain.events import Actor
from domain.model import Model
from domain.prediction import Prediction
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from storage.artifacts import ArtifactStore
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool, open_pool
from tests.commands.conftest import LIMITS
from tests.commands.model_files import received, saved
from tests.inference.faulty_estimators import EXIT, RAISE, FaultyEstimator
from tests.samples import ALICE, BOB

BY_ALICE, BY_BOB = Actor(ALICE, request_id="r-1"), Actor(BOB)
LOSSES_MAX = PoolLimits.losses_max


@pytest_asyncio.fixture(loop_scope="session")
async def model(models: ModelCommands, artifacts: ArtifactStore) -> Model:
    """A model of Alice's with two versions, whose processes can be made to crash."""
    file = await received(artifacts, saved(FaultyEstimator()))
    model = await models.upload(UploadModel(by=BY_ALICE, file=file, name="bad"))
    second = await received(artifacts, saved(FaultyEstimator(at_load="nothing")))
    model, _ = await models.add_version(AddVersion(by=BY_ALICE, model_id=model.id, file=second))
    return model


def call(model: Model, *values: float, number: int | None = None) -> Predict:
    return Predict(by=BY_ALICE, model_id=model.id, input_data=list(values), number=number)


async def lose(predictions: PredictionCommands, model: Model, times: int = LOSSES_MAX) -> None:
    for _ in range(times):
        with pytest.raises(PredictionFailed):
            await predictions.predict(call(model, EXIT))


async def quarantines(events: EventStore, model: Model) -> list[Any]:
    history = await events.history(model.id)
    return [each for each in history if isinstance(each.event, Model.Quarantined)]


async def recorded_predictions(pool: Pool) -> Counter[str]:
    rows = await pool.fetch("SELECT topic FROM events WHERE topic LIKE 'Prediction.%'")
    return Counter(row["topic"] for row in rows)


async def test_the_last_loss_is_recorded_and_then_the_quarantine(
    model: Model, predictions: PredictionCommands, events: EventStore, pool: Pool
) -> None:
    await lose(predictions, model)

    [quarantined] = await quarantines(events, model)
    assert quarantined.event.number == 1
    assert f"{LOSSES_MAX} of its processes were lost" in quarantined.event.reason
    assert "exited with status 3" in quarantined.event.reason
    assert quarantined.metadata.actor_id is None
    assert quarantined.metadata.causation == "QuarantineVersion"
    assert quarantined.metadata.request_id == "r-1"
    assert await recorded_predictions(pool) == {Prediction.Failed.TOPIC: LOSSES_MAX}


async def test_a_quarantined_version_is_refused_clearly_and_others_are_not(
    model: Model, predictions: PredictionCommands, models: ModelCommands
) -> None:
    await lose(predictions, model)

    with pytest.raises(Unavailable, match=r"version 1 is quarantined: .* release it"):
        await predictions.predict(call(model, 1.0))
    with pytest.raises(Conflict, match="version 1 is quarantined"):
        await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=1))
    assert (await predictions.predict(call(model, 1.0, number=2))).event.outputs == [1.0]
    await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=2))
    assert (await predictions.predict(call(model, 1.0))).version.number == 2


async def test_a_release_allows_calls_and_resets_the_losses(
    model: Model, predictions: PredictionCommands, models: ModelCommands, events: EventStore
) -> None:
    release = ReleaseVersion(by=BY_ALICE, model_id=model.id, number=1)
    await lose(predictions, model)
    with pytest.raises(NotFound):
        await models.release(ReleaseVersion(by=BY_BOB, model_id=model.id, number=1))
    released = await models.release(release)
    assert (await models.release(release)).version == released.version
    assert (await predictions.predict(call(model, 1.0))).event.outputs == [1.0]

    await lose(predictions, model, LOSSES_MAX - 1)
    assert len(await quarantines(events, model)) == 1
    await lose(predictions, model, 1)
    assert len(await quarantines(events, model)) == 2


async def test_concurrent_callers_record_one_quarantine_and_all_failures(
    model: Model, predictions: PredictionCommands, events: EventStore, pool: Pool
) -> None:
    calls = [predictions.predict(call(model, EXIT)) for _ in range(40)]
    late = [predictions.predict(call(model, EXIT)) for _ in range(40)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    outcomes += await asyncio.gather(*late, return_exceptions=True)
    while not await quarantines(events, model):
        outcomes += await asyncio.gather(
            *(predictions.predict(call(model, EXIT)) for _ in range(40)), return_exceptions=True
        )
    outcomes += await asyncio.gather(
        *(predictions.predict(call(model, 1.0)) for _ in range(40)), return_exceptions=True
    )

    kinds = Counter(type(outcome) for outcome in outcomes)
    assert set(kinds) == {PredictionFailed, Unavailable}
    assert len(await quarantines(events, model)) == 1
    failed = await recorded_predictions(pool)
    assert failed == {Prediction.Failed.TOPIC: kinds[PredictionFailed]}


async def test_an_input_that_the_model_refuses_is_no_loss(
    model: Model, predictions: PredictionCommands, events: EventStore
) -> None:
    for _ in range(LOSSES_MAX + 2):
        with pytest.raises(PredictionFailed):
            await predictions.predict(call(model, RAISE))
    assert await quarantines(events, model) == []


async def test_a_quarantine_survives_a_restart(
    model: Model, predictions: PredictionCommands, second_engine: WorkerPool, database_dsn: str
) -> None:
    await lose(predictions, model)
    async with another_process(second_engine, database_dsn) as restarted:
        with pytest.raises(Unavailable, match="version 1 is quarantined"):
            await restarted.predict(call(model, 1.0))
        assert (await restarted.predict(call(model, 1.0, number=2))).event.outputs == [1.0]


async def test_a_release_resets_the_losses_in_every_process(
    model: Model,
    models: ModelCommands,
    events: EventStore,
    second_engine: WorkerPool,
    database_dsn: str,
) -> None:
    async with another_process(second_engine, database_dsn) as other_process:
        await lose(other_process, model)
        await until_followed(events, model, lambda cached: cached.serving.is_quarantined)
        with pytest.raises(Unavailable, match="quarantined"):
            await other_process.predict(call(model, 1.0))
        await models.release(ReleaseVersion(by=BY_ALICE, model_id=model.id, number=1))
        await until_followed(
            other_process.events, model, lambda cached: not cached.serving.is_quarantined
        )
        assert (await other_process.predict(call(model, 1.0))).event.outputs == [1.0]


async def until_followed(
    events: EventStore, model: Model, condition: Callable[[Model], bool]
) -> None:
    """Wait until the cached model of a process meets a condition."""
    async with asyncio.timeout(10):
        while not condition(await events.peek(Model, model.id)):  # noqa: ASYNC110 — there is no event to wait for
            await asyncio.sleep(0.01)


async def test_an_upload_of_the_same_file_is_not_affected(
    model: Model, models: ModelCommands, predictions: PredictionCommands, artifacts: ArtifactStore
) -> None:
    await lose(predictions, model)
    file = await received(artifacts, saved(FaultyEstimator()))
    other = await models.upload(UploadModel(by=BY_ALICE, file=file, name="the same"))
    assert (await predictions.predict(call(other, 1.0))).event.outputs == [1.0]


class Process(PredictionCommands):
    """The handler of calls in another process."""

    def __init__(self, events: EventStore, engine: WorkerPool) -> None:
        super().__init__(events, engine)
        self.events = events


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def second_engine(artifacts: ArtifactStore) -> AsyncIterator[WorkerPool]:
    """The model processes of another process, which does not count the losses of the first."""
    async with WorkerPool.open(artifacts.open_file, LIMITS) as engine:
        yield engine


@asynccontextmanager
async def another_process(engine: WorkerPool, dsn: str) -> AsyncGenerator[Process]:
    """Another process of the platform, with its own cache and losses."""
    async with (
        open_pool(dsn, min_size=1, max_size=2) as pool,
        EventStore.open(dsn, pool, sealing_key=bytes(32)) as events,
    ):
        yield Process(events, engine)
