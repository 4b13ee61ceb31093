"""Room for model processes: so many of them, and so much memory of their own for all together.

Whoever wants in waits at the door until there is room. Room is made by those who are idle, the
least recently used first; a busy process is never asked to leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from domain.errors import Unavailable


class Room:
    """How many processes there are, and how much memory they took when they were opened."""

    def __init__(
        self,
        *,
        children_max: int,
        bytes_max: int,
        wait_s_max: float,
        give_up_one: Callable[[], bool],
    ) -> None:
        self._children_max = children_max
        self._bytes_max = bytes_max
        self._wait_s_max = wait_s_max
        self._give_up_one = give_up_one
        """Ends one idle process, whose stay ends with it; False where all are busy."""
        self._door = asyncio.Lock()
        self._stirring: asyncio.Future[None] | None = None
        self.children = 0
        self.bytes = 0

    async def enter(self, expected_bytes: int) -> Stay:
        """Take a place, in the order of coming; raises `Unavailable` if none is free in time.

        ``expected_bytes`` is what the same model took the last time; 0 where nobody knows.
        """
        try:
            async with asyncio.timeout(self._wait_s_max), self._door:
                while not self._has_room_for(expected_bytes):
                    if not self._give_up_one():
                        await self._stirred()
        except TimeoutError:
            raise Unavailable("all model processes are busy") from None
        return Stay(self, expected_bytes)

    def stir(self) -> None:
        """Have whoever waits at the door look again: somebody left, or is idle by now."""
        if self._stirring is not None and not self._stirring.done():
            self._stirring.set_result(None)

    def make_room(self) -> None:
        """End idle processes while all of them together take too much memory."""
        while self.bytes > self._bytes_max and self._give_up_one():
            pass

    def holds_too_much_beside(self, own_bytes: int) -> bool:
        """Whether memory is short, and not only because one process alone takes so much."""
        return self._bytes_max < self.bytes != own_bytes

    def _has_room_for(self, expected_bytes: int) -> bool:
        # A model that is larger than all room is let in when it is alone.
        has_memory = self.bytes + expected_bytes <= self._bytes_max or self.bytes == 0
        return self.children < self._children_max and has_memory

    async def _stirred(self) -> None:
        self._stirring = asyncio.get_running_loop().create_future()
        await self._stirring


class Stay:
    """The place of one process, until it ends."""

    def __init__(self, room: Room, expected_bytes: int) -> None:
        self._room = room
        self._bytes = expected_bytes
        self._is_over = False
        room.children += 1
        room.bytes += expected_bytes

    def weigh(self, own_bytes: int) -> None:
        """Tell what the process took; raises `Unavailable` where it finds no room beside others."""
        if self._is_over:
            return
        self._room.bytes += own_bytes - self._bytes
        self._bytes = own_bytes
        self._room.make_room()
        if self._room.holds_too_much_beside(own_bytes):
            raise Unavailable("the memory for models is in use")

    def leave(self) -> None:
        """End the stay; more than once is as good as once."""
        if not self._is_over:
            self._is_over = True
            self._room.children -= 1
            self._room.bytes -= self._bytes
            self._room.stir()
