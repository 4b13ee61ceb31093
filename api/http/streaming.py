"""Streaming: the deadline of a request body, and files that are sent in chunks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from contextlib import ExitStack, aclosing
from typing import Final, TypeVar
from uuid import UUID

import structlog
from aiohttp import ClientConnectionResetError, hdrs, web
from aiohttp.abc import AbstractStreamWriter

from api.http.in_flight import IN_FLIGHT
from api.http.problems import TooSlow
from api.http.request_context import REQUEST_CONTEXT
from domain.errors import TooMany

T = TypeVar("T")

GRACE_S: Final = 30.0
BYTES_PER_S_MIN: Final = 10_000
EXPORTS_OF_ACCOUNT_MAX: Final = 2
EXPORTS_MAX: Final = 8
RETRY_AFTER_S: Final = 5.0
STREAM_S_MAX: Final = 3_600.0

log = structlog.get_logger()


class BodyDeadline:
    """Gives a body `GRACE_S`, and one more second for each `BYTES_PER_S_MIN` bytes received."""

    def __init__(self) -> None:
        self._ends_at = asyncio.get_running_loop().time() + GRACE_S

    async def wait(self, reading: Awaitable[T]) -> T:
        """Wait for a part of the body; raises `TooSlow`."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await reading
        except TimeoutError:
            raise TooSlow("the body arrived too slowly") from None

    def extend(self, size: int) -> None:
        """Allow more time after `size` bytes were received."""
        self._ends_at += size / BYTES_PER_S_MIN


class ExportLimit:
    """Limits concurrent exports, per account and in total."""

    def __init__(self) -> None:
        self._running: Counter[UUID] = Counter()

    def acquire(self, account_id: UUID) -> ExitStack:
        """Count an export until the returned context is closed; raises `TooMany`."""
        if self._running[account_id] >= EXPORTS_OF_ACCOUNT_MAX:
            raise TooMany(f"at most {EXPORTS_OF_ACCOUNT_MAX} exports at a time", RETRY_AFTER_S)
        if self._running.total() >= EXPORTS_MAX:
            raise TooMany("too many exports are running", RETRY_AFTER_S)
        self._running[account_id] += 1
        slot = ExitStack()
        slot.callback(self._release, account_id)
        return slot

    def _release(self, account_id: UUID) -> None:
        self._running[account_id] -= 1
        self._running += Counter()  # drops accounts without exports


class StreamedFile(web.StreamResponse):
    """A file whose chunks are computed while it is sent.

    They are sent after the middleware has added its headers. An error after that can only be
    reported by aborting the connection.
    """

    def __init__(
        self, chunks: AsyncGenerator[bytes], slot: ExitStack, *, media_type: str, filename: str
    ) -> None:
        super().__init__()
        self.content_type, self.charset = media_type, "utf-8"
        self.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{filename}"'
        self._chunks = chunks
        self._slot = slot
        self._request: web.BaseRequest | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the headers."""
        self._request = request
        try:
            return await super().prepare(request)
        except BaseException:
            self._slot.close()
            raise

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the chunks; raises `ConnectionError` if the connection was aborted."""
        request = self._request
        assert isinstance(request, web.Request)
        with self._slot:
            if request.method != hdrs.METH_HEAD:
                await self._send(request)
            await super().write_eof(data)

    async def _send(self, request: web.Request) -> None:
        try:
            async with (
                request.app[IN_FLIGHT].streaming(STREAM_S_MAX),
                aclosing(self._chunks) as chunks,
            ):
                async for chunk in chunks:
                    await self._send_chunk(request, chunk)
        except ConnectionError:
            raise
        except Exception as error:
            log.warning(
                "response_aborted",
                request_id=request[REQUEST_CONTEXT].request_id,
                error=type(error).__name__,
                exc_info=None if isinstance(error, TimeoutError) else error,
            )
            if request.transport is not None:
                request.transport.abort()
            raise ClientConnectionResetError("the response was aborted") from error

    async def _send_chunk(self, request: web.Request, chunk: bytes) -> None:
        """Send a chunk at the client's speed; an empty one only checks the connection."""
        if request.transport is None or request.transport.is_closing():
            raise ClientConnectionResetError("the client disconnected")
        async with asyncio.timeout(GRACE_S + len(chunk) / BYTES_PER_S_MIN):
            await self.write(chunk)
