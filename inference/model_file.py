"""A model file, and what a model process says about it: its description, its predictions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from domain.model_version import ModelVersion
from domain.signature import Column, Signature


class ModelFile(msgspec.Struct, frozen=True):
    """A model file in the artifact store."""

    artifact_id: UUID
    digest: str
    """SHA-256 in lower-case hexadecimal."""
    size: int
    releases: int = 0
    """How often it was released from quarantine; each release resets its crash budget."""
    columns: tuple[Column, ...] = ()
    """Columns that were read from a sample, if the model does not define them."""
    model_id: UUID | None = None
    version: int = 0
    """Model and version number for metrics; unknown while an upload is inspected."""

    @classmethod
    def of(cls, model_id: UUID, version: ModelVersion) -> ModelFile:
        """Identify the file of a version of a model."""
        artifact = version.artifact
        return cls(
            artifact_id=artifact.artifact_id,
            digest=artifact.digest,
            size=artifact.size,
            releases=version.releases,
            columns=artifact.signature.sampled_columns,
            model_id=model_id,
            version=version.number,
        )


class Inspection(msgspec.Struct, frozen=True):
    """What a model process found out about a model file."""

    signature: Signature
    model_type: str
    """The estimator's class; of a pipeline the last step's too: ``Pipeline(Ridge)``."""
    framework: str
    framework_version: str
    """The version that saved the model if the file names it, else the one that opened it."""
    format: str
    warnings: tuple[str, ...] = ()
    """Sentences for the uploader."""


class ModelOutput(msgspec.Struct, frozen=True):
    """The predictions for one request; a value that is not finite is None."""

    outputs: list[Any]
    probabilities: list[Any] | None
    queue_us: int
    inference_us: int
