"""The one clock: that of the database, by which events are recorded.

Machines that serve may be seconds apart. What is compared with the time of an event is therefore
asked of the clock that gave the event its time.
"""

from __future__ import annotations

from datetime import datetime

from storage.postgres.pool import Pool

NOW = "SELECT clock_timestamp()"


class DatabaseClock:
    """Tells the time as events are given it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def now(self) -> datetime:
        """Ask the database, which costs a round trip."""
        return await self._pool.fetchval(NOW)
