"""JSON on its way to the client, its head and its body written in one piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Final

from aiohttp import web

JSON: Final = "application/json"
PROTECTION: Final = {
    "Server": "mlplatform",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What an endpoint that answers something else than data replaces by its own."""

_BEGINNINGS = {
    status.value: "\r\n".join(
        (
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{name}: {value}" for name, value in PROTECTION.items()),
            f"Content-Type: {JSON}\r\n",
        )
    )
    for status in HTTPStatus
}


class JsonResponse:
    """An answer of JSON, of which all is known before it is sent.

    aiohttp's own can be changed until then, and so its head is gathered, asked and put together
    line by line, at many times the cost. Where more is wanted than to answer and to go on
    (`api.http.connections` says where), it is sent in this one's place.
    """

    __slots__ = ("body", "head", "keep_alive", "status")

    def __init__(self, body: bytes, status: HTTPStatus) -> None:
        self.body = body
        self.status = int(status)
        self.head: dict[str, str] = {}
        """More lines of the head than those that protect, by name."""
        self.keep_alive = True

    def force_close(self) -> None:
        """Let the connection end with this answer."""
        self.keep_alive = False

    def in_one_piece(self) -> bytes:
        """Give the whole answer, for a connection that goes on; raises ValueError."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in self.head.items()])
        if not lines.count("\n") == lines.count("\r") == len(self.head):
            raise ValueError("a line of the head has a line break in it")
        head = (
            f"{_BEGINNINGS[self.status]}{lines}"
            f"Content-Length: {len(self.body)}\r\nDate: {_date(int(time()))}\r\n\r\n"
        )
        return head.encode() + self.body

    def in_aiohttps_way(self) -> web.Response:
        """Give the same answer as one of aiohttp's."""
        headers = {**PROTECTION, **self.head}
        answer = web.Response(
            body=self.body, status=self.status, headers=headers, content_type=JSON
        )
        if not self.keep_alive:
            answer.force_close()
        return answer


Answer = web.StreamResponse | JsonResponse
Handler = Callable[[web.Request], Awaitable[Answer]]


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
