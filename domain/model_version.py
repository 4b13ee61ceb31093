"""One version of a model: the file that was taken in, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Conflict, Unavailable
from domain.signature import Signature

Schema = dict[str, Any] | None


@dataclass(frozen=True)
class Artifact:
    """A file that passed inspection: where it lies and what is in it."""

    artifact_id: UUID
    digest: str
    """SHA-256 of the file, in hex."""
    size: int
    """Bytes."""
    format: str
    framework: str
    framework_version: str
    model_type: str
    signature: Signature
    warnings: tuple[str, ...] = ()
    """What its owner was told about it when it was taken in."""


@dataclass(frozen=True)
class ModelVersion:
    """One file that was taken in under a model's name."""

    number: int
    label: str
    artifact: Artifact
    uploader_id: UUID
    uploaded_at: datetime
    input_schema: Schema = None
    """What the owner wrote about the inputs; None where the signature speaks for itself."""
    output_schema: Schema = None
    quarantine_reason: str | None = None
    """Why the version is asked nothing for the time being; None where it is not quarantined."""
    releases: int = 0
    """How often it was released from quarantine; what its processes did before is forgiven."""

    @property
    def is_quarantined(self) -> bool:
        """Whether the version is asked nothing until it is released."""
        return self.quarantine_reason is not None

    @property
    def schemas(self) -> tuple[Schema, Schema]:
        """What the owner wrote about inputs and outputs."""
        return self.input_schema, self.output_schema

    def answering(self) -> ModelVersion:
        """Give the version; raises `Unavailable`, and says what to do, if it is quarantined."""
        if self.quarantine_reason is not None:
            raise Unavailable(
                f"version {self.number} is quarantined: {self.quarantine_reason}; "
                f"release it (versions/{self.number}/release) or promote another version"
            )
        return self

    def promotable(self) -> ModelVersion:
        """Give the version; raises `Conflict` where it would answer no calls."""
        if self.is_quarantined:
            raise Conflict(f"version {self.number} is quarantined; it has to be released first")
        return self
