"""Long answers: sent at the pace of the client, broken off where it has none, awaited at a stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import aiohttp
import pytest
from aiohttp import web

from api.http import streaming
from api.http.access_log import log_with_structlog
from api.http.client_address import ClientAddresses
from api.http.in_flight import IN_FLIGHT, InFlight
from api.http.metrics import Metrics
from api.http.middleware import request_middleware
from api.http.streaming import StreamedFile
from mlplatform.server.app_runner import DrainingRunner

PIECE = b"x" * 2**20
Pieces = Callable[[], AsyncGenerator[bytes]]


@dataclass
class Sender:
    """Streams whatever a test wants, and notes when a turn has ended."""

    pieces: Pieces
    turn: ExitStack = field(default_factory=ExitStack)
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.turn.callback(self.has_ended.set)

    async def answer(self, _: web.Request) -> web.StreamResponse:
        return StreamedFile(self.pieces(), self.turn, media_type="text/csv", filename="a.csv")


@asynccontextmanager
async def running(
    sender: Sender, timeout_s: float = 1.0
) -> AsyncGenerator[tuple[str, web.AppRunner]]:
    in_flight = InFlight()
    middleware = request_middleware(ClientAddresses(), Metrics(), log_with_structlog, in_flight)
    app = web.Application(middlewares=[middleware])
    app[IN_FLIGHT] = in_flight
    app.router.add_get("/", sender.answer)
    app.on_shutdown.append(in_flight.abort_streams)
    runner = DrainingRunner(app, timeout_s=timeout_s)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/", runner
    await runner.cleanup()


async def for_ever() -> AsyncGenerator[bytes]:
    while True:
        yield PIECE


async def once_a_moment() -> AsyncGenerator[bytes]:
    while True:
        yield b"a line\n"
        await asyncio.sleep(0.01)


async def with_a_fault() -> AsyncGenerator[bytes]:
    yield b"a line\n"
    raise LookupError("a fault of ours")


async def three() -> AsyncGenerator[bytes]:
    for _ in range(3):
        yield PIECE


async def test_the_head_is_as_that_of_every_answer_and_the_file_is_whole() -> None:
    sender = Sender(three)
    async with (
        running(sender) as (url, _),
        aiohttp.ClientSession() as http,
        http.get(url) as answer,
    ):
        assert await answer.read() == 3 * PIECE
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
        assert sender.has_ended.is_set()


async def test_a_fault_breaks_the_file_off_and_a_reader_can_tell() -> None:
    sender = Sender(with_a_fault)
    async with running(sender) as (url, _), aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            async with http.get(url) as answer:
                await answer.read()
        await asyncio.wait_for(sender.has_ended.wait(), 5)


async def test_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "GRACE_S", 0.2)
    monkeypatch.setattr(streaming, "BYTES_PER_S_MIN", 100 * 2**20)
    sender = Sender(for_ever)
    async with running(sender) as (url, _):
        host, port = url.removeprefix("http://").strip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readexactly(100)
        await asyncio.wait_for(sender.has_ended.wait(), 10)
        writer.close()


async def test_who_goes_away_ends_it_also_where_there_is_nothing_to_send() -> None:
    async def nothing() -> AsyncGenerator[bytes]:
        yield b"a line\n"
        while True:
            await asyncio.sleep(0.01)
            yield b""

    sender = Sender(nothing)
    async with running(sender) as (url, _), aiohttp.ClientSession() as http:
        answer = await http.get(url)
        await answer.content.readany()
        assert not sender.has_ended.is_set()
        answer.close()
        await asyncio.wait_for(sender.has_ended.wait(), 5)


async def test_a_stop_waits_for_a_file_that_ends_in_time() -> None:
    async def ending() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b"a line\n"
            await asyncio.sleep(0.01)

    async with running(Sender(ending), 30) as (url, runner), aiohttp.ClientSession() as http:
        answer = await http.get(url)
        stopping = asyncio.create_task(runner.cleanup())
        assert await answer.read() == 20 * b"a line\n"
        await stopping


async def test_a_stop_waits_no_longer_than_it_may() -> None:
    sender = Sender(once_a_moment)
    async with running(sender, 0.5) as (url, runner), aiohttp.ClientSession() as http:
        answer = await http.get(url)
        began = monotonic()
        await runner.cleanup()
        assert 0.4 < monotonic() - began < 5
        assert sender.has_ended.is_set()
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
