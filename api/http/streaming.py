"""Answers too long to be held: sent piece by piece, as fast as the client takes them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from typing import Final
from uuid import UUID

import structlog
from aiohttp import ClientConnectionResetError, hdrs, web
from aiohttp.abc import AbstractStreamWriter

from api.http.body_limits import BYTES_PER_S_MIN, GRACE_S
from api.http.in_flight import IN_FLIGHT
from api.http.request_context import REQUEST_CONTEXT
from domain.errors import TooMany

OF_ACCOUNT_MAX: Final = 2
OF_PROCESS_MAX: Final = 8
AGAIN_AFTER_S: Final = 5.0
STREAM_S_MAX: Final = 3_600.0

log = structlog.get_logger()


class Turns:
    """How many long answers an account may be sent at once, and all together by a process."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()

    @property
    def are_taken(self) -> bool:
        """Whether any answer is being sent."""
        return self._taken.total() > 0

    def take(self, account_id: UUID) -> ExitStack:
        """Take a turn, which ends when what is given is closed; raises `TooMany`."""
        if self._taken[account_id] >= OF_ACCOUNT_MAX:
            raise TooMany(f"at most {OF_ACCOUNT_MAX} exports at a time", AGAIN_AFTER_S)
        if self._taken.total() >= OF_PROCESS_MAX:
            raise TooMany("there are too many exports at the moment", AGAIN_AFTER_S)
        self._taken[account_id] += 1
        turn = ExitStack()
        turn.callback(self._give_back, account_id)
        return turn

    def _give_back(self, account_id: UUID) -> None:
        self._taken[account_id] -= 1
        self._taken += Counter()  # forgets who has none


async def break_off_streams(app: web.Application) -> None:
    """End what is still being sent when the time for it is over."""
    app[IN_FLIGHT].break_off()


class Streamed(web.StreamResponse):
    """A file whose pieces are made while it is sent.

    They are sent only after the middleware has seen the answer, so that its head is as that of
    all others. What goes wrong then is told by breaking off the connection: a file that ends as
    it should is whole.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes], turn: ExitStack, *, media_type: str, filename: str
    ) -> None:
        super().__init__()
        self.content_type, self.charset = media_type, "utf-8"
        self.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{filename}"'
        self._pieces = pieces
        self._turn = turn
        self._request: web.BaseRequest | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the head."""
        self._request = request
        try:
            return await super().prepare(request)
        except BaseException:
            self._turn.close()
            raise

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the pieces; raises `ConnectionError` where the answer was broken off."""
        request = self._request
        assert isinstance(request, web.Request)
        with self._turn:
            if request.method != hdrs.METH_HEAD:
                await self._send(request)
            await super().write_eof(data)

    async def _send(self, request: web.Request) -> None:
        try:
            async with (
                request.app[IN_FLIGHT].streaming(STREAM_S_MAX),
                aclosing(self._pieces) as pieces,
            ):
                async for piece in pieces:
                    await self._send_piece(request, piece)
        except ConnectionError:
            raise
        except Exception as error:
            expected = isinstance(error, TimeoutError)
            log.warning(
                "answer_broken_off",
                request_id=request[REQUEST_CONTEXT].request_id,
                error=type(error).__name__,
                exc_info=None if expected else error,
            )
            if request.transport is not None:
                request.transport.abort()
            raise ClientConnectionResetError("the answer was broken off") from error

    async def _send_piece(self, request: web.Request, piece: bytes) -> None:
        """Wait until most of it is gone; an empty one finds out whether anybody is still there."""
        if request.transport is None or request.transport.is_closing():
            raise ClientConnectionResetError("the client went away")
        async with asyncio.timeout(GRACE_S + len(piece) / BYTES_PER_S_MIN):
            await self.write(piece)
