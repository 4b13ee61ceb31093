"""The hub of the live feed: reads new events from the store and sends them to all subscribers.

While there are subscribers, the store is polled twice a second, once for all of them. Everything
is bounded: events per poll, events per batch, how far a subscriber may fall behind, and the
number of subscribers.
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

from api.feed.messages import Message, to_messages
from api.feed.subscribers import Subscriber, SubscriberGroup
from domain.errors import TooMany, Unavailable
from projections.engine.errors import DATA_ERRORS
from projections.read_models.live_events import Calls, EventBatch, event_batches, head
from storage.postgres.pool import TRANSIENT, Pool

POLL_S: Final = 0.5
POLLS_BETWEEN_FIGURES: Final = 2
EVENTS_MAX: Final = 20_000
"""Of one poll; if there are more, the next poll follows at once."""
BATCH_EVENTS_MAX: Final = 50
RESUMED_EVENTS_MAX: Final = 1_000
SUBSCRIBERS_MAX: Final = 1_000
SUBSCRIBERS_OF_ACCOUNT_MAX: Final = 5
RETRY_AFTER_S: Final = 5.0

log = structlog.get_logger()


class FeedHub:
    """Polls the store while there are subscribers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._joining: list[Subscriber] = []
        self._groups: dict[UUID, SubscriberGroup] = {}
        self._count_by_account = Counter[UUID]()
        self._task: asyncio.Task[None] | None = None
        self._position: int | None = None
        self._polled_at = 0.0
        self._polls = 0
        self._is_stopping = False

    @property
    def count(self) -> int:
        """The number of subscribers."""
        return self._count_by_account.total()

    @property
    def is_idle(self) -> bool:
        """Whether the store is not polled, because there are no subscribers."""
        return self._task is None or self._task.done()

    @contextmanager
    def subscribed(self, account_id: UUID, scope: UUID) -> Generator[Subscriber]:
        """Subscribe while the context is open; raises `TooMany` and `Unavailable`."""
        self._check_limits(account_id)
        subscriber = Subscriber(account_id, scope)
        self._joining.append(subscriber)
        self._count_by_account[account_id] += 1
        if self.is_idle:
            self._position = None
            self._task = asyncio.create_task(self._poll_while_subscribed())
        try:
            yield subscriber
        finally:
            self._remove(subscriber)

    async def missed(self, subscriber: Subscriber, since: int) -> list[Message]:
        """Read the events between a position and the one from which the subscriber gets all."""
        until = await subscriber.starts_after
        after = max(since, until - EVENTS_MAX)
        scope = subscriber.scope
        batches = await self._batches([scope], after, until, RESUMED_EVENTS_MAX)
        return to_messages(batches[scope]) if scope in batches else []

    def end(self) -> None:
        """Close all subscribers and accept no more."""
        self._is_stopping = True
        joined = [each for group in self._groups.values() for each in group.subscribers]
        for subscriber in [*self._joining, *joined]:
            subscriber.close()

    async def close(self) -> None:
        """Stop polling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _check_limits(self, account_id: UUID) -> None:
        if self._is_stopping:
            raise Unavailable("the platform is stopping")
        if self._count_by_account[account_id] >= SUBSCRIBERS_OF_ACCOUNT_MAX:
            most = SUBSCRIBERS_OF_ACCOUNT_MAX
            raise TooMany(f"at most {most} feeds per account at once", RETRY_AFTER_S)
        if self.count >= SUBSCRIBERS_MAX:
            raise Unavailable("too many feeds are open")

    def _remove(self, subscriber: Subscriber) -> None:
        self._count_by_account[subscriber.account_id] -= 1
        if not self._count_by_account[subscriber.account_id]:
            del self._count_by_account[subscriber.account_id]
        if subscriber in self._joining:
            self._joining.remove(subscriber)
            return
        group = self._groups[subscriber.scope]
        group.subscribers.remove(subscriber)
        if not group.subscribers:
            del self._groups[subscriber.scope]

    async def _poll_while_subscribed(self) -> None:
        loop = asyncio.get_running_loop()
        while self.count:
            next_at = loop.time() + POLL_S
            try:
                while await self._poll():
                    pass
            except TRANSIENT as error:
                log.warning("feed_interrupted", error=type(error).__name__)
            except Exception:
                log.exception("feed_failed")
            await asyncio.sleep(max(next_at - loop.time(), 0))

    async def _poll(self) -> bool:
        """Read and send new events once; returns whether there are more already."""
        newest = await head(self._pool)
        if self._position is None:
            self._position, self._polled_at = newest, asyncio.get_running_loop().time()
        until = min(newest, self._position + EVENTS_MAX)
        batches = await self._batches(list(self._groups), self._position, until, BATCH_EVENTS_MAX)
        self._position = until
        self._send(batches)
        self._admit_joining(until)
        return until < newest

    def _admit_joining(self, position: int) -> None:
        """Add new subscribers after a poll, so that they get all events that the next one finds."""
        for subscriber in self._joining:
            group = self._groups.setdefault(subscriber.scope, SubscriberGroup())
            group.subscribers.add(subscriber)
            if not subscriber.starts_after.done():  # It is cancelled if the client disconnected.
                subscriber.starts_after.set_result(position)
        self._joining.clear()

    async def _batches(
        self, scopes: Sequence[UUID], after: int, until: int, limit: int
    ) -> Mapping[UUID, EventBatch]:
        if after >= until:
            return {}
        try:
            return await event_batches(scopes, self._pool, after=after, until=until, limit=limit)
        except TRANSIENT:
            raise
        except DATA_ERRORS as error:
            log.warning("feed_unreadable", after=after, until=until, error=type(error).__name__)
            return {}

    def _send(self, batches: Mapping[UUID, EventBatch]) -> None:
        now = asyncio.get_running_loop().time()
        seconds, self._polled_at = max(now - self._polled_at, POLL_S), now
        self._polls += 1
        are_figures_due = self._polls % POLLS_BETWEEN_FIGURES == 0
        for scope, group in self._groups.items():
            batch = batches.get(scope)
            group.add_calls(Calls() if batch is None else batch.calls, seconds)
            messages = [] if batch is None else to_messages(batch)
            if are_figures_due:
                messages.append(group.figures())
            for subscriber in group.subscribers if messages else ():
                subscriber.push(messages)


FEED_HUB = web.AppKey("feed_hub", FeedHub)
"""The hub of an application."""
