"""Subscribers of the live feed, and the groups that receive the same messages."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

from api.feed.messages import Message, figures_message
from projections.read_models.live_events import Calls

POLLS_OF_FIGURES: Final = 10
"""Figures cover the last five seconds."""
BATCHES_MAX: Final = 20
"""How many batches may wait for a subscriber before it is disconnected: about ten seconds."""


class Subscriber:
    """One open connection to the feed."""

    def __init__(self, account_id: UUID, scope: UUID) -> None:
        self.account_id = account_id
        self.scope = scope
        """The owner of the models whose events are sent, or `ALL_OWNERS`."""
        self.starts_after: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The position after which the subscriber receives every event."""
        self._batches = asyncio.Queue[Sequence[Message]](BATCHES_MAX)
        self._is_closed = False
        self._timeout: asyncio.Timeout | None = None

    def push(self, batch: Sequence[Message]) -> None:
        """Queue a batch; a subscriber whose queue is full is closed, and may resume later."""
        try:
            self._batches.put_nowait(batch)
        except asyncio.QueueFull:
            self.close()

    async def next_batch(self) -> Sequence[Message]:
        """Wait for the next batch."""
        return await self._batches.get()

    def close(self) -> None:
        """Interrupt the body of `until_closed`."""
        self._is_closed = True
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def until_closed(self) -> AsyncGenerator[None]:
        """Run the body until it ends or the subscriber is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._is_closed else None) as self._timeout:
                yield
        self._timeout = None


class SubscriberGroup:
    """Subscribers of the same scope, with the recent calls of its models."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self._calls = deque[tuple[float, Calls]](maxlen=POLLS_OF_FIGURES)

    def add_calls(self, calls: Calls, seconds: float) -> None:
        """Add the calls that one poll found, and how many seconds it covers."""
        self._calls.append((seconds, calls))

    def figures(self) -> Message:
        """Sum up the recent calls."""
        seconds = sum(each for each, _ in self._calls)
        return figures_message([calls for _, calls in self._calls], seconds)
