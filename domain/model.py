"""A machine-learning model: a named endpoint with numbered versions, of which one serves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import event

from domain import versions
from domain.aggregate import Aggregate, Created
from domain.errors import Conflict
from domain.model_text import description_of, framework_of, label_of, model_name_of
from domain.model_version import Artifact, ModelVersion, Schema
from domain.owned import Owned


class Model(Owned):
    """Who owns the endpoint, what it is called, its versions and which of them serves."""

    TOPIC = "Model"

    class Uploaded(Aggregate.Event, Created):
        """A model was taken in; its version 1 serves."""

        TOPIC = "Model.Uploaded"
        owner_id: UUID
        name: str
        description: str
        framework: str
        label: str
        artifact: Artifact

    class VersionAdded(Aggregate.Event):
        """A further version was taken in; it does not serve yet."""

        TOPIC = "Model.VersionAdded"
        number: int
        label: str
        artifact: Artifact
        uploader_id: UUID

    class Promoted(Aggregate.Event):
        """Another version serves from now on."""

        TOPIC = "Model.Promoted"
        number: int

    class Renamed(Aggregate.Event):
        """The owner gave the model another name."""

        TOPIC = "Model.Renamed"
        name: str

    class Described(Aggregate.Event):
        """The owner wrote another description."""

        TOPIC = "Model.Described"
        description: str

    class Relabelled(Aggregate.Event):
        """The owner gave a version another label."""

        TOPIC = "Model.Relabelled"
        number: int
        label: str

    class SchemaDescribed(Aggregate.Event):
        """The owner documented what a version takes and gives; nothing is checked against it."""

        TOPIC = "Model.SchemaDescribed"
        number: int
        input_schema: Schema
        output_schema: Schema

    class Quarantined(Aggregate.Event):
        """A version lost its processes too often; it is asked nothing until it is released."""

        TOPIC = "Model.Quarantined"
        number: int
        reason: str

    class Released(Aggregate.Event):
        """The owner lets a quarantined version answer again."""

        TOPIC = "Model.Released"
        number: int

    class Deactivated(Aggregate.Event):
        """The model answers no calls for the time being."""

        TOPIC = "Model.Deactivated"

    class Reactivated(Aggregate.Event):
        """The model answers calls again."""

        TOPIC = "Model.Reactivated"

    class Deleted(Aggregate.Event):
        """The owner withdrew the model; its history stays."""

        TOPIC = "Model.Deleted"

    class Restored(Aggregate.Event):
        """The owner took the withdrawal back."""

        TOPIC = "Model.Restored"

    @event(Uploaded)
    def __init__(
        self,
        owner_id: UUID,
        name: str,
        description: str,
        framework: str,
        label: str,
        artifact: Artifact,
    ) -> None:
        self.owner_id = owner_id
        self.name = name
        self.description = description
        self.framework = framework
        first = ModelVersion(1, label, artifact, owner_id, self.created_on)
        self.versions: versions.Versions = (first,)
        self.serving_number = 1
        self.is_active = True
        self.is_deleted = False

    @classmethod
    def upload(
        cls,
        *,
        by: UUID,
        name: str,
        artifact: Artifact,
        description: str = "",
        framework: str = "",
        label: str = "",
    ) -> Model:
        """Take in an inspected file under a name; it serves at once."""
        return cls(
            by,
            model_name_of(name),
            description_of(description),
            framework_of(framework or artifact.framework),
            label_of(label or "1"),
            artifact,
        )

    @property
    def serving(self) -> ModelVersion:
        """The version that answers calls which name none."""
        return self.versions[self.serving_number - 1]

    def version_numbered(self, number: int) -> ModelVersion:
        """Find a version; raises `NotFound`."""
        return versions.numbered(self.versions, number)

    def add_version(self, artifact: Artifact, label: str = "", *, by: UUID) -> None:
        """Take in a further version, which waits to be promoted; raises `Conflict` for a copy."""
        self.check_changeable(by)
        number = versions.next_number(self.versions, artifact)
        self._version_added(number, label_of(label or str(number)), artifact, by)

    def promote(self, number: int, *, by: UUID) -> None:
        """Let another version serve, not a quarantined one; promoting an earlier one rolls back."""
        self.check_changeable(by)
        if self.version_numbered(number).promotable().number != self.serving_number:
            self._promoted(number)

    def rename(self, name: str, *, by: UUID) -> None:
        """Give the model another name; the same name again changes nothing."""
        self.check_changeable(by)
        if (name := model_name_of(name)) != self.name:
            self._renamed(name)

    def describe(self, description: str, *, by: UUID) -> None:
        """Write another description; the same one again changes nothing."""
        self.check_changeable(by)
        if (description := description_of(description)) != self.description:
            self._described(description)

    def relabel(self, number: int, label: str, *, by: UUID) -> None:
        """Give a version another label; the same one again changes nothing."""
        self.check_changeable(by)
        if (label := label_of(label)) != self.version_numbered(number).label:
            self._relabelled(number, label)

    def describe_schema(
        self, number: int, input_schema: Schema, output_schema: Schema, *, by: UUID
    ) -> None:
        """Document what a version takes and gives; the same again changes nothing."""
        self.check_changeable(by)
        if (input_schema, output_schema) != self.version_numbered(number).schemas:
            self._schema_described(number, input_schema, output_schema)

    def quarantine(self, number: int, reason: str) -> None:
        """Ask a version nothing more: the platform's decision, which is taken once."""
        if not self.version_numbered(number).is_quarantined:
            self._quarantined(number, reason)

    def release(self, number: int, *, by: UUID) -> None:
        """Let a quarantined version answer again; any other stays as it is."""
        self.check_changeable(by)
        if self.version_numbered(number).is_quarantined:
            self._released(number)

    def deactivate(self, *, by: UUID) -> None:
        """Answer no calls for the time being."""
        self.check_changeable(by)
        if self.is_active:
            self._deactivated()

    def reactivate(self, *, by: UUID) -> None:
        """Answer calls again."""
        self.check_changeable(by)
        if not self.is_active:
            self._reactivated()

    def delete(self, *, by: UUID) -> None:
        """Withdraw the model."""
        self.check_changeable(by)
        self._deleted()

    def restore(self, *, by: UUID) -> None:
        """Take the withdrawal back; a model that is there stays as it is."""
        self.check_owner(by)
        if self.is_deleted:
            self._restored()

    def serve(self, number: int | None, *, by: UUID) -> ModelVersion:
        """Choose the version that answers a call, the serving one where none is named.

        Raises `NotFound` for a stranger, a deleted model or an unknown version, `Conflict`
        where the model is deactivated, and `Unavailable` where the version is quarantined.
        """
        self.check_changeable(by)
        if not self.is_active:
            raise Conflict("this model is deactivated")
        return (self.serving if number is None else self.version_numbered(number)).answering()

    @event(VersionAdded)
    def _version_added(
        self,
        number: int,
        label: str,
        artifact: Artifact,
        uploader_id: UUID,
        timestamp: datetime | None = None,
    ) -> None:
        assert timestamp is not None  # the library draws it before it applies the event
        added = ModelVersion(number, label, artifact, uploader_id, timestamp)
        self.versions = (*self.versions, added)

    @event(Promoted)
    def _promoted(self, number: int) -> None:
        self.serving_number = number

    @event(Renamed)
    def _renamed(self, name: str) -> None:
        self.name = name

    @event(Described)
    def _described(self, description: str) -> None:
        self.description = description

    @event(Relabelled)
    def _relabelled(self, number: int, label: str) -> None:
        self.versions = versions.changed(self.versions, number, label=label)

    @event(SchemaDescribed)
    def _schema_described(self, number: int, input_schema: Schema, output_schema: Schema) -> None:
        schemas = {"input_schema": input_schema, "output_schema": output_schema}
        self.versions = versions.changed(self.versions, number, **schemas)

    @event(Quarantined)
    def _quarantined(self, number: int, reason: str) -> None:
        self.versions = versions.changed(self.versions, number, quarantine_reason=reason)

    @event(Released)
    def _released(self, number: int) -> None:
        self.versions = versions.released(self.versions, number)

    @event(Deactivated)
    def _deactivated(self) -> None:
        self.is_active = False

    @event(Reactivated)
    def _reactivated(self) -> None:
        self.is_active = True

    @event(Deleted)
    def _deleted(self) -> None:
        self.is_deleted = True

    @event(Restored)
    def _restored(self) -> None:
        self.is_deleted = False
