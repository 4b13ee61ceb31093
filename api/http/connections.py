"""Below the requests: connections that are too many, silent or stuck, or speak no HTTP."""

from __future__ import annotations

import asyncio
import resource
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, cast

import structlog
from aiohttp import EMPTY_PAYLOAD, StreamReader, web
from aiohttp.http import RawRequestMessage, StreamWriter

from api.http.chunks import Chunks, is_chunked
from api.http.dispatch import Dispatch
from api.http.heads import Heads, is_plain
from api.http.middleware import REQUEST_ID_HEADER, new_request_id
from api.http.problems import Unreadable, problem_below
from api.http.responses import PROTECTION, JsonResponse
from api.http.whole_body import WholeBody

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

    def __init__(self, dispatch: Dispatch, server: web.Server) -> None:
        super().__init__(
            cast("Any", dispatch),
            request_factory=server.request_factory,
            access_log=None,
            auto_decompress=False,  # Packed bodies are refused: a small one can be very large.
            keepalive_timeout=SILENT_S_MAX,
            lingering_time=LINGERING_S,
        )
        files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(1, min(CONNECTIONS_MAX, files_max - OTHER_FILES))
        self.heads = Heads()
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
        self._is_plain = True
        """Whether all requests so far were."""
        self._is_between = True
        """Whether what comes next is known to begin where a request begins."""
        self._found: RawRequestMessage | None = None
        self._chunks: Chunks | None = None
        """Of the last body that came, or comes, in any."""
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

    def data_received(self, data: bytes) -> None:
        """Take in bytes, past aiohttp's parser where they are one whole request that is context."""
        if not self._is_between:
            return self._read_on(data)
        if not data or self._wake_with(data):
            return None  # aiohttp gives nothing so that a parser goes on, which here has nothing.
        requests = self._request_count
        self._read_on(data)
        self._is_between = (
            self._request_count == requests + 1
            and is_plain(*self._messages[-1])
            and self._all.heads.learn(data, cast("RawRequestMessage", self._messages[-1][0]))
        )
        return None

    def _read_on(self, data: bytes) -> None:
        """Have aiohttp's parser read; a body of very many tiny chunks is the end."""
        if self._chunks is not None:
            self._chunks.look_before()
        requests = self._request_count
        super().data_received(data)
        came = islice(reversed(self._messages), self._request_count - requests)
        new = [Chunks(body) for message, body in came if is_chunked(message)]
        for chunks in (*new, *([self._chunks] if self._chunks is not None else ())):
            chunks.look_after()
            if chunks.are_too_small:
                return self._refuse(chunks.body)
        self._chunks = new[0] if new else self._chunks
        return None

    def _refuse(self, body: StreamReader) -> None:
        """Read no more of anything, and end with the answer, even if nobody asks for the body."""
        body.set_exception(Unreadable("the body comes in very many chunks of next to nothing"))
        self._lingering_time = 0
        self.close()

    def _wake_with(self, data: bytes) -> bool:
        """Answer a request that is known, where nothing else waits to be answered."""
        waiter = self._waiter
        if waiter is None or waiter.done() or (found := self._all.heads.find(data)) is None:
            return False
        self._found, body = found
        payload = WholeBody(body, self, self._read_bufsize, self._loop) if body else EMPTY_PAYLOAD
        self._messages.append((self._found, payload))
        waiter.set_result(None)
        return True

    async def start(self) -> None:
        """Answer request after request, in a shorter way than aiohttp's while all are plain.

        That one makes a task for each, a future more, and looks after bodies that are still on
        their way. From the first request on that is not plain, the connection goes aiohttp's way.
        """
        while not self._force_close:
            if not self._messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, payload = self._messages[0]
            if message is not self._found and not is_plain(message, payload):
                self._is_plain = self._is_between = False
                return await super().start()
            if not await self._answer_first():
                break
            self._next_keepalive_close_time = self._loop.time() + SILENT_S_MAX
            if self._keepalive_handle is None:
                self._keepalive_handle = self._loop.call_at(
                    self._next_keepalive_close_time, self._process_keepalive
                )
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()
        return None

    async def _answer_first(self) -> bool:
        """Answer the first request that waits, and say whether the connection goes on."""
        message, payload = self._messages.popleft()
        if self._parser is not None:
            self._parser.message_consumed()
        if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
            self._resume_reading_if_drained()
        self._all.requests_count += 1
        writer, task = StreamWriter(self, self._loop), cast("Any", self._task_handler)
        request = self._all.request_factory(cast("Any", message), payload, self, writer, task)
        try:
            answer, is_broken = await self._handle_request(request, None, self._all.request_handler)
        except ConnectionError:
            return False
        except Exception as error:  # noqa: BLE001 — it is logged
            self.log_exception("Unhandled exception", exc_info=error)
            self.force_close()
            return False
        except BaseException:
            self.force_close()
            raise
        return bool(answer.keep_alive) and not is_broken and not self._close

    async def finish_response(
        self, request: web.BaseRequest, resp: Any, start_time: float | None
    ) -> tuple[Any, bool]:
        """Send an answer; say as well whether the connection was broken meanwhile."""
        if not (isinstance(resp, JsonResponse) and self._is_plain and resp.keep_alive):
            # aiohttp reads nothing right that comes behind a wish for another protocol.
            if self._close or cast("Any", request)._message.upgrade:
                resp.force_close()
            sent = resp.in_aiohttps_way() if isinstance(resp, JsonResponse) else resp
            return await super().finish_response(request, sent, start_time)
        if self.transport is None or self.transport.is_closing():
            return resp, True
        self.transport.write(resp.in_one_piece())
        if self._paused:
            try:
                await self._drain_helper()
            except ConnectionError:
                return resp, True
        return resp, False

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
