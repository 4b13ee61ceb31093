"""The recorded calls of a model: search, page by page, and export as one file."""

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

from api.auth.authorization import own_model
from api.dependencies import Dependencies
from api.endpoints.endpoint import Endpoints, ListPage, Query
from api.endpoints.paging import Paging, list_page
from api.endpoints.query_types import Number, Since, Until
from api.http.request_context import Caller
from api.http.streaming import StreamedFile
from api.schemas.predictions import RecordView, record_view
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
"""Text with these prefixes is a formula in spreadsheets; some accept full-width characters."""

Milliseconds = Annotated[
    float,
    Field(
        ge=0,
        le=MS_MAX,
        allow_inf_nan=False,
        description="Latency, including the queue.",
    ),
]
Format = Annotated[Literal["csv", "jsonl"], Field(description="CSV, or one line of JSON per call.")]

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, kw_only=True)
class HistoryQuery(Query):
    """Filters of the calls; a call must match all of them."""

    status: Status | None = None
    version: Annotated[Number, Field(description="Calls of this version only.")] | None = None
    since: Since | None = None
    until: Until | None = None
    min_ms: Milliseconds | None = None
    max_ms: Milliseconds | None = None

    @property
    def filter(self) -> PredictionFilter:
        """The filter of the read table."""
        return PredictionFilter(
            status=self.status,
            number=self.version,
            since=self.since,
            until=self.until,
            latency_us_min=_us(self.min_ms),
            latency_us_max=_us(self.max_ms),
        )


@dataclass(frozen=True, kw_only=True)
class ExportQuery(HistoryQuery):
    """Filters of the calls, and the format of the file."""

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
    query: HistoryQuery,
    paging: Paging,
) -> ListPage[RecordView]:
    """List the calls of a model, newest first.

    If few of very many calls match, a page may be short or even empty before the last one. There
    are more as long as there is a `Link` header.
    """
    await own_model(dependencies.events, caller, model_id)
    page = await history_of(model_id, dependencies.pool, query.filter, **vars(paging))
    return list_page(page, record_view, limit=paging.limit, kept=vars(query))


@endpoints.add(
    "GET",
    "/api/v1/models/{model_id}/history/export",
    scope="read",
    raises=(NotFound,),
    reads=(PREDICTION_HISTORY.name,),
    media_types=tuple(MEDIA_TYPES.values()),
)
async def export_history(
    dependencies: Dependencies, caller: Caller, model_id: UUID, query: ExportQuery
) -> StreamedFile:
    """Export the calls of a model as one file, newest first.

    If an error occurs, the connection is closed before the end of the file.
    """
    model = await own_model(dependencies.events, caller, model_id)
    history = history_batches(model_id, dependencies.pool, query.filter)
    return StreamedFile(
        _csv(history) if query.format == "csv" else _json_lines(history),
        dependencies.export_limit.acquire(caller.user.id),
        media_type=MEDIA_TYPES[query.format],
        filename=f"{safe_name(model.name)}-history.{query.format}",
    )


def safe_name(name: str) -> str:
    """Keep the characters of a name that are safe in file names and headers."""
    return _UNSAFE.sub("-", name).strip("-")[:FILENAME_LENGTH_MAX] or "model"


def _us(ms: float | None) -> int | None:
    return None if ms is None else round(ms * US_PER_MS)


_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines


async def _json_lines(history: AsyncGenerator[list[PredictionRow]]) -> AsyncGenerator[bytes]:
    async for rows in history:
        yield _encode_lines([record_view(row) for row in rows])


async def _csv(history: AsyncGenerator[list[PredictionRow]]) -> AsyncGenerator[bytes]:
    yield _lines([COLUMNS])
    async for rows in history:
        yield _lines([_cells(record_view(row)) for row in rows])


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(record: RecordView) -> Sequence[object]:
    """Return the cells of a record in the order of `COLUMNS`; times and data as JSON."""
    return (
        record.id,
        msgspec.to_builtins(record.created_at),
        record.version_number,
        record.status,
        record.rows,
        record.prediction_time,
        record.reason,
        None if record.error is None else escape_formula(record.error),
        _encode(record.input_data).decode(),
        None if record.output_data is None else _encode(record.output_data).decode(),
    )


def escape_formula(text: str) -> str:
    """Escape text that a spreadsheet would evaluate as a formula.

    Cells of JSON are safe: a string in them begins with a quotation mark.
    """
    return f"'{text}" if text.startswith(FORMULA) else text
