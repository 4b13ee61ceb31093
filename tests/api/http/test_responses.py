"""An answer that is written in one piece says what one of aiohttp's own would say."""

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


async def answer_plainly(request: web.Request) -> web.StreamResponse:
    answer = JsonResponse(BODY, HTTPStatus.CREATED)
    answer.headers["X-Given"] = request.query.get("given", "")
    return answer


async def answer_for_the_last_time(_: web.Request) -> web.StreamResponse:
    answer = JsonResponse(BODY, HTTPStatus.OK)
    answer.force_close()
    return answer


async def answer_from_elsewhere(request: web.Request) -> web.StreamResponse:
    answer = web.Response(body=BODY, status=201, content_type="application/json")
    answer.headers.update({**PROTECTION, "X-Given": request.query.get("given", "")})
    return answer


async def mark(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Marked"] = "yes"


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncGenerator[BaseTestServer]:
    """A server whose answers to other origins are marked by a signal."""
    app = web.Application()
    app[IN_FLIGHT] = InFlight()
    app.on_response_prepare.append(mark)
    handlers: dict[str, Any] = {
        "/": answer_plainly,
        "/last": answer_for_the_last_time,
        "/aiohttp": answer_from_elsewhere,
    }
    for path, handler in handlers.items():
        app.router.add_get(path, handler)
    async with served(app) as client:
        yield client.server


async def said(server: BaseTestServer, request: bytes) -> bytes:
    """Send bytes, and give all that comes until the server closes or nothing more comes."""
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


async def test_it_says_what_aiohttp_says(server: BaseTestServer) -> None:
    async with aiohttp.ClientSession() as http:
        ours = await http.get(server.make_url("/"))
        theirs = await http.get(server.make_url("/aiohttp"))

        assert (ours.status, ours.reason, await ours.read()) == (201, "Created", BODY)
        assert (theirs.status, theirs.reason, await theirs.read()) == (201, "Created", BODY)
        assert set(theirs.headers) - set(ours.headers) == {"X-Marked"}
        for name in ("Content-Type", "Content-Length", "Server"):
            assert ours.headers[name] == theirs.headers[name]
        apart = parsedate_to_datetime(theirs.headers["Date"]) - parsedate_to_datetime(
            ours.headers["Date"]
        )
        assert 0 <= apart.total_seconds() <= 2


async def test_the_connection_stays_for_the_next_request(server: BaseTestServer) -> None:
    received = await said(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert received.endswith(BODY)
    assert b"Connection:" not in received


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_a_connection_that_ends_is_said_to(server: BaseTestServer, request_: bytes) -> None:
    received = await said(server, request_)

    assert received.endswith(BODY + b"(closed)")
    assert b"\r\nConnection: close\r\n" in received


async def test_an_older_client_is_answered_in_its_own_version(server: BaseTestServer) -> None:
    received = await said(server, b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")

    assert received.startswith(b"HTTP/1.0 201 Created\r\n")
    assert received.endswith(BODY + b"(closed)")
    assert b"\r\nServer: mlplatform\r\n" in received


async def test_a_page_of_another_origin_gets_what_a_signal_adds(server: BaseTestServer) -> None:
    async with aiohttp.ClientSession() as http:
        answer = await http.get(server.make_url("/"), headers={"Origin": "https://page.example"})

        assert answer.headers["X-Marked"] == "yes"
        assert answer.headers["Server"] == "mlplatform"
        assert await answer.read() == BODY


@pytest.mark.parametrize("broken", ["a%0d%0aX-Evil: yes", "a%0aX-Evil: yes", "a%0db"])
async def test_a_line_break_ends_the_connection_and_not_the_line(
    server: BaseTestServer, broken: str
) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await http.get(server.make_url(f"/?given={broken}"))
