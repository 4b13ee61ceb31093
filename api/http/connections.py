"""Connections: how many there may be, how long they may be silent, and errors below HTTP."""

from __future__ import annotations

import asyncio
import resource
import socket
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import EMPTY_PAYLOAD, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader

from api.http.middleware import REQUEST_ID_HEADER, new_request_id
from api.http.problems import Unreadable, problem_below
from api.http.responses import PROTECTION

CONNECTIONS_MAX: Final = 4_096
RESERVED_FILES: Final = 512
"""File descriptors left for the database, the models and their files."""
SILENT_S_MAX: Final = 65.0
"""From a response to the end of the next request's headers; longer than usual proxies keep idle
connections, so that the proxy closes them first."""
LINGERING_S: Final = 5.0
"""How long the rest of a refused body is read, so that the client sees the response."""
UNREAD_S_MAX: Final = 45.0
"""How long a client may acknowledge or read nothing of what was sent to it."""
FRAMING_BYTES_MAX: Final = 65_536
"""Of a chunked body, beyond as many bytes as its data. A chunk of one byte takes six, and to parse
a million of them takes more than a second."""

log = structlog.get_logger()


class ConnectionServer(web.Server):
    """Accepts a limited number of connections; a new one replaces the longest idle one."""

    def __init__(self, server: web.Server) -> None:
        super().__init__(server.request_handler, request_factory=self._make_request)
        self._make_app_request = server.request_factory
        self._idle: dict[web.RequestHandler, None] = {}
        """Connections without a request in progress, the longest idle one first."""
        self._open_count = 0
        files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._open_max = max(1, min(CONNECTIONS_MAX, files_max - RESERVED_FILES))

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            auto_decompress=False,  # A small compressed body can be very large: they are refused.
            keepalive_timeout=SILENT_S_MAX,
            lingering_time=LINGERING_S,
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a new connection; over the limit close the longest idle one, or else this one."""
        super().connection_made(handler, transport)
        self._open_count += 1
        self._idle[handler] = None
        if self._open_count > self._open_max:
            longest_idle = next(iter(self._idle))
            del self._idle[longest_idle]
            longest_idle.force_close()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        """Forget a connection."""
        super().connection_lost(handler, exc)
        self._open_count -= 1
        self._idle.pop(handler, None)

    def request_ended(self, handler: web.RequestHandler) -> None:
        """Count a connection as idle again."""
        if handler.connected:
            self._idle[handler] = None

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        self._idle.pop(protocol, None)
        if isinstance(protocol, Connection):
            protocol.begin_request(payload)
        return self._make_app_request(message, payload, protocol, writer, task)


class Connection(web.RequestHandler):
    """One connection; what is not HTTP is answered with a problem too."""

    __slots__ = ("_body", "_framing_bytes", "_is_answered", "_server")

    def __init__(self, server: ConnectionServer, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._body: StreamReader = EMPTY_PAYLOAD
        self._framing_bytes = 0
        self._is_answered = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the kernel end the connection of a client that reads nothing."""
        super().connection_made(transport)
        if (connected := transport.get_extra_info("socket")) is not None:
            timeout_ms = round(UNREAD_S_MAX * 1_000)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)

    def begin_request(self, body: StreamReader) -> None:
        """Watch the body of the next request."""
        self._body = body
        self._framing_bytes = 0
        self._is_answered = False

    def data_received(self, data: bytes) -> None:
        """Parse what was received; refuse a body that consists of very many tiny chunks."""
        body = self._body
        if body.is_eof():
            super().data_received(data)
            return
        before = body.total_bytes
        super().data_received(data)
        self._framing_bytes += len(data) - (body.total_bytes - before)
        if not body.is_eof() and self._framing_bytes > FRAMING_BYTES_MAX + body.total_bytes:
            if self._is_answered:
                self.force_close()
            else:
                body.set_exception(Unreadable("the body consists of very many tiny chunks"))
                self.close()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send a response; give it, and whether the connection was lost."""
        if isinstance(resp, Exception):  # An Expect header that aiohttp refuses itself.
            resp = self.handle_error(request, exc=resp)
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._is_answered = True
            self._server.request_ended(self)
            if self._body.exception() is not None:
                self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not a request, and end the connection."""
        del status, message  # They may repeat what was sent.
        if request.writer.output_size > 0:
            raise ConnectionError("part of a response was sent already")
        request_id = new_request_id()
        response = problem_below(exc, request_id)
        response.headers.update({**PROTECTION, REQUEST_ID_HEADER: request_id})
        response.force_close()
        fields: dict[str, Any] = {"request_id": request_id, "client": request.remote}
        if response.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request_failed", **fields, exc_info=exc)
        else:
            log.info("no_request", **fields, error=type(exc).__name__)
        return response
