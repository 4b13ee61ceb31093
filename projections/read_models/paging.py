"""A part of a list that is read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

Row = TypeVar("Row")

SKIP_MAX = 10_000
"""How far `skip` reaches; a cursor reaches everything at the cost of an index look-up."""

LIMIT_MAX = 1_000

BYTES_MAX = 2 * 2**20
"""How much the rows of a page may hold together, so that it is read and sent without a pause
that others would notice; the first of them always comes."""

# Walks the positions in their order until there are more bytes than may be: what there is no
# room for is not even unpacked. The events are looked up one by one, so that no plan made
# without statistics reads all of them.
WITHIN = """
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

WITH_ROOM = """
    SELECT * FROM (
        SELECT listed.*, row_number() OVER upto AS nth,
               sum(octet_length(listed::text)) OVER upto AS bytes
          FROM ({rows}) listed WINDOW upto AS (ORDER BY {by})) measured
     WHERE bytes <= {bytes_max} OR nth = 1 ORDER BY nth
"""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and how many there are in all."""

    rows: Sequence[Row]
    total: int | None
    """None where there are too many to be counted."""
    before: UUID | int | None = None
    """What the next page comes before, where that is not the last row of this one."""


def with_room(rows: str, *, by: str, bytes_max: str) -> str:
    """Keep to those rows of a statement, in the order of a column, that have room in a page.

    ``bytes_max`` is an expression, as `$3` is; a row counts as long as it is as a text.
    """
    return WITH_ROOM.format(rows=rows, by=by, bytes_max=bytes_max)


def bounded(skip: int, limit: int) -> tuple[int, int]:
    """Keep to the limits that every list has."""
    return min(max(skip, 0), SKIP_MAX), min(max(limit, 0), LIMIT_MAX)
