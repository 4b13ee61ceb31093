"""Models are uploaded, changed and promoted, with real files in real model processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from commands.models import (
    WARNINGS_MAX,
    AddVersion,
    DeleteModel,
    ModelCommands,
    PromoteVersion,
    RestoreModel,
    UpdateModel,
    UploadModel,
    artifact_of,
)
from domain.aggregate import new_id
from domain.errors import Conflict, NotFound, Rejected
from domain.events import Actor
from domain.model import Model
from inference.child.libraries import sklearn_linear
from inference.model_file import Inspection, ModelFile
from inference.pool.pool import WorkerPool
from storage.artifacts import ArtifactStore
from storage.event_store.event_store import EventStore
from tests.commands.conftest import LIMITS
from tests.commands.model_files import received, saved
from tests.samples import ALICE, BOB, IRIS

BY_ALICE, BY_BOB = Actor(ALICE), Actor(BOB)
Upload = Callable[[], Awaitable[Model]]


def line(slope: float) -> Any:
    """A fitted estimator that multiplies."""
    return sklearn_linear.LinearRegression().fit([[0.0], [1.0]], [0.0, slope])


@pytest.fixture
def upload(models: ModelCommands, artifacts: ArtifactStore) -> Upload:
    """Uploads a model of Alice's."""

    async def upload() -> Model:
        file = await received(artifacts, saved(line(2.0)))
        return await models.upload(UploadModel(by=BY_ALICE, file=file, name="line"))

    return upload


async def test_an_upload_is_inspected_and_recorded(upload: Upload, events: EventStore) -> None:
    model = await upload()

    assert (model.owner_id, model.name, model.serving.label) == (ALICE, "line", "1")
    artifact = model.serving.artifact
    assert (artifact.framework, artifact.model_type) == ("scikit-learn", "LinearRegression")
    assert artifact.signature.task == "regression"
    [uploaded] = await events.history(model.id)
    assert uploaded.metadata.causation == "UploadModel"


async def test_the_live_version_is_opened_before_the_first_call(
    events: EventStore, artifacts: ArtifactStore
) -> None:
    async with WorkerPool.open(
        artifacts.open_file, LIMITS
    ) as engine:  # Its own pool, to count its processes.
        models = ModelCommands(events, engine)
        file = await received(artifacts, saved(line(2.0)))
        model = await models.upload(UploadModel(by=BY_ALICE, file=file, name="line"))
        await until_open(engine, 1)
        file = await received(artifacts, saved(line(3.0)))
        await models.add_version(AddVersion(by=BY_ALICE, model_id=model.id, file=file))
        assert engine.statistics().processes == 1
        await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=2))
        await until_open(engine, 2)


async def until_open(engine: WorkerPool, count: int) -> None:
    """Wait until this number of model processes runs."""
    async with asyncio.timeout(20):
        while engine.statistics().processes != count:  # noqa: ASYNC110 — there is no event to wait for
            await asyncio.sleep(0.01)


async def test_a_refused_file_records_nothing(
    models: ModelCommands, artifacts: ArtifactStore, events: EventStore
) -> None:
    file = await received(artifacts, b"<html>not a model</html>")
    with pytest.raises(Rejected):
        await models.upload(UploadModel(by=BY_ALICE, file=file, name="line"))

    assert await events.recorder.max_notification_id() is None


async def test_a_sample_names_the_columns_of_every_process_of_the_model(
    models: ModelCommands, artifacts: ArtifactStore
) -> None:
    file = await received(artifacts, saved(line(2.0)))
    command = UploadModel(by=BY_ALICE, file=file, name="line", sample='[{"metres": 2}]')
    model = await models.upload(command)

    signature = model.serving.artifact.signature
    assert [column.name for column in signature.columns] == ["metres"]
    assert signature.example == (2,)
    assert ModelFile.of(model.id, model.serving).columns == signature.columns


async def test_a_sample_that_the_model_refuses_records_nothing(
    models: ModelCommands, artifacts: ArtifactStore, events: EventStore
) -> None:
    file = await received(artifacts, saved(line(2.0)))
    with pytest.raises(Rejected, match="the sample does not fit the model"):
        await models.upload(UploadModel(by=BY_ALICE, file=file, name="line", sample='[["two"]]'))

    assert await events.recorder.max_notification_id() is None


def test_a_hostile_description_is_made_storable() -> None:
    file = ModelFile(new_id(), "d" * 64, 10)
    hostile = Inspection(
        signature=IRIS,
        model_type="Tree\0\nevent: forged",
        framework="f" * 10_000,
        framework_version="\x1b[31m",
        format="joblib",
        warnings=("a\0b",) * 1_000,
    )
    artifact = artifact_of(file, hostile)

    assert artifact.model_type == "Tree  event: forged"
    assert len(artifact.framework) < 1_000
    assert artifact.framework_version == " [31m"
    assert artifact.warnings == ("a b",) * WARNINGS_MAX
    with pytest.raises(Rejected, match="inconsistently"):
        artifact_of(
            file, msgspec.structs.replace(hostile, signature=replace(IRIS, probabilities=-1))
        )


async def test_a_version_waits_until_it_is_promoted_and_can_be_rolled_back(
    upload: Upload, models: ModelCommands, artifacts: ArtifactStore
) -> None:
    model = await upload()
    file = await received(artifacts, saved(line(3.0)))
    added, number = await models.add_version(
        AddVersion(by=BY_ALICE, model_id=model.id, file=file, label="steeper")
    )
    promoted = await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=2))
    again = await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=2))
    rolled_back = await models.promote(PromoteVersion(by=BY_ALICE, model_id=model.id, number=1))

    assert [each.serving_number for each in (added, promoted, rolled_back)] == [1, 2, 1]
    assert again.version == promoted.version
    assert (number, added.versions[1].label) == (2, "steeper")


async def test_the_file_of_a_version_is_not_accepted_twice(
    upload: Upload, models: ModelCommands, artifacts: ArtifactStore
) -> None:
    model = await upload()
    file = await received(artifacts, saved(line(2.0)))
    with pytest.raises(Conflict, match="version 1"):
        await models.add_version(AddVersion(by=BY_ALICE, model_id=model.id, file=file))


async def test_only_the_owner_adds_a_version_and_other_files_are_not_opened(
    upload: Upload, models: ModelCommands, artifacts: ArtifactStore
) -> None:
    model = await upload()
    file = await received(artifacts, b"not a model")
    with pytest.raises(NotFound):
        await models.add_version(AddVersion(by=BY_BOB, model_id=model.id, file=file))


async def test_an_update_changes_all_given_fields_in_one_append(
    upload: Upload, models: ModelCommands, events: EventStore
) -> None:
    model = await upload()
    command = UpdateModel(
        by=BY_ALICE,
        model_id=model.id,
        name="lines",
        description="Doubles.",
        label="first",
        input_schema={"type": "number"},
        is_active=False,
    )
    changed = await models.update(command)

    assert (changed.name, changed.description, changed.is_active) == ("lines", "Doubles.", False)
    assert (changed.serving.label, changed.serving.input_schema) == ("first", {"type": "number"})
    assert len({each.recorded_at for each in (await events.history(model.id))[1:]}) == 1
    assert (await models.update(command)).version == changed.version
    activated = await models.update(UpdateModel(by=BY_ALICE, model_id=model.id, is_active=True))
    assert activated.is_active
    assert activated.name == "lines"


async def test_a_deleted_model_is_restored_by_its_owner(
    upload: Upload, models: ModelCommands
) -> None:
    model = await upload()
    deleted = await models.delete(DeleteModel(by=BY_ALICE, model_id=model.id))
    with pytest.raises(NotFound):
        await models.delete(DeleteModel(by=BY_ALICE, model_id=model.id))
    with pytest.raises(NotFound):
        await models.restore(RestoreModel(by=BY_BOB, model_id=model.id))
    restored = await models.restore(RestoreModel(by=BY_ALICE, model_id=model.id))

    assert (deleted.is_deleted, restored.is_deleted) == (True, False)
