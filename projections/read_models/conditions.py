"""Conditions that stand in a query only where somebody asks for them.

A query that says `$1 IS NULL OR …` for what nobody asked has one plan for all that may be asked,
which reads everything; one without it has the plan of its index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from storage.postgres.pool import Pool

LAST_POSITION: Final = 2**63 - 1

# Times grow with positions, so that a span of time is one of positions.
SPAN = """
    SELECT CASE WHEN $1::timestamptz IS NULL THEN 0
                ELSE position_at($1 - interval '1 microsecond') END AS after,
           CASE WHEN $2::timestamptz IS NULL THEN 9223372036854775806
                ELSE position_at($2 - interval '1 microsecond') END AS until
"""


class Conditions:
    """Conditions that all have to hold; the arguments are those of the query they stand in."""

    def __init__(self, arguments: list[Any]) -> None:
        self.arguments = arguments
        self._conditions: list[str] = []

    def add(self, condition: str, value: Any) -> None:
        """Add a condition on a value, for which ``$`` stands; none where the value is None."""
        if value is not None:
            self.arguments.append(value)
            self._conditions.append(condition.replace("$", f"${len(self.arguments)}"))

    def add_plain(self, condition: str) -> None:
        """Add a condition that has no argument."""
        self._conditions.append(condition)

    def __str__(self) -> str:
        return " AND ".join(self._conditions) or "true"


async def span_of(pool: Pool, since: datetime | None, until: datetime | None) -> Sequence[int]:
    """Say behind which position the events since a time begin, and the last one before another."""
    if since is None and until is None:
        return 0, LAST_POSITION - 1
    row = await pool.fetchrow(SPAN, since, until)
    assert row is not None
    return row["after"], row["until"]
