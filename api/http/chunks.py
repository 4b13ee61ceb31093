"""Bodies that come in chunks so small that to read them costs more than what they hold."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, Final, cast

from aiohttp import StreamReader
from aiohttp.http import RawRequestMessage

CHUNKS_MAX: Final = 1_000
BYTES_MIN: Final = 64
"""In each chunk, on the average, where there are more of them."""


class Chunks:
    """The chunks of a body on its way.

    aiohttp keeps where those end that nobody has read yet, and reads none while it takes bytes
    in; so what it keeps afterwards, less what it kept before, are new ones.
    """

    def __init__(self, body: StreamReader) -> None:
        self.body = body
        self._count = 0
        self._kept = 0

    def look_before(self) -> None:
        """Note how many are kept before bytes are taken in."""
        self._kept = self._ends()

    def look_after(self) -> None:
        """Count those that came since."""
        self._count += self._ends() - self._kept

    @property
    def are_too_small(self) -> bool:
        """Whether there are very many of next to nothing."""
        return self._count > CHUNKS_MAX and self.body.total_bytes < BYTES_MIN * self._count

    def _ends(self) -> int:
        ends: Sized | None = cast("Any", self.body)._http_chunk_splits
        return len(ends or ())


def is_chunked(message: object) -> bool:
    """Whether the body of a request comes in chunks."""
    return isinstance(message, RawRequestMessage) and message.chunked
