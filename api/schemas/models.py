"""Models and their versions, as their owner sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from api.endpoints.endpoint import view_of
from domain.json_schema import input_schema, output_schema
from domain.model import Model
from domain.model_version import ModelVersion
from projections.read_models.model_list import ModelRow, VersionRow


@dataclass(frozen=True, kw_only=True)
class ModelView:
    """A model, with its live version."""

    id: UUID
    name: str
    description: str
    framework: str
    version: str
    """The label of the live version."""
    version_number: int
    model_type: str
    file_size: int
    """Bytes."""
    input_schema: dict[str, Any]
    """One row of input, as JSON Schema."""
    output_schema: dict[str, Any]
    """The predictions and probabilities of a response, as JSON Schema."""
    is_active: bool
    is_quarantined: bool
    """Whether the live version accepts no calls until it is released."""
    usage_count: int | None
    """Calls so far; null for a past state of the model."""
    owner_id: UUID
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class UploadedModelView(ModelView):
    """A model that was just uploaded."""

    warnings: Sequence[str]
    """What its owner should know about the file."""


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """One version of a model."""

    number: int
    version: str
    model_type: str
    file_size: int
    sha256: str
    framework_version: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    created_at: datetime
    is_serving: bool
    is_quarantined: bool
    """Whether the version accepts no calls until it is released."""
    quarantine_reason: str | None
    total_predictions: int


@dataclass(frozen=True, kw_only=True)
class AddedVersionView(VersionView):
    """A version that was just uploaded."""

    warnings: Sequence[str]
    """What its owner should know about the file."""


def uploaded_model_view(model: Model) -> UploadedModelView:
    """Build the view of a model that was just uploaded."""
    view = model_view(model, usage_count=0)
    return UploadedModelView(**vars(view), warnings=model.serving.artifact.warnings)


def model_view(model: Model, *, usage_count: int | None) -> ModelView:
    """Build the view from the model's events."""
    serving = model.serving
    return ModelView(
        id=model.id,
        name=model.name,
        description=model.description,
        framework=model.framework,
        version=serving.label,
        version_number=serving.number,
        model_type=serving.artifact.model_type,
        file_size=serving.artifact.size,
        input_schema=_input_schema(serving),
        output_schema=_output_schema(serving),
        is_active=model.is_active,
        is_quarantined=serving.is_quarantined,
        usage_count=usage_count,
        owner_id=model.owner_id,
        created_at=model.created_on,
        updated_at=model.modified_on,
    )


def model_row_view(row: ModelRow) -> ModelView:
    """Build the view from a row of the read table."""
    return view_of(ModelView, row, version_number=row.serving_number)


def version_view(model: Model, number: int, *, total_predictions: int) -> VersionView:
    """Build the view of a version from the model's events."""
    version = model.version_numbered(number)
    return VersionView(
        number=version.number,
        version=version.label,
        model_type=version.artifact.model_type,
        file_size=version.artifact.size,
        sha256=version.artifact.digest,
        framework_version=version.artifact.framework_version,
        input_schema=_input_schema(version),
        output_schema=_output_schema(version),
        created_at=version.uploaded_at,
        is_serving=version.number == model.serving_number,
        is_quarantined=version.is_quarantined,
        quarantine_reason=version.quarantine_reason,
        total_predictions=total_predictions,
    )


def added_version_view(model: Model, number: int) -> AddedVersionView:
    """Build the view of a version that was just uploaded."""
    view = version_view(model, number, total_predictions=0)
    warnings = model.version_numbered(number).artifact.warnings
    return AddedVersionView(**vars(view), warnings=warnings)


def version_row_view(row: VersionRow) -> VersionView:
    """Build the view of a version from a row of the read table."""
    is_quarantined = row.quarantine_reason is not None
    return view_of(VersionView, row, version=row.label, is_quarantined=is_quarantined)


def _input_schema(version: ModelVersion) -> dict[str, Any]:
    return version.input_schema or input_schema(version.artifact.signature)


def _output_schema(version: ModelVersion) -> dict[str, Any]:
    return version.output_schema or output_schema(version.artifact.signature)
