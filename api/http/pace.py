"""How slowly a body may come: as slowly as a poor line, and not as slowly as somebody pleases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from api.http.problems import TooSlow

T = TypeVar("T")

GRACE_S: Final = 30.0
BYTES_PER_S_MIN: Final = 10_000


class Pace:
    """Gives a body half a minute, and a second more for each 10 kB of it that have come."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + GRACE_S

    async def of(self, reading: Awaitable[T]) -> T:
        """Wait for a piece of the body; raises `TooSlow`."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await reading
        except TimeoutError:
            raise TooSlow("the body came too slowly") from None

    def came(self, size: int) -> None:
        """Take note of so many bytes."""
        self._ends_at += size / BYTES_PER_S_MIN
