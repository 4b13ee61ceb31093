"""Which calls of a model somebody looks for, and where they stand among the events.

No look goes on for ever: it takes one index from the newest call on and ends early after so many
calls, also where few or none of them fit; whoever wants more goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from projections.read_models.conditions import LAST_POSITION, Conditions, span_of
from storage.postgres.pool import Pool

Status = Literal["success", "error"]

LOOK_MAX: Final = 250_000
"""How many calls one look goes through."""

COUNT_MAX: Final = 10_000
"""How many calls that fit are counted."""

# What `within` says is a range of an index; what `fits` says stands in that index as well.
LOOK = """
    SELECT position, is_fit, number_looked_at
      FROM (SELECT position, ({fits}) AS is_fit,
                   row_number() OVER (ORDER BY position DESC) AS number_looked_at
              FROM (SELECT position, status, number, latency_us FROM read.prediction_history
                     WHERE {within} ORDER BY position DESC LIMIT {LOOK_MAX}) looked_at) counted
     WHERE is_fit OR number_looked_at = {LOOK_MAX}
     ORDER BY position DESC LIMIT $2
"""
COUNT = """
    SELECT count(*) FILTER (WHERE is_fit) AS fit, max(number_looked_at) = {LOOK_MAX} AS is_cut
      FROM ({look}) found
"""
TOTAL = "SELECT coalesce(sum(calls), 0)::bigint FROM read.model_totals WHERE model_id = $1"


@dataclass(frozen=True, kw_only=True)
class CallFilter:
    """Which calls are wanted; what is None does not matter."""

    status: Status | None = None
    number: int | None = None
    """The version that was asked."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this time."""
    latency_us_min: int | None = None
    latency_us_max: int | None = None


EVERY_CALL: Final = CallFilter()


@dataclass(frozen=True)
class Found:
    """Where some calls stand, newest first."""

    positions: Sequence[int]
    looked_until: int | None
    """The last position that was looked at; None where there is nothing before it."""


class Look:
    """Looks for the calls of one model that pass a filter."""

    def __init__(self, pool: Pool, model_id: UUID, wanted: CallFilter) -> None:
        self._pool = pool
        self._model_id = model_id
        self._wanted = wanted
        self._span: Sequence[int] | None = None

    async def before(self, position: int, limit: int) -> Found:
        """Find the newest ones that stand before a position."""
        look, arguments = await self._query(position, limit)
        rows = await self._pool.fetch(look, *arguments)
        positions = [row["position"] for row in rows if row["is_fit"]]
        is_over = not rows or (len(rows) < limit and rows[-1]["number_looked_at"] < LOOK_MAX)
        return Found(positions, None if is_over else rows[-1]["position"])

    async def total(self) -> int | None:
        """Count them; None where there are too many, or too many others among them."""
        if self._wanted == EVERY_CALL:
            return await self._pool.fetchval(TOTAL, self._model_id)
        look, arguments = await self._query(LAST_POSITION, COUNT_MAX + 1)
        row = await self._pool.fetchrow(COUNT.format(look=look, LOOK_MAX=LOOK_MAX), *arguments)
        assert row is not None
        return None if row["is_cut"] or row["fit"] > COUNT_MAX else row["fit"]

    async def _query(self, position: int, limit: int) -> tuple[str, list[Any]]:
        wanted = self._wanted
        if self._span is None:
            self._span = await span_of(self._pool, wanted.since, wanted.until)
        after, until = self._span
        arguments: list[Any] = [self._model_id, limit]
        within, fits = Conditions(arguments), Conditions(arguments)
        within.add_plain("model_id = $1")
        within.add("position > $", after)
        within.add("position <= $", min(until, position - 1))
        if wanted.status == "error":
            within.add_plain("status = 'error'")  # so plainly for the index of errors alone
            fits.add("number = $", wanted.number)
        else:
            fits.add("status = $", wanted.status)
            within.add("number = $", wanted.number)
        fits.add("latency_us >= $", wanted.latency_us_min)
        fits.add("latency_us <= $", wanted.latency_us_max)
        return LOOK.format(fits=fits, within=within, LOOK_MAX=LOOK_MAX), arguments
