"""The calls of a model over HTTP: those that somebody looks for, page by page or in one file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from api.auth.ownership import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, Listed, Query
from api.endpoints.paging import Paging, listed
from api.endpoints.timestamps import Since, Until
from api.http.request_context import Caller
from api.http.streaming import Streamed
from api.routes.predictions import RecordView, record_view
from api.routes.versions import Number
from domain.errors import NotFound
from projections.read_models.prediction_history import PREDICTION_HISTORY, PredictionRow, Status
from projections.read_models.prediction_search import (
    PredictionFilter,
    history_batches,
    history_of,
)

endpoints = Endpoints()

US_PER_MS: Final = 1_000
MS_MAX: Final = 86_400_000
FILENAME_LENGTH_MAX: Final = 60
MEDIA_TYPES: Final = {"csv": "text/csv", "jsonl": "application/x-ndjson"}
COLUMNS: Final = (
    "id",
    "created_at",
    "version_number",
    "status",
    "rows",
    "prediction_time",
    "reason",
    "error",
    "input_data",
    "output_data",
)
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001
"""A spreadsheet calculates what begins so, some also where the signs are of full width."""

Milliseconds = Annotated[
    float,
    Field(ge=0, le=MS_MAX, allow_inf_nan=False, description="How long it took, queue included."),
]
Format = Annotated[
    Literal["csv", "jsonl"], Field(description="A table, or each call as a line of JSON.")
]

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, kw_only=True)
class Wanted(Query):
    """Which calls are wanted; all that is given has to hold."""

    status: Status | None = None
    version: Annotated[Number, Field(description="Which version was asked.")] | None = None
    since: Since | None = None
    until: Until | None = None
    min_ms: Milliseconds | None = None
    max_ms: Milliseconds | None = None

    @property
    def filter(self) -> PredictionFilter:
        """The same in the words of the read table."""
        return PredictionFilter(
            status=self.status,
            number=self.version,
            since=self.since,
            until=self.until,
            latency_us_min=_us(self.min_ms),
            latency_us_max=_us(self.max_ms),
        )


@dataclass(frozen=True, kw_only=True)
class Exported(Wanted):
    """Which calls are wanted, and how."""

    format: Format = "csv"


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/history",
    scope="read",
    raises=(NotFound,),
    reads=(PREDICTION_HISTORY.name,),
)
async def list_history(
    dependencies: Dependencies,
    caller: Caller,
    model_id: UUID,
    wanted: Wanted,
    paging: Paging,
) -> Listed[RecordView]:
    """List the calls of a model, newest first.

    Where few of very many are wanted, a page may be short or empty without being the last: there
    is more as long as there is a Link.
    """
    await own_model(dependencies.events, caller, model_id)
    page = await history_of(model_id, dependencies.pool, wanted.filter, **vars(paging))
    return listed(
        page, record_view, limit=paging.limit, cursor=lambda row: row.id, kept=vars(wanted)
    )


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/history/export",
    scope="read",
    raises=(NotFound,),
    reads=(PREDICTION_HISTORY.name,),
    media_types=tuple(MEDIA_TYPES.values()),
)
async def export_history(
    dependencies: Dependencies, caller: Caller, model_id: UUID, wanted: Exported
) -> Streamed:
    """Send the calls of a model as one file, newest first; one that breaks off is not whole."""
    model = await own_model(dependencies.events, caller, model_id)
    history = history_batches(model_id, dependencies.pool, wanted.filter)
    return Streamed(
        _csv(history) if wanted.format == "csv" else _json_lines(history),
        dependencies.export_turns.take(caller.user.id),
        media_type=MEDIA_TYPES[wanted.format],
        filename=f"{safe_name(model.name)}-history.{wanted.format}",
    )


def safe_name(name: str) -> str:
    """Give as much of a name as every file system and every header can bear."""
    return _UNSAFE.sub("-", name).strip("-")[:FILENAME_LENGTH_MAX] or "model"


def _us(ms: float | None) -> int | None:
    return None if ms is None else round(ms * US_PER_MS)


_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines


async def _json_lines(history: AsyncGenerator[list[PredictionRow]]) -> AsyncGenerator[bytes]:
    async for part in history:
        yield _encode_lines([record_view(row) for row in part])


async def _csv(history: AsyncGenerator[list[PredictionRow]]) -> AsyncGenerator[bytes]:
    yield _lines([COLUMNS])
    async for part in history:
        yield _lines([_cells(record_view(row)) for row in part])


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(record: RecordView) -> Sequence[object]:
    """Write a record in the order of the columns, times and data as they are in JSON."""
    return (
        record.id,
        msgspec.to_builtins(record.created_at),
        record.version_number,
        record.status,
        record.rows,
        record.prediction_time,
        record.reason,
        None if record.error is None else defused(record.error),
        _encode(record.input_data).decode(),
        None if record.output_data is None else _encode(record.output_data).decode(),
    )


def defused(text: str) -> str:
    """Keep a spreadsheet from taking somebody's text for a formula.

    Data need not be: as JSON, a text begins with a quotation mark.
    """
    return f"'{text}" if text.startswith(FORMULA) else text
