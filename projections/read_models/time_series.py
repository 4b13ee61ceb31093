"""How models were called over time: so many steps up to now, those without a call too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from projections.read_models.call_stats import LatencyStats, percentiles_of, sums_of
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
"""How far back each goes, and by which steps."""

BUSIEST_MAX: Final = 20
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
READS: Final = (MODEL_STATS.name, MODEL_TRAFFIC.name)
"""The projections that are asked."""

NOW = "SELECT clock_timestamp()"
NAMES = "SELECT id, name FROM read.model_list WHERE id = ANY($1)"

# Which table holds what a range is made of, and how its time reads there: minutes and
# quarter hours for short ranges, days for long ones.
_RECENT = {
    "{TABLE}": "read.model_traffic",
    "{AT}": "date_bin($3, at, 'epoch')",
    "{SINCE}": f"at >= $2 AND grain_s = CASE WHEN $3 < interval '15 minutes' THEN {MINUTE_S} "
    f"ELSE {QUARTER_S} END",
}
_DAYS = {
    "{TABLE}": "read.model_stats",
    "{AT}": "date_bin($3, day::timestamp AT TIME ZONE 'UTC', 'epoch')",
    "{SINCE}": "day >= ($2::timestamptz AT TIME ZONE 'UTC')::date",
}
# Rows without a key are of all calls of a step; those with one are of the keys called most.
SUMS = """
    WITH cells AS MATERIALIZED (
        SELECT {KEY} AS key, {AT} AS step, bucket, sum(calls)::bigint AS calls,
               sum(rows)::bigint AS rows, sum(failures)::bigint AS failures,
               sum(latency_us)::bigint AS latency_us
          FROM {TABLE}
         WHERE {SINCE} AND {WHOSE}
         GROUP BY 1, 2, 3
    ), sums AS (
        SELECT NULL::{TYPE} AS key, step, bucket, sum(calls)::bigint AS calls,
               sum(rows)::bigint AS rows, sum(failures)::bigint AS failures,
               sum(latency_us)::bigint AS latency_us
          FROM cells GROUP BY step, bucket
         UNION ALL
        SELECT key, {STEP_OF_KEY}, bucket, sum(calls)::bigint, sum(rows)::bigint,
               sum(failures)::bigint, sum(latency_us)::bigint
          FROM cells
         WHERE key IN (SELECT key FROM cells GROUP BY key ORDER BY sum(calls) DESC, key LIMIT $4)
         GROUP BY 1, 2, 3
    )
    SELECT key, step, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
           sum(failures)::bigint AS failures, sum(latency_us)::bigint AS latency_us,
           array_agg(bucket) AS buckets, array_agg(calls) AS counts
      FROM sums GROUP BY key, step ORDER BY key, step
"""
_OF_VERSIONS = {
    "{KEY}": "number",
    "{TYPE}": "int",
    "{STEP_OF_KEY}": "step",
    "{WHOSE}": "model_id = $1 AND ($5::int IS NULL OR number = $5)",
}
_OF_MODELS = {
    "{KEY}": "model_id",
    "{TYPE}": "uuid",
    "{STEP_OF_KEY}": "NULL::timestamptz",
    "{WHOSE}": """model_id IN (
        SELECT id FROM read.model_list WHERE owner_id = $1 AND NOT is_deleted)""",
}
_OF_ALL = _OF_MODELS | {
    "{WHOSE}": """$1::uuid IS NULL AND model_id IN (
        SELECT id FROM read.model_list WHERE NOT is_deleted)"""
}


@dataclass(frozen=True)
class Span:
    """Some steps of one length; the last one is not over yet."""

    step: timedelta
    since: datetime
    until: datetime

    @classmethod
    def of(cls, name: RangeName, now: datetime) -> Span:
        """Give the steps of a range up to a moment, beginning at whole ones (UTC)."""
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
class Course:
    """Some calls, in sum and step by step."""

    total: LatencyStats
    points: Sequence[Point]


@dataclass(frozen=True)
class ModelTraffic:
    """The calls of a model, and of each of its versions that had any, by number."""

    span: Span
    course: Course
    versions: Mapping[int, Course]


@dataclass(frozen=True)
class Share:
    """The calls of one model among others."""

    model_id: UUID
    name: str
    total: LatencyStats


@dataclass(frozen=True)
class FleetTraffic:
    """The calls of many models, and of those that were called most."""

    span: Span
    course: Course
    busiest: Sequence[Share]


async def traffic_of_model(
    model_id: UUID, name: RangeName, pool: Pool, *, number: int | None = None
) -> ModelTraffic:
    """How a model was called, or one of its versions; of many versions, the busiest are told."""
    span = Span.of(name, await pool.fetchval(NOW))
    by_key = await _sums(span, _OF_VERSIONS, pool, model_id, number)
    courses = {key: _course(rows, span) for key, rows in by_key.items()}
    total = courses.pop(None, _course([], span))
    return ModelTraffic(span, total, courses)


async def traffic_of_models(owner_id: UUID | None, name: RangeName, pool: Pool) -> FleetTraffic:
    """How the models of an owner were called, or where none is named those of all."""
    span = Span.of(name, await pool.fetchval(NOW))
    by_key = await _sums(span, _OF_ALL if owner_id is None else _OF_MODELS, pool, owner_id)
    course = _course(by_key.pop(None, []), span)
    names = {row["id"]: row["name"] for row in await pool.fetch(NAMES, list(by_key))}
    shares = [
        Share(model_id, names[model_id], LatencyStats(**_stats(rows)))
        for model_id, rows in by_key.items()
        if model_id in names
    ]
    shares.sort(key=lambda share: (-share.total.calls, share.name, share.model_id))
    return FleetTraffic(span, course, shares)


async def _sums(
    span: Span, whose_parts: dict[str, str], pool: Pool, *whose: object
) -> dict[Any, list[Any]]:
    statement = SUMS
    table_parts = _DAYS if span.step >= timedelta(days=1) else _RECENT
    for place, part in (whose_parts | table_parts).items():
        statement = statement.replace(place, part)
    which, *more = whose
    by_key: dict[Any, list[Any]] = defaultdict(list)
    for row in await pool.fetch(statement, which, span.since, span.step, BUSIEST_MAX, *more):
        by_key[row["key"]].append(row)
    return by_key


def _course(rows: Sequence[Any], span: Span) -> Course:
    by_step: dict[datetime, list[Any]] = defaultdict(list)
    for row in rows:
        by_step[row["step"]].append(row)
    return Course(
        LatencyStats(**_stats(rows)),
        [Point(**_stats(by_step.get(at, ())), at=at) for at in span.starts],
    )


def _stats(rows: Sequence[Any]) -> dict[str, Any]:
    calls: dict[int, int] = defaultdict(int)
    for row in rows:
        for bucket, count in zip(row["buckets"], row["counts"], strict=True):
            calls[bucket] += count
    return sums_of(rows) | percentiles_of(calls)
