"""One version of a model, and operations on the tuple of all versions of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Conflict, Unavailable
from domain.signature import Signature

VERSIONS_MAX = 1_000

Schema = dict[str, Any] | None


@dataclass(frozen=True)
class Artifact:
    """A model file that passed inspection."""

    artifact_id: UUID
    digest: str
    """SHA-256 of the file, in hexadecimal."""
    size: int
    """Bytes."""
    format: str
    framework: str
    framework_version: str
    model_type: str
    signature: Signature
    warnings: tuple[str, ...] = ()
    """Warnings of the inspection, shown to the owner."""


@dataclass(frozen=True)
class ModelVersion:
    """One uploaded file of a model."""

    number: int
    label: str
    artifact: Artifact
    uploader_id: UUID
    uploaded_at: datetime
    input_schema: Schema = None
    """The owner's description of the inputs; None if only the signature describes them."""
    output_schema: Schema = None
    quarantine_reason: str | None = None
    """Why the version receives no calls; None if it is not quarantined."""
    releases: int = 0
    """How often it was released from quarantine; each release resets its crash budget."""

    @property
    def is_quarantined(self) -> bool:
        """Whether the version receives no calls until it is released."""
        return self.quarantine_reason is not None

    @property
    def schemas(self) -> tuple[Schema, Schema]:
        """The owner's descriptions of inputs and outputs."""
        return self.input_schema, self.output_schema

    def check_serviceable(self) -> None:
        """Raise `Unavailable` if the version is quarantined; the message says what to do."""
        if self.quarantine_reason is not None:
            raise Unavailable(
                f"version {self.number} is quarantined: {self.quarantine_reason}; "
                f"release it (versions/{self.number}/release) or promote another version"
            )

    def check_promotable(self) -> None:
        """Raise `Conflict` if the version is quarantined."""
        if self.is_quarantined:
            raise Conflict(f"version {self.number} is quarantined; it has to be released first")


Versions = tuple[ModelVersion, ...]
"""Oldest first: version n is at index n - 1."""


def next_number(versions: Versions, artifact: Artifact) -> int:
    """Give the number of a further version.

    Raises `Conflict` if the file is a version already, or if there are too many versions.
    """
    if len(versions) >= VERSIONS_MAX:
        raise Conflict(f"a model has at most {VERSIONS_MAX} versions")
    for version in versions:
        if version.artifact.digest == artifact.digest:
            raise Conflict(f"this file is already version {version.number} of the model")
    return len(versions) + 1


def with_changes(versions: Versions, number: int, **changes: Any) -> Versions:
    """Give the versions with fields of one of them changed."""
    version = replace(versions[number - 1], **changes)
    return (*versions[: number - 1], version, *versions[number:])
