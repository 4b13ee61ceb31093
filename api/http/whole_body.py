"""The body of a request that was there at once."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

PARTS = frozenset(StreamReader.__slots__)


class WholeBody(StreamReader):
    """aiohttp's reader of a body, which becomes one only where it is used as one.

    Almost every body is asked for once, and whole; for that, making a stream of it, with all that
    waits for more to come, costs more than reading the JSON in it.
    """

    __slots__ = ("_limit", "_whole")

    def __init__(
        self, body: bytes, protocol: BaseProtocol, limit: int, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._whole: bytes | None = body
        self._protocol = protocol
        self._limit = limit
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        """Become a stream, since something is asked for that only such a one has."""
        if name not in PARTS:
            raise AttributeError(name)
        super().__init__(self._protocol, self._limit, loop=self._loop)
        if self._whole:
            self.feed_data(self._whole)
        self._whole = None
        self.feed_eof()
        return getattr(self, name)

    def is_eof(self) -> bool:
        """Say that nothing more will come."""
        return True

    def read_nowait(self, n: int = -1) -> bytes:
        """Give what is there."""
        whole = self._whole
        if whole is None or n >= 0:
            return super().read_nowait(n)
        self._whole = None
        return whole

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Do nothing: what has come can be read, whatever became of the connection."""
