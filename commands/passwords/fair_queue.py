"""Who is next, where one at a time is served and more ask than can be: fair among addresses.

Whoever was served least of late comes first, and where the queue is full, a place is taken from
whom most are waiting for. So a flood from one address waits behind everybody else, and it is
the flood that is turned away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

from domain.errors import Unavailable
from storage.lru_dict import LruDict

WAITING_MAX = 20
WAIT_S_MAX = 10.0
HALF_LIFE_S = 30.0
"""After this long a turn that was had counts half."""
REMEMBERED_MAX = 10_000

TURNED_AWAY = "too many passwords are being checked at the moment"


class FairQueue:
    """One turn at a time."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._had: LruDict[str, tuple[float, float]] = LruDict(REMEMBERED_MAX)
        """How many turns somebody had, and when that was so."""

    @asynccontextmanager
    async def taken(self, who: str) -> AsyncGenerator[None]:
        """Wait for a turn and have it; raises `Unavailable` where that would take too long."""
        if self._is_taken:
            await self._wait(who)
        self._is_taken = True
        self._had[who] = self._turns_of(who) + 1, monotonic()
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, who: str) -> None:
        self._make_room(who)
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(place)
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                await place
        except (TimeoutError, asyncio.CancelledError) as gone:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._pass_on()
            else:
                self._leave(who, place)
            if isinstance(gone, TimeoutError):
                raise Unavailable(TURNED_AWAY) from None
            raise

    def _make_room(self, who: str) -> None:
        """Turn the latest of the fullest away, unless that would be the newcomer."""
        if sum(map(len, self._waiting.values())) < WAITING_MAX:
            return
        fullest = max(self._waiting, key=self._rank)
        of_newcomer = len(self._waiting.get(who, ())) + 1, self._turns_of(who)
        if fullest == who or self._rank(fullest) <= of_newcomer:
            raise Unavailable(TURNED_AWAY)
        place = self._waiting[fullest][-1]
        self._leave(fullest, place)
        if not place.done():
            place.set_exception(Unavailable(TURNED_AWAY))

    def _rank(self, who: str) -> tuple[int, float]:
        return len(self._waiting[who]), self._turns_of(who)

    def _turns_of(self, who: str) -> float:
        had, at = self._had.get(who) or (0.0, 0.0)
        return had * 0.5 ** ((monotonic() - at) / HALF_LIFE_S)

    def _pass_on(self) -> None:
        """Give the turn to whoever had fewest; among equals, to who began to wait first."""
        while self._waiting:
            who = min(self._waiting, key=self._turns_of)
            place = self._waiting[who][0]
            self._leave(who, place)
            if not place.done():  # else they are about to leave
                place.set_result(None)
                return
        self._is_taken = False

    def _leave(self, who: str, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(who)
        if places and place in places:
            places.remove(place)
            if not places:
                del self._waiting[who]
