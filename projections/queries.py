"""What the queries of the read tables share: pages, limits and optional conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from storage.postgres.pool import Pool

Row = TypeVar("Row")

SKIP_MAX = 10_000
"""The highest offset; a cursor (`before`) reaches every row at the cost of an index look-up."""

LIMIT_MAX = 1_000

BYTES_MAX = 2 * 2**20
"""The size of a page's rows, so that it is read and sent without a noticeable pause; a page has at
least one row."""

LAST_POSITION: Final = 2**63 - 1

# Event times grow with positions, so a range of times is a range of positions.
POSITION_RANGE = """
    SELECT CASE WHEN $1::timestamptz IS NULL THEN 0
                ELSE position_at($1 - interval '1 microsecond') END AS after,
           CASE WHEN $2::timestamptz IS NULL THEN 9223372036854775806
                ELSE position_at($2 - interval '1 microsecond') END AS until
"""

# The events at the positions $1, in that order, up to $2 bytes. Events beyond that are not even
# decompressed. Each event is looked up by itself (OFFSET 0 keeps the subquery apart), so that no
# plan without statistics reads the whole table.
EVENTS_WITHIN_BYTES = """
    WITH RECURSIVE walked AS (
        SELECT 0 AS number, 0::bigint AS bytes, NULL::bigint AS position
     UNION ALL
        SELECT w.number + 1, w.bytes + e.bytes, e.position
          FROM walked w CROSS JOIN LATERAL (
               SELECT e.position,
                      octet_length(e.state::text) + coalesce(octet_length(e.body::text), 0) AS bytes
                 FROM events e WHERE e.position = ($1::bigint[])[w.number + 1] OFFSET 0) e
         WHERE w.bytes <= $2
    ), within AS (
        SELECT e.* FROM walked w CROSS JOIN LATERAL (
               SELECT * FROM events e WHERE e.position = w.position OFFSET 0) e
         WHERE w.bytes <= $2 OR w.number = 1)
"""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list, and how many the list has."""

    rows: Sequence[Row]
    total: int | None
    """None if there are too many to count."""
    before: UUID | int | None = None
    """The cursor of the next page, if it is not the last row of this one."""


class Conditions:
    """Conditions joined by AND, each of them only present if its value is given.

    One query for all cases (`$1 IS NULL OR ...`) would have one plan for all of them, which reads
    everything; without the absent conditions the plan uses the fitting index.

    ``arguments`` are those of the whole query: its other conditions may share the list.
    """

    def __init__(self, arguments: list[Any], *conditions: str) -> None:
        self.arguments = arguments
        self._conditions = [*conditions]

    def add(self, condition: str, value: Any) -> None:
        """Add a condition on a value, whose place is ``$``; does nothing if the value is None."""
        if value is not None:
            self._conditions.append(condition.replace("$", self.argument(value)))

    def argument(self, value: Any) -> str:
        """Add an argument to the query; returns its placeholder, such as `$3`."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def __str__(self) -> str:
        return " AND ".join(self._conditions) or "true"


async def position_range(
    pool: Pool, since: datetime | None, until: datetime | None
) -> tuple[int, int]:
    """Find the positions (after, until] of the events recorded in [since, until)."""
    if since is None and until is None:
        return 0, LAST_POSITION - 1
    row = await pool.fetchrow(POSITION_RANGE, since, until)
    assert row is not None
    return row["after"], row["until"]


def limit_bytes(rows: str, *, order: str, bytes_max: str) -> str:
    """Cut the rows of a statement, ordered by a column, at a number of bytes.

    ``bytes_max`` is an expression such as `$3`. A row counts with the length of its text.
    """
    return f"""
        SELECT * FROM (
            SELECT listed.*, row_number() OVER preceding AS nth,
                   sum(octet_length(listed::text)) OVER preceding AS bytes
              FROM ({rows}) listed WINDOW preceding AS (ORDER BY {order})) measured
         WHERE bytes <= {bytes_max} OR nth = 1 ORDER BY nth
    """


def bounded(skip: int, limit: int) -> tuple[int, int]:
    """Clamp an offset and a limit to what every list allows."""
    return min(max(skip, 0), SKIP_MAX), min(max(limit, 0), LIMIT_MAX)
