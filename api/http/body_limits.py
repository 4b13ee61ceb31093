"""How slowly a request body may arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from api.http.problems import TooSlow

T = TypeVar("T")

GRACE_S: Final = 30.0
BYTES_PER_S_MIN: Final = 10_000


class BodyDeadline:
    """Gives a body `GRACE_S`, and one more second for each `BYTES_PER_S_MIN` bytes received."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + GRACE_S

    async def wait(self, reading: Awaitable[T]) -> T:
        """Wait for a part of the body; raises `TooSlow`."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await reading
        except TimeoutError:
            raise TooSlow("the body came too slowly") from None

    def extend(self, size: int) -> None:
        """Allow more time after `size` bytes were received."""
        self._ends_at += size / BYTES_PER_S_MIN
