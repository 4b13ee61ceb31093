"""One version of a model: the file that was taken in, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
