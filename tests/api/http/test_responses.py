"""A response that is written at once equals a response of aiohttp's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import BaseTestServer

from api.http.in_flight import IN_FLIGHT, InFlight
from api.http.responses import PROTECTION, JsonResponse
from tests.api.api_client import served

BODY = b'{"name":"\xc3\xa9"}'


async def json_response(request: web.Request) -> web.StreamResponse:
    response = JsonResponse(BODY, HTTPStatus.CREATED)
    response.headers["X-Given"] = request.query.get("given", "")
    return response


async def closing_response(_: web.Request) -> web.StreamResponse:
    response = JsonResponse(BODY, HTTPStatus.OK)
    response.force_close()
    return response


async def aiohttp_response(request: web.Request) -> web.StreamResponse:
    response = web.Response(body=BODY, status=201, content_type="application/json")
    response.headers.update({**PROTECTION, "X-Given": request.query.get("given", "")})
    return response


async def mark(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Marked"] = "yes"


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncGenerator[BaseTestServer]:
    """A server that marks responses to other origins with a signal."""
    app = web.Application()
    app[IN_FLIGHT] = InFlight()
    app.on_response_prepare.append(mark)
    handlers: dict[str, Any] = {
        "/": json_response,
        "/last": closing_response,
        "/aiohttp": aiohttp_response,
    }
    for path, handler in handlers.items():
        app.router.add_get(path, handler)
    async with served(app) as client:
        yield client.server


async def exchange(server: BaseTestServer, request: bytes) -> bytes:
    """Send bytes; return everything that the server sends, and whether it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.make_url("/").port)
    writer.write(request)
    received = b""
    while BODY not in received:
        received += await reader.read(10_000)
    closed = False
    try:
        async with asyncio.timeout(0.1):
            closed = await reader.read(1) == b""
    except TimeoutError:
        pass
    writer.close()
    return received + (b"(closed)" if closed else b"")


async def test_a_response_equals_that_of_aiohttp(server: BaseTestServer) -> None:
    async with aiohttp.ClientSession() as http:
        ours = await http.get(server.make_url("/"))
        theirs = await http.get(server.make_url("/aiohttp"))

        assert (ours.status, ours.reason, await ours.read()) == (201, "Created", BODY)
        assert (theirs.status, theirs.reason, await theirs.read()) == (201, "Created", BODY)
        assert set(theirs.headers) - set(ours.headers) == {"X-Marked"}
        for name in ("Content-Type", "Content-Length", "Server"):
            assert ours.headers[name] == theirs.headers[name]
        difference = parsedate_to_datetime(theirs.headers["Date"]) - parsedate_to_datetime(
            ours.headers["Date"]
        )
        assert 0 <= difference.total_seconds() <= 2


async def test_the_connection_stays_open_for_the_next_request(server: BaseTestServer) -> None:
    received = await exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert received.endswith(BODY)
    assert b"Connection:" not in received


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_the_end_of_a_connection_is_announced(
    server: BaseTestServer, request_: bytes
) -> None:
    received = await exchange(server, request_)

    assert received.endswith(BODY + b"(closed)")
    assert b"\r\nConnection: close\r\n" in received


async def test_an_http_1_0_client_gets_an_http_1_0_response(server: BaseTestServer) -> None:
    received = await exchange(server, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")

    assert received.startswith(b"HTTP/1.0 201 Created\r\n")
    assert received.endswith(BODY + b"(closed)")
    assert b"\r\nServer: mlplatform\r\n" in received


async def test_a_page_of_another_origin_gets_what_a_signal_adds(server: BaseTestServer) -> None:
    async with aiohttp.ClientSession() as http:
        response = await http.get(server.make_url("/"), headers={"Origin": "https://page.example"})

        assert response.headers["X-Marked"] == "yes"
        assert response.headers["Server"] == "mlplatform"
        assert await response.read() == BODY


@pytest.mark.parametrize("broken", ["a%0d%0aX-Evil: yes", "a%0aX-Evil: yes", "a%0db"])
async def test_a_line_break_in_a_header_ends_the_connection(
    server: BaseTestServer, broken: str
) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await http.get(server.make_url(f"/?given={broken}"))
