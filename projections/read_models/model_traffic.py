"""Calls of each version of a model, by minute and by quarter of an hour.

Only the last hours and days are kept, which bounds the table; `model_stats` has everything by day.
What is dropped depends on the newest minute and not on a clock, so that every order of folding
leaves the same rows.
"""

from __future__ import annotations

from typing import Final

from projections.engine.projection import SetProjection, Table
from projections.read_models.latency_buckets import (
    ADD_CALLS,
    BUCKET,
    COUNT_CALLS,
    PREDICTIONS,
    SUM_CALLS,
)

MINUTE_S: Final = 60
QUARTER_S: Final = 900
MINUTES_KEPT: Final = "7 hours"
QUARTERS_KEPT: Final = "8 days"
"""A step more than the longest range that is read from these rows."""

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


def _is_expired(row: str) -> str:
    """Two plain look-ups in the key: a join with a table of lengths would read every row."""
    return f"""
        ({row}.grain_s = {MINUTE_S}
            AND {row}.at < (SELECT at - interval '{MINUTES_KEPT}' FROM latest)
         OR {row}.grain_s = {QUARTER_S}
            AND {row}.at < (SELECT at - interval '{QUARTERS_KEPT}' FROM latest))
    """


def _insert(new: str, *, ctes: str = "") -> str:
    """Add the rows of a relation, and drop what expires.

    Rows expire when a later minute begins. Only then are they searched for: a search for each
    window would pass the dead rows of the searches before.
    """
    return f"""
        WITH {ctes} latest AS MATERIALIZED (
            SELECT greatest(n.at, t.at) AS at, n.at > t.at AS is_later
              FROM (SELECT max(at) AS at FROM {new} WHERE grain_s = {MINUTE_S}) n,
                   (SELECT max(at) AS at FROM {TRAFFIC} WHERE grain_s = {MINUTE_S}) t
        ), expired AS (
            DELETE FROM {TRAFFIC} t WHERE (SELECT is_later FROM latest) AND {_is_expired("t")}
        )
        INSERT INTO {TRAFFIC} AS t
        SELECT * FROM {new} n WHERE NOT {_is_expired("n")}
        ON CONFLICT (grain_s, at, model_id, number, bucket) DO UPDATE SET {ADD_CALLS}
    """


CELLS = f"""
    minutes AS MATERIALIZED (
        SELECT date_bin('1 minute', e.recorded_at, 'epoch') AS at, p.model_id, p.number,
               {BUCKET} AS bucket, {COUNT_CALLS}
          FROM {PREDICTIONS}
         GROUP BY 1, 2, 3, 4
    ), cells AS MATERIALIZED (
        SELECT {MINUTE_S} AS grain_s, * FROM minutes
         UNION ALL
        SELECT {QUARTER_S}, date_bin('15 minutes', at, 'epoch'), model_id, number, bucket,
               {SUM_CALLS}
          FROM minutes GROUP BY 2, 3, 4, 5
    ),
"""

MODEL_TRAFFIC = SetProjection(
    name="model_traffic",
    rule_version=1,
    tables=(TRAFFIC,),
    folds="predictions",
    fold=_insert("cells", ctes=CELLS),
    merge=_insert(TRAFFIC.other),
)
