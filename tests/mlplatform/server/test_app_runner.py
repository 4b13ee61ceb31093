"""Draining: requests in flight complete, and no new ones are accepted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from api.http.access_log import log_with_structlog
from api.http.client_address import ClientAddresses
from api.http.in_flight import IN_FLIGHT, InFlight
from api.http.metrics import Metrics
from api.http.middleware import request_middleware
from mlplatform.server.app_runner import DrainingRunner


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@asynccontextmanager
async def running(timeout_s: float) -> AsyncGenerator[tuple[DrainingRunner, str]]:
    in_flight = InFlight()
    middleware = request_middleware(ClientAddresses(), Metrics(), log_with_structlog, in_flight)
    app = web.Application(middlewares=[middleware])
    app[IN_FLIGHT] = in_flight
    app.router.add_post("/", echo)
    runner = DrainingRunner(app, timeout_s=timeout_s)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield runner, f"http://{host}:{port}/"
    await runner.cleanup()


async def halves(continue_event: asyncio.Event) -> AsyncIterator[bytes]:
    yield b"first, "
    await continue_event.wait()
    yield b"second"


async def test_a_body_in_transit_is_awaited_and_the_connection_closed() -> None:
    continue_event = asyncio.Event()
    async with running(30) as (runner, url), aiohttp.ClientSession() as http:
        sending = asyncio.create_task(http.post(url, data=halves(continue_event)))
        await asyncio.sleep(0.05)
        stopping = asyncio.create_task(runner.cleanup())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.post(url, data=b"another")
        continue_event.set()
        response = await sending
        assert await response.read() == b"first, second"
        assert response.headers["Connection"] == "close"
        await stopping


async def test_a_missing_body_is_awaited_only_until_the_timeout() -> None:
    async with running(0.1) as (runner, url), aiohttp.ClientSession() as http:
        sending = asyncio.create_task(http.post(url, data=halves(asyncio.Event())))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(10):
            await runner.cleanup()
        with pytest.raises(aiohttp.ClientConnectionError):
            await sending
