"""A machine-learning model: a named endpoint with numbered versions, one of which is live."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created, Owned
from domain.errors import Conflict, NotFound
from domain.model_text import FRAMEWORK_LENGTH_MAX, description_of, label_of, line_of, model_name_of
from domain.model_version import Artifact, ModelVersion, Schema, Versions, next_number, with_changes


class Model(Owned):
    """The owner of the endpoint, its name, its versions and which of them is live."""

    TOPIC = "Model"

    class Uploaded(Aggregate.Event, Created):
        """A model was uploaded; its version 1 is live."""

        TOPIC = "Model.Uploaded"
        owner_id: UUID
        name: str
        description: str
        framework: str
        label: str
        artifact: Artifact

    class VersionAdded(Aggregate.Event):
        """A further version was uploaded; it is not live yet."""

        TOPIC = "Model.VersionAdded"
        number: int
        label: str
        artifact: Artifact
        uploader_id: UUID

    class Promoted(Aggregate.Event):
        """Another version became the live one."""

        TOPIC = "Model.Promoted"
        number: int

    class Renamed(Aggregate.Event):
        """The owner changed the name."""

        TOPIC = "Model.Renamed"
        name: str

    class Described(Aggregate.Event):
        """The owner changed the description."""

        TOPIC = "Model.Described"
        description: str

    class Relabelled(Aggregate.Event):
        """The owner changed the label of a version."""

        TOPIC = "Model.Relabelled"
        number: int
        label: str

    class SchemaDescribed(Aggregate.Event):
        """The owner documented inputs and outputs of a version; nothing is validated by it."""

        TOPIC = "Model.SchemaDescribed"
        number: int
        input_schema: Schema
        output_schema: Schema

    class Quarantined(Aggregate.Event):
        """A version crashed too often; it receives no calls until it is released."""

        TOPIC = "Model.Quarantined"
        number: int
        reason: str

    class Released(Aggregate.Event):
        """The owner ended the quarantine of a version."""

        TOPIC = "Model.Released"
        number: int

    class Deactivated(Aggregate.Event):
        """The model refuses calls from now on."""

        TOPIC = "Model.Deactivated"

    class Reactivated(Aggregate.Event):
        """The model accepts calls again."""

        TOPIC = "Model.Reactivated"

    class Deleted(Aggregate.Event):
        """The owner deleted the model; its history is kept."""

        TOPIC = "Model.Deleted"

    class Restored(Aggregate.Event):
        """The owner restored the deleted model."""

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
        self.versions: Versions = (ModelVersion(1, label, artifact, owner_id, self.created_on),)
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
        """Create a model from an inspected file; it is live at once."""
        return cls(
            by,
            model_name_of(name),
            description_of(description),
            line_of("framework", framework or artifact.framework, FRAMEWORK_LENGTH_MAX),
            label_of(label or "1"),
            artifact,
        )

    @property
    def serving(self) -> ModelVersion:
        """The live version, which is called if no version is given."""
        return self.versions[self.serving_number - 1]

    def version_numbered(self, number: int) -> ModelVersion:
        """Give a version; raises `NotFound`."""
        if not 1 <= number <= len(self.versions):
            raise NotFound(f"this model has no version {number}")
        return self.versions[number - 1]

    def add_version(self, artifact: Artifact, label: str = "", *, by: UUID) -> None:
        """Add a version, not live yet; raises `Conflict` if its file is a version already."""
        self.check_changeable(by)
        number = next_number(self.versions, artifact)
        self._version_added(number, label_of(label or str(number)), artifact, by)

    def promote(self, number: int, *, by: UUID) -> None:
        """Make another version the live one; raises `Conflict` if it is quarantined."""
        self.check_changeable(by)
        self.version_numbered(number).check_promotable()
        if number != self.serving_number:
            self._promoted(number)

    def rename(self, name: str, *, by: UUID) -> None:
        """Change the name; the same name changes nothing."""
        self.check_changeable(by)
        if (name := model_name_of(name)) != self.name:
            self._renamed(name)

    def describe(self, description: str, *, by: UUID) -> None:
        """Change the description; the same one changes nothing."""
        self.check_changeable(by)
        if (description := description_of(description)) != self.description:
            self._described(description)

    def relabel(self, number: int, label: str, *, by: UUID) -> None:
        """Change the label of a version; the same one changes nothing."""
        self.check_changeable(by)
        if (label := label_of(label)) != self.version_numbered(number).label:
            self._relabelled(number, label)

    def describe_schema(
        self, number: int, input_schema: Schema, output_schema: Schema, *, by: UUID
    ) -> None:
        """Document inputs and outputs of a version; the same schemas change nothing."""
        self.check_changeable(by)
        if (input_schema, output_schema) != self.version_numbered(number).schemas:
            self._schema_described(number, input_schema, output_schema)

    def quarantine(self, number: int, reason: str) -> None:
        """Stop calls of a version; the platform decides this, not the owner."""
        if not self.version_numbered(number).is_quarantined:
            self._quarantined(number, reason)

    def release(self, number: int, *, by: UUID) -> None:
        """End the quarantine of a version; without a quarantine this changes nothing."""
        self.check_changeable(by)
        if self.version_numbered(number).is_quarantined:
            self._released(number)

    def deactivate(self, *, by: UUID) -> None:
        """Refuse calls until the model is reactivated."""
        self.check_changeable(by)
        if self.is_active:
            self._deactivated()

    def reactivate(self, *, by: UUID) -> None:
        """Accept calls again."""
        self.check_changeable(by)
        if not self.is_active:
            self._reactivated()

    def delete(self, *, by: UUID) -> None:
        """Delete the model; it can be restored."""
        self.check_changeable(by)
        self._deleted()

    def restore(self, *, by: UUID) -> None:
        """Restore the model if it is deleted."""
        self.check_owner(by)
        if self.is_deleted:
            self._restored()

    def serve(self, number: int | None, *, by: UUID) -> ModelVersion:
        """Choose the version to call: the live one unless a number is given.

        Raises `NotFound` for other users, a deleted model or an unknown version, `Conflict`
        if the model is deactivated, and `Unavailable` if the version is quarantined.
        """
        self.check_changeable(by)
        if not self.is_active:
            raise Conflict("this model is deactivated")
        version = self.serving if number is None else self.version_numbered(number)
        version.check_serviceable()
        return version

    @event(VersionAdded)
    def _version_added(
        self,
        number: int,
        label: str,
        artifact: Artifact,
        uploader_id: UUID,
        timestamp: datetime | None = None,
    ) -> None:
        assert timestamp is not None  # the library sets it before it applies the event
        self.versions += (ModelVersion(number, label, artifact, uploader_id, timestamp),)

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
        self.versions = with_changes(self.versions, number, label=label)

    @event(SchemaDescribed)
    def _schema_described(self, number: int, input_schema: Schema, output_schema: Schema) -> None:
        schemas = {"input_schema": input_schema, "output_schema": output_schema}
        self.versions = with_changes(self.versions, number, **schemas)

    @event(Quarantined)
    def _quarantined(self, number: int, reason: str) -> None:
        self.versions = with_changes(self.versions, number, quarantine_reason=reason)

    @event(Released)
    def _released(self, number: int) -> None:
        count = self.version_numbered(number).releases + 1
        self.versions = with_changes(self.versions, number, quarantine_reason=None, releases=count)

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
