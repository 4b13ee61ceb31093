"""Upload models, change them, choose the live version."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from commands.command import Command
from domain.model import Model
from domain.model_version import Artifact, ModelVersion, Schema
from domain.signature import check_signature
from inference.model_file import Inspection, ModelFile
from inference.pool.pool import WorkerPool
from inference.protocol.messages import printable
from storage.artifacts import ReceivedFile
from storage.event_store.event_store import EventStore

WARNINGS_MAX = 20


class UploadModel(Command, frozen=True, kw_only=True):
    """Create a model from a received file; empty texts are replaced by defaults."""

    file: ReceivedFile
    name: str
    description: str = ""
    framework: str = ""
    label: str = ""
    sample: str = ""
    """Input rows as JSON; they describe the inputs that the model does not define."""


class ChangeModel(Command, frozen=True, kw_only=True):
    """The base of the commands that change a model."""

    model_id: UUID


class AddVersion(ChangeModel, frozen=True, kw_only=True):
    """Add a received file to a model as its next version."""

    file: ReceivedFile
    label: str = ""
    sample: str = ""


class UpdateModel(ChangeModel, frozen=True, kw_only=True):
    """Change fields of a model, and label and schemas of its live version; None keeps a value."""

    name: str | None = None
    description: str | None = None
    label: str | None = None
    input_schema: Schema = None
    output_schema: Schema = None
    is_active: bool | None = None


class PromoteVersion(ChangeModel, frozen=True, kw_only=True):
    """Make another version the live one; an earlier version is a rollback."""

    number: int


class ReleaseVersion(ChangeModel, frozen=True, kw_only=True):
    """End the quarantine of a version."""

    number: int


class DeleteModel(ChangeModel, frozen=True, kw_only=True):
    """Delete a model; it can be restored."""


class RestoreModel(ChangeModel, frozen=True, kw_only=True):
    """Restore a deleted model."""


class ModelCommands:
    """Handles the commands on models."""

    def __init__(self, events: EventStore, engine: WorkerPool) -> None:
        self._events = events
        self._engine = engine

    async def upload(self, command: UploadModel) -> Model:
        """Inspect the file, then record the model; raises `Rejected` if it cannot be served."""
        model = Model.upload(
            by=command.actor_id,
            name=command.name,
            artifact=await self._inspect(command),
            description=command.description,
            framework=command.framework,
            label=command.label,
        )
        [model] = await self._events.save([model], command.metadata)
        self._warm(model, model.serving)
        return model

    async def add_version(self, command: AddVersion) -> tuple[Model, int]:
        """Inspect the file and add it; returns the model and the number of the new version.

        Raises `Conflict` if the file is a version of the model already.
        """
        model = await self._events.load(Model, command.model_id)
        model.check_changeable(command.actor_id)
        artifact = await self._inspect(command)
        model = await self._change(
            command, lambda model: model.add_version(artifact, command.label, by=command.actor_id)
        )
        return model, model.versions[-1].number

    async def update(self, command: UpdateModel) -> Model:
        """Record all changed fields in one append; equal values change nothing."""
        by = command.actor_id

        def update(model: Model) -> None:
            model.check_changeable(by)
            serving = model.serving
            if command.name is not None:
                model.rename(command.name, by=by)
            if command.description is not None:
                model.describe(command.description, by=by)
            if command.label is not None:
                model.relabel(serving.number, command.label, by=by)
            if command.input_schema is not None or command.output_schema is not None:
                model.describe_schema(
                    serving.number,
                    command.input_schema or serving.input_schema,
                    command.output_schema or serving.output_schema,
                    by=by,
                )
            if command.is_active is not None:
                (model.reactivate if command.is_active else model.deactivate)(by=by)

        return await self._change(command, update)

    async def promote(self, command: PromoteVersion) -> Model:
        """Make another version the live one, and load it in the background."""
        model = await self._change(
            command, lambda model: model.promote(command.number, by=command.actor_id)
        )
        self._warm(model, model.serving)
        return model

    async def release(self, command: ReleaseVersion) -> Model:
        """End the quarantine of a version; without a quarantine this changes nothing."""
        model = await self._change(
            command, lambda model: model.release(command.number, by=command.actor_id)
        )
        self._warm(model, model.version_numbered(command.number))
        return model

    async def delete(self, command: DeleteModel) -> Model:
        """Delete a model; its files are kept, so that it can be restored."""
        return await self._change(command, lambda model: model.delete(by=command.actor_id))

    async def restore(self, command: RestoreModel) -> Model:
        """Restore a deleted model."""
        return await self._change(command, lambda model: model.restore(by=command.actor_id))

    async def _change(self, command: ChangeModel, decide: Callable[[Model], None]) -> Model:
        return await self._events.change(Model, command.model_id, decide, command.metadata)

    async def _inspect(self, command: UploadModel | AddVersion) -> Artifact:
        file = ModelFile(command.file.artifact_id, command.file.digest, command.file.size)
        return artifact_of(file, await self._engine.inspect(file, command.sample))

    def _warm(self, model: Model, version: ModelVersion) -> None:
        self._engine.warm_soon(ModelFile.of(model.id, version))


def artifact_of(file: ModelFile, inspection: Inspection) -> Artifact:
    """Convert the result of an inspection to what is stored; raises `Rejected`.

    The process that inspected the model may be under the control of an attacker.
    """
    check_signature(inspection.signature)
    return Artifact(
        artifact_id=file.artifact_id,
        digest=file.digest,
        size=file.size,
        format=printable(inspection.format),
        framework=printable(inspection.framework),
        framework_version=printable(inspection.framework_version),
        model_type=printable(inspection.model_type),
        signature=inspection.signature,
        warnings=tuple(map(printable, inspection.warnings[:WARNINGS_MAX])),
    )
