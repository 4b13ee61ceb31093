"""Keeps all read tables up to date: one process per database leads, the others are on standby.

The lock, the listener and the work share one connection, so that a process that loses it loses the
lead too. If two processes ever work at once, the checkpoints let only one of them commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from projections.engine import checkpoints
from projections.engine.advance import SESSION, Advance
from projections.engine.errors import CheckpointConflict
from projections.engine.projection import WINDOW_EVENTS_MAX, Projection, Window, read_window
from projections.engine.rebuild import rebuild
from projections.engine.tables import create_missing
from storage.event_store.event_store import EventStore
from storage.event_store.recorder import CHANNEL_ALL, wait_for
from storage.postgres.locks import PROJECTION_LEADER, is_locked, try_lock_session
from storage.postgres.pool import TRANSIENT, DirectConnection, Pool, connect

STANDBY_RETRY_S = 0.2
RETRY_PAUSE_S = 0.05
RETRY_PAUSE_S_MAX = 1.0

PAUSE_S_MIN = 0.004
PAUSE_S_MAX = 0.025
PAUSE_GROWS_AT = 2_500.0
"""Events per second. Above this, windows grow, which takes less from the predictions."""

log = structlog.get_logger(__name__)


class Runner:
    """Leads if no other process does, and is on standby otherwise."""

    def __init__(self, dsn: str, events: EventStore, projections: Mapping[str, Projection]) -> None:
        self._dsn = dsn
        self._events = events
        self._projections = projections
        self._names = list(projections)
        self._new_events = asyncio.Event()
        self._urgent = asyncio.Event()
        self._moved = asyncio.Event()
        self._retry_pause_s = RETRY_PAUSE_S
        self.is_leading = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, events: EventStore, projections: Mapping[str, Projection]
    ) -> AsyncGenerator[Runner]:
        """Create missing tables, then run while the context is open."""
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
        """Wait until this process has moved a checkpoint, which it does at once if urgent."""
        if is_urgent:
            self._urgent.set()
        await self._moved.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._connect_and_lead()
            except CheckpointConflict as error:
                log.warning("checkpoint_conflict", reason=str(error))
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
            await self._wait_for_lead(connection)
            log.info("projections_led")
            await self._rebuild_outdated(connection)
            await connection.add_listener(CHANNEL_ALL, self._on_new_events)
            self.is_leading = True
            await self._follow(connection)
        finally:
            self.is_leading = False
            connection.terminate()

    async def _wait_for_lead(self, connection: DirectConnection) -> None:
        """Take the lead once it is free; never while the tables are of a newer release's rules."""
        while True:
            rules = await checkpoints.rules_of(self._names, connection)
            is_known = all(
                rule <= self._projections[name].rule_version for name, rule in rules.items()
            )
            if is_known and await try_lock_session(connection, PROJECTION_LEADER):
                return
            await asyncio.sleep(STANDBY_RETRY_S)

    async def _rebuild_outdated(self, connection: DirectConnection) -> None:
        for name, rule in (await checkpoints.rules_of(self._names, connection)).items():
            projection = self._projections[name]
            if rule < projection.rule_version:
                await rebuild(projection, dsn=self._dsn, events=self._events)

    async def _follow(self, connection: DirectConnection) -> None:
        advance = Advance(self._projections, connection)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            self._new_events.clear()
            self._urgent.clear()
            previous, began = began, loop.time()
            moved_by = await self._step(connection, advance)
            if moved_by:
                # While events keep arriving, a window gathers some before it starts.
                rate = moved_by / max(began - previous, PAUSE_S_MIN)
                pause_s = PAUSE_S_MIN * max(1.0, rate / PAUSE_GROWS_AT)
                await wait_for(self._urgent, began + min(pause_s, PAUSE_S_MAX) - loop.time())
            else:
                await wait_for(self._new_events)

    async def _step(self, connection: DirectConnection, advance: Advance) -> int:
        """Move those that are furthest behind by a window; returns its size, 0 at the head."""
        step = await checkpoints.next_step(self._names, connection)
        if step.until == step.after:
            return 0
        if step.has_predictions_only:
            window = Window(step.after, min(step.until, step.after + WINDOW_EVENTS_MAX), ())
        else:
            window = await read_window(self._events, step.after, step.until)
        await advance.apply(step.keys, window)
        self._moved.set()
        self._moved = asyncio.Event()
        return window.size

    def _on_new_events(self, *_: Any) -> None:
        self._new_events.set()


async def is_led(pool: Pool) -> bool:
    """Whether a process leads at the moment."""
    return await is_locked(pool, PROJECTION_LEADER)
