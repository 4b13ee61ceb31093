"""The process that keeps all read tables up to date: one per database, the others stand by.

The lock, the listener and the work share one connection, so that whoever loses the connection
loses the lead with it; should two ever work at once, the fenced checkpoints let only one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from projections.catalogue import PROJECTIONS
from projections.engine.advance import SESSION, Advance
from projections.engine.errors import Fenced
from projections.engine.projection import WINDOW_EVENTS_MAX, Projection, Window, read_window
from projections.engine.rebuild import rebuild
from projections.engine.tables import create_missing
from storage.event_store.event_store import EventStore
from storage.event_store.recorder import CHANNEL_ALL
from storage.postgres.pool import TRANSIENT, DirectConnection, connect

LEADER_LOCK_ID = 5_118_603_274_911
STANDBY_RETRY_S = 0.2
POLL_S = 0.25
RETRY_PAUSE_S = 0.05
RETRY_PAUSE_S_MAX = 1.0

PAUSE_S_MIN = 0.004
PAUSE_S_MAX = 0.025
PAUSE_GROWS_AT = 2_500.0
"""Events per second: above this windows grow, so that they cost the predictions little."""

RULES = "SELECT name, rule_version FROM projections WHERE name = ANY($1)"
TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
STAND = """
    SELECT name, position, (SELECT coalesce(max(position), 0) FROM events) AS head,
           (SELECT coalesce(max(position), 0) FROM events
             WHERE topic NOT IN ('Prediction.Served', 'Prediction.Failed')) AS last_other
      FROM projections WHERE name = ANY($1) ORDER BY position
"""

log = structlog.get_logger(__name__)


class Runner:
    """Leads where nobody else does, and stands by where somebody does."""

    def __init__(
        self, dsn: str, events: EventStore, projections: Mapping[str, Projection] = PROJECTIONS
    ) -> None:
        self._dsn = dsn
        self._events = events
        self._projections = projections
        self._names = list(projections)
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._moved = asyncio.Event()
        self._retry_pause_s = RETRY_PAUSE_S
        self.is_leading = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, events: EventStore, projections: Mapping[str, Projection] = PROJECTIONS
    ) -> AsyncGenerator[Runner]:
        """Make what is missing of the tables, then run while the context is open."""
        connection = await connect(dsn, application_name="mlplatform projections")
        try:
            await create_missing(projections.values(), connection)
        finally:
            await connection.close()
        runner = cls(dsn, events, projections)
        task = asyncio.create_task(runner._run())
        try:
            yield runner
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def moved(self, *, is_urgent: bool = False) -> None:
        """Wait until this process has moved a checkpoint, at once if somebody waits for it."""
        if is_urgent:
            self._hurry.set()
        await self._moved.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._connect_and_lead()
            except Fenced as error:
                log.warning("projections_fenced", reason=str(error))
            except TRANSIENT as error:
                log.warning("projections_interrupted", error=type(error).__name__)
            except Exception:
                log.exception("projections_failed")
                self._retry_pause_s = RETRY_PAUSE_S_MAX
            await asyncio.sleep(self._retry_pause_s)
            self._retry_pause_s = min(2 * self._retry_pause_s, RETRY_PAUSE_S_MAX)

    async def _connect_and_lead(self) -> None:
        connection = await connect(self._dsn, application_name="mlplatform projections")
        try:
            self._retry_pause_s = RETRY_PAUSE_S
            await connection.execute(SESSION)
            await self._stand_by(connection)
            log.info("projections_led")
            await self._rebuild_what_is_old(connection)
            await connection.add_listener(CHANNEL_ALL, self._on_news)
            self.is_leading = True
            await self._follow(connection)
        finally:
            self.is_leading = False
            connection.terminate()

    async def _stand_by(self, connection: DirectConnection) -> None:
        """Wait for the lead; whoever does not know the tables' rules never takes it."""
        while True:
            rows = await connection.fetch(RULES, self._names)
            is_known = all(
                row["rule_version"] <= self._projections[row["name"]].rule_version for row in rows
            )
            if is_known and await connection.fetchval(TRY_LOCK, LEADER_LOCK_ID):
                return
            await asyncio.sleep(STANDBY_RETRY_S)

    async def _rebuild_what_is_old(self, connection: DirectConnection) -> None:
        for row in await connection.fetch(RULES, self._names):
            projection = self._projections[row["name"]]
            if row["rule_version"] < projection.rule_version:
                await rebuild(projection, dsn=self._dsn, events=self._events)

    async def _follow(self, connection: DirectConnection) -> None:
        advance = Advance(self._projections, connection)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            self._news.clear()
            self._hurry.clear()
            former, began = began, loop.time()
            moved_by = await self._step(connection, advance)
            if moved_by:
                # While events keep flowing, a window gathers some before it starts.
                rate = moved_by / max(began - former, PAUSE_S_MIN)
                pause_s = PAUSE_S_MIN * max(1.0, rate / PAUSE_GROWS_AT)
                await _wait(self._hurry, began + min(pause_s, PAUSE_S_MAX) - loop.time())
            else:
                await _wait(self._news, POLL_S)

    async def _step(self, connection: DirectConnection, advance: Advance) -> int:
        """Bring those that are furthest behind forward by a window; how far, 0 at the head."""
        stands = await connection.fetch(STAND, self._names)
        if len(stands) != len(self._names):
            raise Fenced("checkpoints are missing")
        after, until, keys = _next(stands)
        if until == after:
            return 0
        if after >= stands[0]["last_other"]:
            window = Window(after, min(until, after + WINDOW_EVENTS_MAX), ())
        else:
            window = await read_window(self._events, after, until)
        await advance.apply(keys, window)
        self._moved.set()
        self._moved = asyncio.Event()
        return window.size

    def _on_news(self, *_: Any) -> None:
        self._news.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _next(stands: Sequence[Any]) -> tuple[int, int, list[str]]:
    """Who is furthest behind, and how far they can go together: to the next ones, or the head."""
    after, head = stands[0]["position"], stands[0]["head"]
    keys = [row["name"] for row in stands if row["position"] == after]
    ahead = [row["position"] for row in stands if row["position"] > after]
    return after, min([head, *ahead]), keys
