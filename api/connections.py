"""Below the requests: connections that are too many, silent or stuck, or speak no HTTP."""

from __future__ import annotations

import asyncio
import resource
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from api.middleware import PROTECTION, REQUEST_ID_HEADER, new_request_id
from api.problems import problem_below

CONNECTIONS_MAX: Final = 4_096
OTHER_FILES: Final = 512
"""Left for the database, the models and their files, where a process may have few."""
SILENT_S_MAX: Final = 65.0
"""From one answer to the last byte of the next head; more than the proxies in front keep theirs."""
LINGERING_S: Final = 5.0
"""For what is left of a body that was refused, so that the answer is read before the end."""
LOOK_S: Final = 15.0
"""Between looks at connections whose client reads nothing of its answer; the third ends them."""

log = structlog.get_logger()


class Connections(web.Server):
    """All connections of a process; a newcomer is let in for the one that was silent longest."""

    def __init__(self, handler: Handler, server: web.Server) -> None:
        super().__init__(
            cast("Any", handler),
            request_factory=server.request_factory,
            access_log=None,
            auto_decompress=False,  # Packed bodies are refused: a small one can be very large.
            keepalive_timeout=SILENT_S_MAX,
            lingering_time=LINGERING_S,
        )
        files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(1, min(CONNECTIONS_MAX, files_max - OTHER_FILES))
        self._looking = asyncio.create_task(self._look())

    def __call__(self) -> Connection:
        """Make the protocol of a connection that is about to be."""
        return Connection(self, loop=self._loop, **self._kwargs)

    def make_room(self) -> None:
        """Close the connection that was silent longest where there are too many."""
        if len(self._connections) <= self._most:
            return
        silent = (each for each in self.each() if each.is_silent)
        longest = min(silent, key=lambda each: each.silent_until, default=None)
        if longest is not None:
            longest.force_close()

    def each(self) -> list[Connection]:
        """Give all connections."""
        return [each for each in self.connections if isinstance(each, Connection)]

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 — aiohttp's
        """Close all connections."""
        self._looking.cancel()
        await super().shutdown(timeout)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for each in self.each():
                each.end_if_stuck()


class Connection(web.RequestHandler):
    """One connection, whose every answer is a problem of ours even where nothing was asked."""

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(connections, **options)
        self._all = connections
        self._unread = 0
        self._looks_without_reading = 0

    @property
    def is_silent(self) -> bool:
        """Whether no request has come, or no more than a part of a head."""
        return self._waiter is not None

    @property
    def silent_until(self) -> float:
        """When it will have been silent too long, in seconds of the loop's clock."""
        return self._next_keepalive_close_time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in."""
        super().connection_made(transport)
        self._all.make_room()

    def end_if_stuck(self) -> None:
        """Break off where the client has read nothing of what was sent for a while."""
        transport = self.transport
        unread = 0 if transport is None else transport.get_write_buffer_size()
        is_stuck = 0 < self._unread <= unread
        self._looks_without_reading = self._looks_without_reading + 1 if is_stuck else 0
        self._unread = unread
        if transport is not None and self._looks_without_reading > 1:
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no request; the connection ends with it."""
        del status, message  # They may repeat what was sent.
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        request_id = new_request_id()
        answer = problem_below(exc, request_id)
        answer.headers.update({**PROTECTION, REQUEST_ID_HEADER: request_id})
        answer.force_close()
        kept: dict[str, Any] = {"request_id": request_id, "client": request.remote}
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request_failed", **kept, exc_info=exc)
        else:
            log.info("no_request", **kept, error=type(exc).__name__)
        return answer
