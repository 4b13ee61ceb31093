"""The models and their versions, for lists and details."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from eventsourcing.domain import DomainEvent

from domain.json_schema import input_schema, output_schema
from domain.model import Model
from domain.model_version import Artifact, Schema
from projections.engine.errors import UnknownEvent
from projections.engine.projection import Change, StreamProjection, Table
from projections.queries import BYTES_MAX, LIMIT_MAX, Page, limit_bytes
from storage.event_store.event_store import DecodedEvent
from storage.postgres.pool import Pool

MODELS = Table(
    "model_list",
    """
    id             uuid        PRIMARY KEY,
    owner_id       uuid        NOT NULL,
    name           text        NOT NULL,
    description    text        NOT NULL,
    framework      text        NOT NULL,
    serving_number int         NOT NULL,
    version_count  int         NOT NULL,
    is_active      boolean     NOT NULL,
    is_deleted     boolean     NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    search_text    text        NOT NULL
    """,
    indexes=("(owner_id, created_at DESC, id DESC)",),
)
# The owner's schemas are kept beside those of the signature, which apply again when the owner
# removes theirs.
VERSIONS = Table(
    "model_versions",
    """
    model_id          uuid        NOT NULL,
    number            int         NOT NULL,
    label             text        NOT NULL,
    artifact_id       uuid        NOT NULL,
    sha256            text        NOT NULL,
    file_size         bigint      NOT NULL,
    format            text        NOT NULL,
    framework         text        NOT NULL,
    framework_version text        NOT NULL,
    model_type        text        NOT NULL,
    input_schema      json        NOT NULL,
    output_schema     json        NOT NULL,
    own_input_schema  json,
    own_output_schema json,
    uploader_id       uuid        NOT NULL,
    created_at        timestamptz NOT NULL,
    quarantine_reason text,
    PRIMARY KEY (model_id, number)
    """,
)

INSERT = f"INSERT INTO {MODELS} VALUES ($1, $2, $3, $4, $5, 1, 1, true, false, $6, $6, '')"
INSERT_VERSION = f"""
    INSERT INTO {VERSIONS}
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, NULL, $13, $14, NULL)
"""
RELABEL = f"UPDATE {VERSIONS} SET label = $3 WHERE model_id = $1 AND number = $2"
DESCRIBE_SCHEMA = f"""
    UPDATE {VERSIONS} SET own_input_schema = $3, own_output_schema = $4
     WHERE model_id = $1 AND number = $2
"""
QUARANTINE = f"UPDATE {VERSIONS} SET quarantine_reason = $3 WHERE model_id = $1 AND number = $2"
TOUCH = f"UPDATE {MODELS} SET updated_at = $2 WHERE id = $1"
# `search_text` has a line for each of the texts that the model search looks into.
SET_SEARCH_TEXT = f"""
    UPDATE {MODELS} m
       SET search_text = lower(concat_ws(E'\\n', m.name, m.description, v.model_type, v.label))
      FROM {VERSIONS} v
     WHERE m.id = $1 AND v.model_id = m.id AND v.number = m.serving_number
"""

ARTIFACT_VALUES = attrgetter(
    "artifact_id", "digest", "size", "format", "framework", "framework_version", "model_type"
)
ENCODE = msgspec.json.Encoder(uuid_format="canonical").encode


def _changes(recorded: DecodedEvent) -> Iterator[Change]:
    at = recorded.recorded_at
    model_id = recorded.event.originator_id
    match recorded.event:
        case Model.Uploaded() as e:
            yield INSERT, (model_id, e.owner_id, e.name, e.description, e.framework, at)
            yield _version(model_id, 1, e.label, e.artifact, e.owner_id, at)
            yield SET_SEARCH_TEXT, (model_id,)
        case Model.VersionAdded() as e:
            yield _version(model_id, e.number, e.label, e.artifact, e.uploader_id, at)
            yield _set("version_count"), (model_id, e.number, at)
        case Model.Relabelled() as e:
            yield RELABEL, (model_id, e.number, e.label)
            yield TOUCH, (model_id, at)
            yield SET_SEARCH_TEXT, (model_id,)
        case Model.SchemaDescribed() as e:
            schemas = _json(e.input_schema), _json(e.output_schema)
            yield DESCRIBE_SCHEMA, (model_id, e.number, *schemas)
            yield TOUCH, (model_id, at)
        case Model.Quarantined() | Model.Released() as e:
            yield QUARANTINE, (model_id, e.number, getattr(e, "reason", None))
            yield TOUCH, (model_id, at)
        case event:
            column, value = _column(event)
            yield _set(column), (model_id, value, at)
            yield SET_SEARCH_TEXT, (model_id,)


def _column(event: DomainEvent) -> tuple[str, Any]:
    """The column that an event sets, and its value."""
    match event:
        case Model.Renamed():
            return "name", event.name
        case Model.Described():
            return "description", event.description
        case Model.Promoted():
            return "serving_number", event.number
        case Model.Deactivated() | Model.Reactivated():
            return "is_active", isinstance(event, Model.Reactivated)
        case Model.Deleted() | Model.Restored():
            return "is_deleted", isinstance(event, Model.Deleted)
        case _:
            raise UnknownEvent(event)


def _set(column: str) -> str:
    return f"UPDATE {MODELS} SET {column} = $2, updated_at = $3 WHERE id = $1"


def _version(
    model_id: UUID, number: int, label: str, artifact: Artifact, uploader_id: UUID, at: datetime
) -> Change:
    schemas = map(ENCODE, (input_schema(artifact.signature), output_schema(artifact.signature)))
    values = *ARTIFACT_VALUES(artifact), *schemas
    return INSERT_VERSION, (model_id, number, label, *values, uploader_id, at)


def _json(schema: Schema) -> bytes | None:
    return None if schema is None else ENCODE(schema)


MODEL_LIST = StreamProjection(
    name="model_list",
    rule_version=4,
    tables=(MODELS, VERSIONS),
    stream_type=Model.TOPIC,
    changes=_changes,
)

OWN_MODELS = "SELECT id FROM read.model_list WHERE owner_id = $1 AND NOT is_deleted"
# For a model with the alias m.
USAGE_COUNT = """
    (SELECT coalesce(sum(t.calls), 0)::bigint FROM read.model_totals t WHERE t.model_id = m.id)
"""
SELECT_MODELS = f"""
    SELECT m.id, m.owner_id, m.name, m.description, m.framework, m.serving_number,
           m.version_count, m.is_active, m.is_deleted, m.created_at, m.updated_at,
           v.label AS version, v.model_type, v.file_size, v.sha256, v.framework_version,
           coalesce(v.own_input_schema, v.input_schema) AS input_schema,
           coalesce(v.own_output_schema, v.output_schema) AS output_schema,
           v.quarantine_reason IS NOT NULL AS is_quarantined, {USAGE_COUNT} AS usage_count
      FROM read.model_list m
      JOIN read.model_versions v ON v.model_id = m.id AND v.number = m.serving_number
"""
VERSIONS_OF = limit_bytes(
    """
    SELECT v.model_id, v.number, v.label, v.artifact_id, v.sha256, v.file_size, v.format,
           v.framework, v.framework_version, v.model_type,
           coalesce(v.own_input_schema, v.input_schema) AS input_schema,
           coalesce(v.own_output_schema, v.output_schema) AS output_schema,
           v.uploader_id, v.created_at, v.quarantine_reason,
           v.number = m.serving_number AS is_serving,
           coalesce(t.calls, 0) AS total_predictions
      FROM read.model_versions v
      JOIN read.model_list m ON m.id = v.model_id
      LEFT JOIN read.model_totals t ON t.model_id = v.model_id AND t.number = v.number
     WHERE v.model_id = $1 AND v.number > $2 ORDER BY v.number LIMIT $3
    """,
    order="number",
    bytes_max="$4",
)
VERSION_COUNT = "SELECT version_count FROM read.model_list WHERE id = $1"


@dataclass(frozen=True)
class ModelRow:
    """A model, with its live version."""

    id: UUID
    owner_id: UUID
    name: str
    description: str
    framework: str
    serving_number: int
    version_count: int
    is_active: bool
    is_deleted: bool
    created_at: datetime
    updated_at: datetime
    version: str
    """The label of the live version."""
    model_type: str
    file_size: int
    sha256: str
    framework_version: str
    input_schema: Any
    output_schema: Any
    is_quarantined: bool
    """Whether the live version is quarantined, so that calls are refused."""
    usage_count: int


@dataclass(frozen=True)
class VersionRow:
    """One version of a model."""

    model_id: UUID
    number: int
    label: str
    artifact_id: UUID
    sha256: str
    file_size: int
    format: str
    framework: str
    framework_version: str
    model_type: str
    input_schema: Any
    output_schema: Any
    uploader_id: UUID
    created_at: datetime
    quarantine_reason: str | None
    """None if the version is not quarantined."""
    is_serving: bool
    total_predictions: int


Row = TypeVar("Row", ModelRow, VersionRow)


async def versions_of(
    model_id: UUID, pool: Pool, *, after: int = 0, limit: int = LIMIT_MAX
) -> Page[VersionRow]:
    """The versions of a model after a number, oldest first; fewer if they are large."""
    rows = await pool.fetch(VERSIONS_OF, model_id, after, limit, BYTES_MAX)
    total = await pool.fetchval(VERSION_COUNT, model_id) or 0
    return Page([read_row(VersionRow, row) for row in rows], total)


def read_row(kind: type[Row], row: asyncpg.Record) -> Row:
    """Read a selected row and decode its schemas."""
    values = {field.name: row[field.name] for field in fields(kind)}
    decode = msgspec.json.decode
    return kind(**values | {name: decode(row[name]) for name in ("input_schema", "output_schema")})
