"""Whoever listens to the live feed of this process, and what they are told.

While somebody listens, the store is looked at twice a second, once for all of them. Everything is
bounded: the events of a look, those that a listener is told of, how far a listener may lag, and
how many there are.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web

from api.feed.subscribers import Audience, Listener, Message, told
from domain.errors import TooMany, Unavailable
from projections.engine.errors import DATA_ERRORS
from projections.read_models.live_events import Calls, EventBatch, event_batches, head
from storage.postgres.pool import TRANSIENT, Pool

BEAT_S: Final = 0.5
BEATS_BETWEEN_FIGURES: Final = 2
EVENTS_MAX: Final = 20_000
"""Of one look; where there are more, the next look follows at once."""
HAPPENED_MAX: Final = 50
RESUMED_MAX: Final = 1_000
LISTENERS_MAX: Final = 1_000
LISTENERS_OF_ACCOUNT_MAX: Final = 5
RETRY_AFTER_S: Final = 5.0

log = structlog.get_logger()


class LiveFeed:
    """Looks at the store while somebody listens."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._joining: list[Listener] = []
        self._audiences: dict[UUID, Audience] = {}
        self._of_account = Counter[UUID]()
        self._task: asyncio.Task[None] | None = None
        self._position: int | None = None
        self._looked_at = 0.0
        self._beats = 0
        self._is_ended = False

    @property
    def count(self) -> int:
        """How many listen."""
        return self._of_account.total()

    @property
    def is_idle(self) -> bool:
        """Whether nobody listens, and nothing is looked at."""
        return self._task is None or self._task.done()

    @contextmanager
    def listening(self, account_id: UUID, hears: UUID) -> Generator[Listener]:
        """Listen while the context is open; raises `TooMany` and `Unavailable`."""
        self._check_room(account_id)
        listener = Listener(account_id, hears)
        self._joining.append(listener)
        self._of_account[account_id] += 1
        if self.is_idle:
            self._position = None
            self._task = asyncio.create_task(self._look_while_somebody_listens())
        try:
            yield listener
        finally:
            self._leave(listener)

    async def missed(self, listener: Listener, since: int) -> list[Message]:
        """Tell what happened between a position and where a listener begins."""
        until = await listener.begins_after
        after = max(since, until - EVENTS_MAX)
        batches = await self._event_batches([listener.hears], after, until, RESUMED_MAX)
        return told(batches[listener.hears]) if listener.hears in batches else []

    def end(self) -> None:
        """Let all listeners go, and take no more."""
        self._is_ended = True
        audiences = self._audiences.values()
        for listener in [*self._joining, *(each for one in audiences for each in one.listeners)]:
            listener.end()

    async def close(self) -> None:
        """PredictionSearch no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _check_room(self, account_id: UUID) -> None:
        if self._is_ended:
            raise Unavailable("the platform is about to stop")
        if self._of_account[account_id] >= LISTENERS_OF_ACCOUNT_MAX:
            most = LISTENERS_OF_ACCOUNT_MAX
            raise TooMany(f"at most {most} feeds of an account at once", RETRY_AFTER_S)
        if self.count >= LISTENERS_MAX:
            raise Unavailable("too many listen already")

    def _leave(self, listener: Listener) -> None:
        self._of_account[listener.account_id] -= 1
        if not self._of_account[listener.account_id]:
            del self._of_account[listener.account_id]
        if listener in self._joining:
            self._joining.remove(listener)
            return
        audience = self._audiences[listener.hears]
        audience.listeners.remove(listener)
        if not audience.listeners:
            del self._audiences[listener.hears]

    async def _look_while_somebody_listens(self) -> None:
        loop = asyncio.get_running_loop()
        while self.count:
            next_at = loop.time() + BEAT_S
            try:
                while await self._beat():
                    pass
            except TRANSIENT as error:
                log.warning("feed_interrupted", error=type(error).__name__)
            except Exception:
                log.exception("feed_failed")
            await asyncio.sleep(max(next_at - loop.time(), 0))

    async def _beat(self) -> bool:
        """PredictionSearch once, and tell everybody; whether there is more by now."""
        newest = await head(self._pool)
        if self._position is None:
            self._position, self._looked_at = newest, asyncio.get_running_loop().time()
        until = min(newest, self._position + EVENTS_MAX)
        batches = await self._event_batches(
            list(self._audiences), self._position, until, HAPPENED_MAX
        )
        self._position = until
        self._tell(batches)
        self._let_in(until)
        return until < newest

    def _let_in(self, position: int) -> None:
        """Take newcomers in after a look, so that they hear all that the next one finds."""
        for listener in self._joining:
            self._audiences.setdefault(listener.hears, Audience()).listeners.add(listener)
            if not listener.begins_after.done():  # else it was given up meanwhile
                listener.begins_after.set_result(position)
        self._joining.clear()

    async def _event_batches(
        self, owners: Sequence[UUID], after: int, until: int, limit: int
    ) -> Mapping[UUID, EventBatch]:
        if after >= until:
            return {}
        try:
            return await event_batches(owners, self._pool, after=after, until=until, limit=limit)
        except TRANSIENT:
            raise
        except DATA_ERRORS as error:
            log.warning("feed_unreadable", after=after, until=until, error=type(error).__name__)
            return {}

    def _tell(self, batches: Mapping[UUID, EventBatch]) -> None:
        now = asyncio.get_running_loop().time()
        seconds, self._looked_at = max(now - self._looked_at, BEAT_S), now
        self._beats += 1
        is_time_for_figures = self._beats % BEATS_BETWEEN_FIGURES == 0
        for hears, audience in self._audiences.items():
            new = batches.get(hears)
            audience.note(Calls() if new is None else new.calls, seconds)
            batch = [] if new is None else told(new)
            if is_time_for_figures:
                batch.append(audience.figures())
            for listener in audience.listeners if batch else ():
                listener.tell(batch)


FEED = web.AppKey("feed", LiveFeed)
"""What an application tells to whom listens."""
