"""How often and how fast each version of a model answered, by the minute and by the quarter hour.

Only the last hours and days are kept, which bounds the table; what is older, `model_stats` has by
the day. How far back that is depends on the newest minute and on no clock, so that every order of
folding leaves the same rows.
"""

from __future__ import annotations

from typing import Final

from projections.engine.projection import SetProjection, Table
from projections.read_models.latency import BOUNDS_US

RULE_VERSION = 1
MINUTE_S: Final = 60
QUARTER_S: Final = 900
MINUTES_KEPT: Final = "7 hours"
QUARTERS_KEPT: Final = "8 days"
"""How far back each grain goes: a step more than is ever asked for."""

# The key begins with the time, by which rows are dropped and the newest one is found.
TRAFFIC = Table(
    "model_traffic",
    """
    grain_s    smallint    NOT NULL,
    at         timestamptz NOT NULL,
    model_id   uuid        NOT NULL,
    number     int         NOT NULL,
    bucket     smallint    NOT NULL,
    calls      bigint      NOT NULL,
    rows       bigint      NOT NULL,
    failures   bigint      NOT NULL,
    latency_us bigint      NOT NULL,
    PRIMARY KEY (grain_s, at, model_id, number, bucket)
    """,
    indexes=("(model_id, grain_s, at)",),
    options="WITH (fillfactor = 70)",
)

# Two plain look-ups in the key: joined with a table of lengths, every row would be read.
OLD = """
    ({ROW}.grain_s = {MINUTE_S} AND {ROW}.at < (SELECT at - interval '{MINUTES_KEPT}' FROM latest)
     OR {ROW}.grain_s = {QUARTER_S}
        AND {ROW}.at < (SELECT at - interval '{QUARTERS_KEPT}' FROM latest))
"""
# Rows become old when a later minute begins; looked for every time, they would be found dead.
FORGET = """
    latest AS MATERIALIZED (
        SELECT greatest(n.at, t.at) AS at, n.at > t.at AS is_later
          FROM (SELECT max(at) AS at FROM {NEW} WHERE grain_s = {MINUTE_S}) n,
               (SELECT max(at) AS at FROM read.model_traffic_{generation}
                 WHERE grain_s = {MINUTE_S}) t
    ), forgotten AS (
        DELETE FROM read.model_traffic_{generation} t
         WHERE (SELECT is_later FROM latest) AND {OLD_T}
    )
"""
ADD = """
    INSERT INTO read.model_traffic_{generation} AS t
    SELECT * FROM {NEW} n WHERE NOT {OLD_N}
    ON CONFLICT (grain_s, at, model_id, number, bucket) DO UPDATE SET
        calls = t.calls + excluded.calls, rows = t.rows + excluded.rows,
        failures = t.failures + excluded.failures, latency_us = t.latency_us + excluded.latency_us
"""
FOLD = """
    WITH minutes AS MATERIALIZED (
        SELECT date_bin('1 minute', e.recorded_at, 'epoch') AS at, p.model_id, p.number,
               width_bucket(p.queue_us + p.inference_us, ARRAY[{BOUNDS}]::bigint[]) AS bucket,
               count(*) AS calls, sum(p.rows)::bigint AS rows,
               count(*) FILTER (WHERE e.topic = 'Prediction.Failed') AS failures,
               sum(p.queue_us + p.inference_us)::bigint AS latency_us
          FROM events e,
               json_to_record(e.state) AS p (
                   model_id uuid, number int, rows bigint, queue_us bigint, inference_us bigint)
         WHERE e.position > $1 AND e.position <= $2
           AND e.topic IN ('Prediction.Served', 'Prediction.Failed')
         GROUP BY 1, 2, 3, 4
    ), cells AS MATERIALIZED (
        SELECT {MINUTE_S} AS grain_s, * FROM minutes
         UNION ALL
        SELECT {QUARTER_S}, date_bin('15 minutes', at, 'epoch'), model_id, number, bucket,
               sum(calls)::bigint, sum(rows)::bigint, sum(failures)::bigint,
               sum(latency_us)::bigint
          FROM minutes GROUP BY 2, 3, 4, 5
    ), {FORGET}
    {ADD}
"""
MERGE = "WITH {FORGET} {ADD}"


def _filled_in(statement: str, new: str) -> str:
    """Put in the parts of a statement that adds the rows of ``new``."""
    parts = {
        "{FORGET}": FORGET,
        "{ADD}": ADD,
        "{NEW}": new,
        "{OLD_T}": OLD.replace("{ROW}", "t"),
        "{OLD_N}": OLD.replace("{ROW}", "n"),
        "{MINUTE_S}": str(MINUTE_S),
        "{MINUTES_KEPT}": MINUTES_KEPT,
        "{QUARTER_S}": str(QUARTER_S),
        "{QUARTERS_KEPT}": QUARTERS_KEPT,
        "{BOUNDS}": ", ".join(map(str, BOUNDS_US)),
    }
    for place, part in parts.items():
        statement = statement.replace(place, part)
    return statement


MODEL_TRAFFIC = SetProjection(
    name="model_traffic",
    rule_version=RULE_VERSION,
    tables=(TRAFFIC,),
    of_predictions=True,
    fold=_filled_in(FOLD, "cells"),
    merge=_filled_in(MERGE, "read.model_traffic_{other}"),
)
