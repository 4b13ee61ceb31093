"""Requests whose head was sent before, word for word: what was read of it then holds now.

A program that asks again and again sends the same head each time, but for the length of the body
now and then. Reading one costs as much as checking who asks, what they ask and their rows.
"""

from __future__ import annotations

from typing import Final

from aiohttp import HttpVersion11, StreamReader, hdrs
from aiohttp.http import RawRequestMessage

HEADS_MAX: Final = 1_000
HEAD_BYTES_MAX: Final = 4_096
WHOLE_BYTES_MAX: Final = 65_536
END: Final = b"\r\n\r\n"


class Heads:
    """The heads that were read; they hold tokens, and go nowhere from here."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[RawRequestMessage, int]] = {}

    def find(self, data: bytes) -> tuple[RawRequestMessage, bytes] | None:
        """Give head and body of bytes that begin where a request begins, and are a known one."""
        if len(data) > WHOLE_BYTES_MAX:
            return None
        head, _, body = data.partition(END)
        message, length = self._read.get(head, (None, 0))
        return None if message is None or len(body) != length else (message, body)

    def learn(self, data: bytes, message: RawRequestMessage) -> bool:
        """Remember a plain request that was read, whole, from the beginning of bytes.

        False where there is more in the bytes than this request, so that what comes next does
        not begin where a request begins.
        """
        head, end, body = data.partition(END)
        if not end or len(body) != int(message.headers.get(hdrs.CONTENT_LENGTH, 0)):
            return False
        if len(head) <= HEAD_BYTES_MAX:
            if len(self._read) >= HEADS_MAX:
                self._read.clear()
            self._read[head] = (message, len(body))
        return True


def is_plain(message: object, payload: StreamReader) -> bool:
    """Whether a request has come whole, and asks for nothing but its answer."""
    return (
        isinstance(message, RawRequestMessage)
        and message.version is HttpVersion11
        and not (message.should_close or message.upgrade or message.chunked)
        and payload.is_eof()
        and message.method != hdrs.METH_HEAD
        and hdrs.ORIGIN not in message.headers
        and hdrs.EXPECT not in message.headers
    )
