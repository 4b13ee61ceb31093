"""JSON responses, whose headers and body are written in one piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import Final

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter

JSON: Final = "application/json"
PROTECTION: Final = {
    "Server": "mlplatform",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every response; endpoints that answer something else than data replace them."""

_STATUS_AND_HEADERS = {
    status.value: "\r\n".join(
        (
            f"HTTP/1.1 {status.value} {status.phrase}",
            *(f"{name}: {value}" for name, value in PROTECTION.items()),
            f"Content-Type: {JSON}\r\n",
        )
    )
    for status in HTTPStatus
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class JsonResponse(web.StreamResponse):
    """A JSON body that is complete before it is sent.

    aiohttp builds and checks the headers of a response one by one, at many times the cost. So
    the ones that never change are prepared, and all is written at once. Where a response depends
    on more of the request (another version of HTTP, a HEAD request, the end of the connection, a
    page of another origin), aiohttp's own way is taken.
    """

    def __init__(self, body: bytes, status: HTTPStatus) -> None:
        super().__init__(status=status.value)
        self.more_headers: Mapping[str, str] = {}
        """Headers besides `headers`; a plain mapping is read in half the time."""
        self._json = body
        self._is_sent = False
        self._is_last = False
        self._has_body = True

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection goes on."""
        return self._is_sent or super().keep_alive

    def force_close(self) -> None:
        """End the connection after this response."""
        self._is_last = True
        super().force_close()

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send everything if possible, and else the headers; raises ValueError."""
        if self._is_plain(request):
            self._is_sent = True
            await request.writer.write_eof(self._message())
            return request.writer
        for name, value in PROTECTION.items():
            self.headers.setdefault(name, value)
        self.headers.update(self.more_headers)
        self._has_body = request.method != hdrs.METH_HEAD
        self.content_type = JSON
        self.content_length = len(self._json)
        return await super().prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002 — aiohttp gives none
        """Send the body, unless it was sent with the headers."""
        if not self._is_sent:
            await super().write_eof(self._json if self._has_body else b"")

    def _is_plain(self, request: web.BaseRequest) -> bool:
        return (
            request.version is HttpVersion11
            and request.keep_alive
            and not self._is_last
            and request.method != hdrs.METH_HEAD
            and hdrs.ORIGIN not in request.headers
        )

    def _message(self) -> bytes:
        headers = (*self.headers.items(), *self.more_headers.items())
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        if not lines.count("\n") == lines.count("\r") == len(headers):
            raise ValueError("a header has a line break in it")
        return (
            f"{_STATUS_AND_HEADERS[self.status]}{lines}"
            f"Content-Length: {len(self._json)}\r\nDate: {_date(int(time()))}\r\n\r\n"
        ).encode() + self._json


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
