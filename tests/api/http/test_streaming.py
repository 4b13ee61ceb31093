"""Long responses: sent at the client's speed, aborted if it stops reading, awaited at shutdown."""

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

CHUNK = b"x" * 2**20
Chunks = Callable[[], AsyncGenerator[bytes]]


@dataclass
class Sender:
    """Streams the chunks of a test, and records when the export has ended."""

    chunks: Chunks
    export: ExitStack = field(default_factory=ExitStack)
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.export.callback(self.has_ended.set)

    async def respond(self, _: web.Request) -> web.StreamResponse:
        return StreamedFile(self.chunks(), self.export, media_type="text/csv", filename="a.csv")


@asynccontextmanager
async def running(
    sender: Sender, timeout_s: float = 1.0
) -> AsyncGenerator[tuple[str, web.AppRunner]]:
    in_flight = InFlight()
    middleware = request_middleware(ClientAddresses(), Metrics(), log_with_structlog, in_flight)
    app = web.Application(middlewares=[middleware])
    app[IN_FLIGHT] = in_flight
    app.router.add_get("/", sender.respond)
    app.on_shutdown.append(in_flight.abort_streams)
    runner = DrainingRunner(app, timeout_s=timeout_s)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/", runner
    await runner.cleanup()


async def endless() -> AsyncGenerator[bytes]:
    while True:
        yield CHUNK


async def endless_slowly() -> AsyncGenerator[bytes]:
    while True:
        yield b"a line\n"
        await asyncio.sleep(0.01)


async def failing() -> AsyncGenerator[bytes]:
    yield b"a line\n"
    raise LookupError("an internal error")


async def three_chunks() -> AsyncGenerator[bytes]:
    for _ in range(3):
        yield CHUNK


async def test_a_streamed_file_is_complete_and_has_the_usual_headers() -> None:
    sender = Sender(three_chunks)
    async with (
        running(sender) as (url, _),
        aiohttp.ClientSession() as http,
        http.get(url) as response,
    ):
        assert await response.read() == 3 * CHUNK
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Request-ID"]
        assert response.headers["Content-Disposition"] == 'attachment; filename="a.csv"'
        assert sender.has_ended.is_set()


async def test_an_error_aborts_the_file_detectably() -> None:
    sender = Sender(failing)
    async with running(sender) as (url, _), aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            async with http.get(url) as response:
                await response.read()
        await asyncio.wait_for(sender.has_ended.wait(), 5)


async def test_a_client_that_reads_no_file_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "GRACE_S", 0.2)
    monkeypatch.setattr(streaming, "BYTES_PER_S_MIN", 100 * 2**20)
    sender = Sender(endless)
    async with running(sender) as (url, _):
        host, port = url.removeprefix("http://").strip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readexactly(100)
        await asyncio.wait_for(sender.has_ended.wait(), 10)
        writer.close()


async def test_a_disconnected_client_ends_the_stream_even_if_nothing_is_sent() -> None:
    async def idle() -> AsyncGenerator[bytes]:
        yield b"a line\n"
        while True:
            await asyncio.sleep(0.01)
            yield b""

    sender = Sender(idle)
    async with running(sender) as (url, _), aiohttp.ClientSession() as http:
        response = await http.get(url)
        await response.content.readany()
        assert not sender.has_ended.is_set()
        response.close()
        await asyncio.wait_for(sender.has_ended.wait(), 5)


async def test_a_shutdown_waits_for_a_file_that_ends_in_time() -> None:
    async def finite() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield b"a line\n"
            await asyncio.sleep(0.01)

    async with running(Sender(finite), 30) as (url, runner), aiohttp.ClientSession() as http:
        response = await http.get(url)
        stopping = asyncio.create_task(runner.cleanup())
        assert await response.read() == 20 * b"a line\n"
        await stopping


async def test_a_shutdown_waits_no_longer_than_its_timeout() -> None:
    sender = Sender(endless_slowly)
    async with running(sender, 0.5) as (url, runner), aiohttp.ClientSession() as http:
        response = await http.get(url)
        began = monotonic()
        await runner.cleanup()
        assert 0.4 < monotonic() - began < 5
        assert sender.has_ended.is_set()
        with pytest.raises(aiohttp.ClientError):
            await response.read()
