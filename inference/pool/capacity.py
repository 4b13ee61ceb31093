"""Room for model processes: so many of them, and so much memory of their own for all together.

Room is made by those who are idle, the least recently used first; a busy process is never asked to
leave. For a place a newcomer waits a while. For memory it does not, and nobody is made to leave if
that would not be enough: else one who asks for much could keep all others out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from domain.errors import Unavailable


class Resident(Protocol):
    """Somebody who has a process."""

    own_bytes: int

    def retire(self) -> None:
        """Give up the process; its stay ends with it."""
        ...


class Room:
    """How many processes there are, and how much memory they took when they were opened."""

    def __init__(
        self,
        *,
        children_max: int,
        bytes_max: int,
        wait_s_max: float,
        idle: Callable[[], Sequence[Resident]],
    ) -> None:
        self._children_max = children_max
        self._bytes_max = bytes_max
        self._wait_s_max = wait_s_max
        self._idle = idle
        """Those who may be asked to leave, the least recently used first."""
        self._stirred = asyncio.Event()
        self.children = 0
        self.bytes = 0

    async def enter(self, expected_bytes: int) -> Stay:
        """Take a place; raises `Unavailable` if there is none in time, or no memory.

        ``expected_bytes`` is what the same model took the last time; 0 where nobody knows.
        """
        try:
            async with asyncio.timeout(self._wait_s_max):
                while self.children >= self._children_max:
                    await self._free_a_place()
        except TimeoutError:
            raise Unavailable("all model processes are busy") from None
        self.make_room(expected_bytes, others=self.bytes)
        return Stay(self, expected_bytes)

    def stir(self) -> None:
        """Have whoever waits for a place look again: somebody left, or is idle by now."""
        self._stirred.set()

    def make_room(self, needed: int, others: int) -> None:
        """Have idle ones leave until one who needs so much fits in beside the others.

        One who is larger than all room is let in alone. Raises `Unavailable`, and has nobody
        leave, if it would not fit in even so.
        """
        if others + needed <= self._bytes_max:
            return
        idle = self._idle()
        busy = others - sum(resident.own_bytes for resident in idle)
        if busy and busy + needed > self._bytes_max:
            raise Unavailable("the memory for models is in use")
        for resident in idle:
            others -= resident.own_bytes
            resident.retire()
            if others + needed <= self._bytes_max:
                return

    async def _free_a_place(self) -> None:
        if idle := self._idle():
            idle[0].retire()
        else:
            self._stirred.clear()
            await self._stirred.wait()


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
        self._room.make_room(own_bytes, others=self._room.bytes - self._bytes)
        self._room.bytes += own_bytes - self._bytes
        self._bytes = own_bytes

    def leave(self) -> None:
        """End the stay; more than once is as good as once."""
        if not self._is_over:
            self._is_over = True
            self._room.children -= 1
            self._room.bytes -= self._bytes
            self._room.stir()
