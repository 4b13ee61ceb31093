"""Those who listen to the live feed, and what is said to them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from projections.read_models.live_events import Calls, EventBatch, LiveEvent, latency_stats_of

BEATS_OF_FIGURES: Final = 10
"""Figures are of the last five seconds."""
BATCHES_MAX: Final = 20
"""How much may wait for a listener, who is else let go: some ten seconds."""

ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Message:
    """What is told in one piece."""

    event: str
    data: str
    id: str | None = None


class Listener:
    """One open feed."""

    def __init__(self, account_id: UUID, hears: UUID) -> None:
        self.account_id = account_id
        self.hears = hears
        """Whose models: those of one owner, or of everybody."""
        self.begins_after: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The position from which on it is told everything."""
        self._batches = asyncio.Queue[Sequence[Message]](BATCHES_MAX)
        self._is_over = False
        self._end: asyncio.Timeout | None = None

    def tell(self, batch: Sequence[Message]) -> None:
        """Let it be told; whoever is too slow is let go, and may come again and resume."""
        try:
            self._batches.put_nowait(batch)
        except asyncio.QueueFull:
            self.end()

    async def batch(self) -> Sequence[Message]:
        """Wait for what is to be told next."""
        return await self._batches.get()

    def end(self) -> None:
        """Break off what goes on within `until_over`, whatever it waits for."""
        self._is_over = True
        if self._end is not None and not self._end.expired():
            self._end.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def until_over(self) -> AsyncGenerator[None]:
        """Go on until the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._is_over else None) as self._end:
                yield
        self._end = None


class Audience:
    """Those who hear of the same models, and the last calls of these."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._calls = deque[tuple[float, Calls]](maxlen=BEATS_OF_FIGURES)

    def note(self, calls: Calls, seconds: float) -> None:
        """Take note of the calls of a beat."""
        self._calls.append((seconds, calls))

    def figures(self) -> Message:
        """Say how the models are doing."""
        seconds = sum(each for each, _ in self._calls)
        stats = latency_stats_of([calls for _, calls in self._calls])
        said = {
            "at": datetime.now(UTC),
            "predictions_per_second": stats.calls / seconds,
            "rows_per_second": stats.rows / seconds,
            "failures_per_second": stats.failures / seconds,
            "p50_ms": stats.p50_ms,
            "p95_ms": stats.p95_ms,
            "p99_ms": stats.p99_ms,
        }
        return Message("figures", ENCODE(said).decode())


def told(batch: EventBatch) -> list[Message]:
    """Say what is new."""
    skipped = [Message("skipped", ENCODE({"count": batch.skipped}).decode())]
    return [*(skipped if batch.skipped else ()), *map(_message, batch.events)]


def _message(event: LiveEvent) -> Message:
    members: dict[str, Any] = vars(event) | {"status": event.status}
    latency_us = members.pop("latency_us")
    members["latency_ms"] = None if latency_us is None else latency_us / 1_000
    return Message("happened", ENCODE(members).decode(), str(event.position))
