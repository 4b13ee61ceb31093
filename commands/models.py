"""Take models in, change them, choose what serves."""

from __future__ import annotations

from uuid import UUID

from commands.command import Command
from domain.model import Model
from domain.model_version import Artifact, ModelVersion, Schema
from domain.signature import check_signature
from inference.engine import Engine, Inspection, ModelFile
from inference.protocol.messages import printable
from storage.artifacts import ReceivedFile
from storage.event_store.event_store import EventStore

WARNINGS_MAX = 20


class UploadModel(Command, frozen=True, kw_only=True):
    """Make a model of a file that has been received in full; empty texts take defaults."""

    file: ReceivedFile
    name: str
    description: str = ""
    framework: str = ""
    label: str = ""
    sample: str = ""
    """Rows, as JSON, that the model has to take; what it does not tell is read from them."""


class AddVersion(Command, frozen=True, kw_only=True):
    """Make a further version of a model of a file that has been received in full."""

    model_id: UUID
    file: ReceivedFile
    label: str = ""
    sample: str = ""


class UpdateModel(Command, frozen=True, kw_only=True):
    """Change what is said about a model, or whether it answers; None leaves as it is.

    Label and schemas are those of the serving version.
    """

    model_id: UUID
    name: str | None = None
    description: str | None = None
    label: str | None = None
    input_schema: Schema = None
    output_schema: Schema = None
    is_active: bool | None = None


class PromoteVersion(Command, frozen=True, kw_only=True):
    """Let another version of a model serve; an earlier one rolls back."""

    model_id: UUID
    number: int


class ReleaseVersion(Command, frozen=True, kw_only=True):
    """Let a quarantined version answer again, as if nothing had been."""

    model_id: UUID
    number: int


class DeleteModel(Command, frozen=True, kw_only=True):
    """Withdraw a model."""

    model_id: UUID


class RestoreModel(Command, frozen=True, kw_only=True):
    """Take the withdrawal of a model back."""

    model_id: UUID


class ModelCommands:
    """Handles the commands on models."""

    def __init__(self, events: EventStore, engine: Engine) -> None:
        self._events = events
        self._engine = engine

    async def upload(self, command: UploadModel) -> Model:
        """Inspect the file, then record the model.

        Raises `Rejected` for a file that is not a model that can be served.
        """
        model = Model.upload(
            by=command.actor_id,
            name=command.name,
            artifact=await self._inspected(command),
            description=command.description,
            framework=command.framework,
            label=command.label,
        )
        [model] = await self._events.save([model], command.metadata)
        self._engine.warm_soon(file_of(model, model.serving))
        return model

    async def add_version(self, command: AddVersion) -> tuple[Model, int]:
        """Inspect the file and add it; returns the model and the number of the new version.

        Raises `Conflict` if the file is a version of the model already.
        """
        model = await self._events.load(Model, command.model_id)
        model.check_changeable(command.actor_id)
        artifact = await self._inspected(command)
        model = await self._events.change(
            Model,
            command.model_id,
            lambda model: model.add_version(artifact, command.label, by=command.actor_id),
            command.metadata,
        )
        return model, model.versions[-1].number

    async def update(self, command: UpdateModel) -> Model:
        """Change what is given, in one append; what is the same already changes nothing."""
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

        return await self._events.change(Model, command.model_id, update, command.metadata)

    async def promote(self, command: PromoteVersion) -> Model:
        """Let another version serve, and begin to have it ready for the first call."""
        model = await self._events.change(
            Model,
            command.model_id,
            lambda model: model.promote(command.number, by=command.actor_id),
            command.metadata,
        )
        self._engine.warm_soon(file_of(model, model.serving))
        return model

    async def release(self, command: ReleaseVersion) -> Model:
        """Let a quarantined version answer again; one that is not quarantined stays as it is."""
        model = await self._events.change(
            Model,
            command.model_id,
            lambda model: model.release(command.number, by=command.actor_id),
            command.metadata,
        )
        self._engine.warm_soon(file_of(model, model.version_numbered(command.number)))
        return model

    async def delete(self, command: DeleteModel) -> Model:
        """Withdraw a model; its files stay for as long as it can be restored."""
        return await self._events.change(
            Model,
            command.model_id,
            lambda model: model.delete(by=command.actor_id),
            command.metadata,
        )

    async def restore(self, command: RestoreModel) -> Model:
        """Take the withdrawal of a model back."""
        return await self._events.change(
            Model,
            command.model_id,
            lambda model: model.restore(by=command.actor_id),
            command.metadata,
        )

    async def _inspected(self, command: UploadModel | AddVersion) -> Artifact:
        file = ModelFile(command.file.artifact_id, command.file.digest, command.file.size)
        return artifact_of(file, await self._engine.inspect(file, command.sample))


def file_of(model: Model, version: ModelVersion) -> ModelFile:
    """Say to the engine which file it is about."""
    artifact = version.artifact
    return ModelFile(
        artifact.artifact_id,
        artifact.digest,
        artifact.size,
        version.releases,
        artifact.signature.sampled_columns,
        model.id,
        version.number,
    )


def artifact_of(file: ModelFile, found: Inspection) -> Artifact:
    """Keep what an inspection found, as far as it can be kept; raises `Rejected`.

    The process that described the model may have been taken over by it.
    """
    check_signature(found.signature)
    return Artifact(
        artifact_id=file.artifact_id,
        digest=file.digest,
        size=file.size,
        format=printable(found.format),
        framework=printable(found.framework),
        framework_version=printable(found.framework_version),
        model_type=printable(found.model_type),
        signature=found.signature,
        warnings=tuple(map(printable, found.warnings[:WARNINGS_MAX])),
    )
