"""Calls of models: recorded before the result is returned, or not recorded at all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from msgspec.structs import replace

from commands.models import AddVersion, ModelCommands, UpdateModel, UploadModel
from commands.predictions import Predict, PredictionCommands
from domain.errors import Conflict, DomainError, NotFound, PredictionFailed, Rejected, TooLarge
from domain.events import Actor
from domain.model import Model
from domain.prediction import Prediction
from inference.child.libraries import sklearn_linear
from storage.artifacts import ArtifactStore
from storage.event_store.event_store import EventStore
from tests.commands.model_files import received, saved
from tests.inference.faulty_estimators import EXIT, RAISE, FaultyEstimator
from tests.samples import ALICE, BOB

BY_ALICE, BY_BOB = Actor(ALICE, request_id="r-1"), Actor(BOB)


def line(slope: float) -> Any:
    """A fitted estimator that multiplies."""
    return sklearn_linear.LinearRegression().fit([[0.0], [1.0]], [0.0, slope])


@pytest_asyncio.fixture(loop_scope="session")
async def model(models: ModelCommands, artifacts: ArtifactStore) -> Model:
    """A model of Alice's that doubles; its second version triples and is not live."""
    file = await received(artifacts, saved(line(2.0)))
    model = await models.upload(UploadModel(by=BY_ALICE, file=file, name="line"))
    second = await received(artifacts, saved(line(3.0)))
    model, _ = await models.add_version(AddVersion(by=BY_ALICE, model_id=model.id, file=second))
    return model


async def test_a_result_is_recorded_as_it_is_returned(
    model: Model, predictions: PredictionCommands, events: EventStore
) -> None:
    result = await predictions.predict(
        Predict(by=BY_ALICE, model_id=model.id, input_data=[[1.0], [2.0]])
    )

    [recorded] = await events.history(result.event.originator_id)
    assert isinstance(recorded.event, Prediction.Served)
    assert recorded.event.inputs == [[1.0], [2.0]]
    assert recorded.event.outputs == result.event.outputs == pytest.approx([2.0, 4.0])
    assert (recorded.event.rows, recorded.event.number) == (2, 1)
    assert recorded.recorded_at == result.recorded_at
    assert recorded.metadata.actor_id == ALICE
    assert recorded.metadata.request_id == "r-1"


async def test_a_version_can_be_called_by_its_number(
    model: Model, predictions: PredictionCommands
) -> None:
    result = await predictions.predict(
        Predict(by=BY_ALICE, model_id=model.id, input_data=[1.0], number=2)
    )
    assert (result.version.number, result.event.outputs) == (2, pytest.approx([3.0]))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"input_data": [[1.0, 2.0]]}, Rejected),
        ({"input_data": ["one"]}, Rejected),
        ({"input_data": [1.0] * 3, "rows_max": 2}, TooLarge),
        ({"number": 3}, NotFound),
        ({"by": BY_BOB}, NotFound),
        ({"model_id": uuid4()}, NotFound),
    ],
)
async def test_a_call_that_is_refused_records_nothing(
    model: Model,
    predictions: PredictionCommands,
    events: EventStore,
    changes: dict[str, Any],
    refusal: type[DomainError],
) -> None:
    head = await events.recorder.max_notification_id()
    call = Predict(by=BY_ALICE, model_id=model.id, input_data=[1.0])
    with pytest.raises(refusal):
        await predictions.predict(replace(call, **changes))
    assert await events.recorder.max_notification_id() == head


async def test_a_deactivated_model_refuses_all_calls(
    model: Model, models: ModelCommands, predictions: PredictionCommands
) -> None:
    await models.update(UpdateModel(by=BY_ALICE, model_id=model.id, is_active=False))
    with pytest.raises(Conflict, match="deactivated"):
        await predictions.predict(Predict(by=BY_ALICE, model_id=model.id, input_data=[1.0]))


@pytest.mark.parametrize(("value", "reason"), [(RAISE, "refused"), (EXIT, "crashed")])
async def test_a_call_that_the_model_fails_is_recorded_as_failed(
    models: ModelCommands,
    artifacts: ArtifactStore,
    predictions: PredictionCommands,
    events: EventStore,
    value: float,
    reason: str,
) -> None:
    file = await received(artifacts, saved(FaultyEstimator()))
    model = await models.upload(UploadModel(by=BY_ALICE, file=file, name="bad"))
    with pytest.raises(PredictionFailed) as failure:
        await predictions.predict(Predict(by=BY_ALICE, model_id=model.id, input_data=[value]))

    assert failure.value.prediction_id is not None
    [recorded] = await events.history(failure.value.prediction_id)
    assert isinstance(recorded.event, Prediction.Failed)
    assert (recorded.event.reason, recorded.event.inputs) == (reason, [value])
