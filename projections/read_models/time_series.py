"""Calls over time: a range of equal steps up to now, which includes steps without a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from projections.read_models.latency_buckets import SUM_CALLS, LatencyStats, latency_stats
from projections.read_models.model_list import OWN_MODELS
from projections.read_models.model_stats import MODEL_STATS
from projections.read_models.model_traffic import MINUTE_S, MODEL_TRAFFIC, QUARTER_S
from storage.postgres.pool import Pool

RangeName = Literal["1h", "6h", "24h", "7d", "30d", "90d"]
RANGES: Final[Mapping[RangeName, tuple[timedelta, timedelta]]] = {
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "6h": (timedelta(hours=6), timedelta(minutes=5)),
    "24h": (timedelta(hours=24), timedelta(minutes=15)),
    "7d": (timedelta(days=7), timedelta(hours=2)),
    "30d": (timedelta(days=30), timedelta(days=1)),
    "90d": (timedelta(days=90), timedelta(days=1)),
}
"""The length of each range and of its steps."""

BUSIEST_MAX: Final = 20
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TIME_SERIES_READS: Final = (MODEL_STATS.name, MODEL_TRAFFIC.name)
"""The projections that these queries read."""

NOW = "SELECT clock_timestamp()"
NAMES = "SELECT id, name FROM read.model_list WHERE id = ANY($1)"

# What the steps of a range are added up from: minutes and quarters of an hour, or days.
RECENT_CELLS = f"""
    SELECT model_id, number, date_bin($3, at, 'epoch') AS step, bucket,
           calls, rows, failures, latency_us
      FROM read.model_traffic
     WHERE at >= $2
       AND grain_s = CASE WHEN $3 < interval '15 minutes' THEN {MINUTE_S} ELSE {QUARTER_S} END
"""
DAILY_CELLS = """
    SELECT model_id, number, date_bin($3, day::timestamp AT TIME ZONE 'UTC', 'epoch') AS step,
           bucket, calls, rows, failures, latency_us
      FROM read.model_stats
     WHERE day >= ($2::timestamptz AT TIME ZONE 'UTC')::date
"""


class _Grouping(NamedTuple):
    """The calls to add up, and the keys to group them by."""

    key: str
    step: str
    """The step of a key's rows; null if only its total is needed."""
    where: str


_BY_VERSION = _Grouping("number", "step", "model_id = $1 AND ($5::int IS NULL OR number = $5)")
_BY_MODEL_OF_OWNER = _Grouping("model_id", "NULL::timestamptz", f"model_id IN ({OWN_MODELS})")
_BY_MODEL = _BY_MODEL_OF_OWNER._replace(
    where="$1::uuid IS NULL AND model_id IN (SELECT id FROM read.model_list WHERE NOT is_deleted)"
)


def _sums_statement(cells: str, by: _Grouping) -> str:
    """Rows without a key are of all calls of a step; those with one are of the busiest keys."""
    return f"""
        WITH cells AS MATERIALIZED (
            SELECT {by.key} AS key, step, bucket, {SUM_CALLS}
              FROM ({cells}) c WHERE {by.where} GROUP BY 1, 2, 3
        ), sums AS (
            SELECT NULL AS key, step, bucket, {SUM_CALLS} FROM cells GROUP BY step, bucket
             UNION ALL
            SELECT key, {by.step}, bucket, {SUM_CALLS}
              FROM cells
             WHERE key IN (
                   SELECT key FROM cells GROUP BY key ORDER BY sum(calls) DESC, key LIMIT $4)
             GROUP BY 1, 2, 3
        )
        SELECT key, step, {SUM_CALLS}, array_agg(bucket) AS buckets, array_agg(calls) AS counts
          FROM sums GROUP BY key, step ORDER BY key, step
    """


@dataclass(frozen=True)
class TimeRange:
    """Some steps of one length; the last one is not over yet."""

    step: timedelta
    since: datetime
    until: datetime

    @classmethod
    def of(cls, name: RangeName, now: datetime) -> TimeRange:
        """The range that ends with the current step; steps begin at multiples of their length."""
        length, step = RANGES[name]
        until = EPOCH + ((now - EPOCH) // step + 1) * step
        return cls(step, until - length, until)

    @property
    def starts(self) -> Sequence[datetime]:
        """When each step begins, in order."""
        count = (self.until - self.since) // self.step
        return [self.since + number * self.step for number in range(count)]


@dataclass(frozen=True)
class Point(LatencyStats):
    """The calls of one step."""

    at: datetime = EPOCH
    """When the step began."""


@dataclass(frozen=True)
class TimeSeries:
    """Some calls, in total and by step."""

    total: LatencyStats
    points: Sequence[Point]


@dataclass(frozen=True)
class ModelTraffic:
    """The calls of a model, and of each of its versions that had any, by number."""

    time_range: TimeRange
    time_series: TimeSeries
    versions: Mapping[int, TimeSeries]


@dataclass(frozen=True)
class ModelUsage:
    """The calls of one model among others."""

    model_id: UUID
    name: str
    total: LatencyStats


@dataclass(frozen=True)
class FleetTraffic:
    """The calls of many models, and of the busiest of them."""

    time_range: TimeRange
    time_series: TimeSeries
    busiest: Sequence[ModelUsage]


async def traffic_of_model(
    model_id: UUID, name: RangeName, pool: Pool, *, number: int | None = None
) -> ModelTraffic:
    """The calls of a model or one of its versions, and of each of the busiest versions."""
    time_range = TimeRange.of(name, await pool.fetchval(NOW))
    by_key = await _sums(time_range, _BY_VERSION, pool, model_id, number)
    total = _time_series(by_key.pop(None, []), time_range)
    versions = {key: _time_series(rows, time_range) for key, rows in by_key.items()}
    return ModelTraffic(time_range, total, versions)


async def traffic_of_models(owner_id: UUID | None, name: RangeName, pool: Pool) -> FleetTraffic:
    """The calls of an owner's models, or of all models if no owner is given."""
    time_range = TimeRange.of(name, await pool.fetchval(NOW))
    grouping = _BY_MODEL if owner_id is None else _BY_MODEL_OF_OWNER
    by_key = await _sums(time_range, grouping, pool, owner_id)
    total = _time_series(by_key.pop(None, []), time_range)
    names = {row["id"]: row["name"] for row in await pool.fetch(NAMES, list(by_key))}
    usages = [
        ModelUsage(model_id, names[model_id], _stats(rows))
        for model_id, rows in by_key.items()
        if model_id in names
    ]
    usages.sort(key=lambda usage: (-usage.total.calls, usage.name, usage.model_id))
    return FleetTraffic(time_range, total, usages)


async def _sums(
    time_range: TimeRange, grouping: _Grouping, pool: Pool, owner: object, *more: object
) -> dict[Any, list[Any]]:
    cells = DAILY_CELLS if time_range.step >= timedelta(days=1) else RECENT_CELLS
    statement = _sums_statement(cells, grouping)
    by_key: dict[Any, list[Any]] = defaultdict(list)
    arguments = owner, time_range.since, time_range.step, BUSIEST_MAX, *more
    for row in await pool.fetch(statement, *arguments):
        by_key[row["key"]].append(row)
    return by_key


def _time_series(rows: Sequence[Any], time_range: TimeRange) -> TimeSeries:
    by_step: dict[datetime, list[Any]] = defaultdict(list)
    for row in rows:
        by_step[row["step"]].append(row)
    return TimeSeries(
        _stats(rows),
        [Point(**vars(_stats(by_step.get(at, ()))), at=at) for at in time_range.starts],
    )


def _stats(rows: Sequence[Any]) -> LatencyStats:
    counts = (zip(row["buckets"], row["counts"], strict=True) for row in rows)
    return latency_stats(rows, chain.from_iterable(counts))
