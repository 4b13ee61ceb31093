"""A head that was read before is not read again, and says the same as if it were."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json

import pytest
from aiohttp import web
from aiohttp.http import RawRequestMessage

from api.http import heads
from api.http.connections import Connections
from api.http.heads import Heads
from tests.api.people import API, Client
from tests.api.sockets import HOST, Socket, connected

HEALTH = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
NOWHERE = b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n"
LOOP = "14e3b7ed1fe07248"
"""Of the source of what `Connection` does in aiohttp's place."""


def login(name: str) -> bytes:
    """A login that has one wrong member; such with names of one length have one head."""
    body = json.dumps({name: 1}).encode()
    return (
        f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
    ).encode() + (HOST + b"\r\n" + body)


def known(client: Client) -> Heads:
    assert isinstance(client.server.handler, Connections)
    return client.server.handler.heads


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request that came was found among those that are known."""
    found: list[bool] = []
    find = Heads.find

    def noted(self: Heads, data: bytes) -> tuple[RawRequestMessage, bytes] | None:
        whole = find(self, data)
        found.append(whole is not None)
        return whole

    monkeypatch.setattr(Heads, "find", noted)
    return found


async def statuses(socket: Socket, *requests: bytes) -> list[int]:
    """Send requests, each after the answer to the one before."""
    answers: list[int] = []
    for request in requests:
        socket.writer.write(request)
        answers.append((await socket.answer())[0])
    return answers


async def test_the_same_head_again_is_found_on_every_connection(
    client: Client, readings: list[bool]
) -> None:
    for _ in range(2):
        async with connected(client) as socket:
            assert await statuses(socket, NOWHERE, HEALTH, HEALTH, NOWHERE) == [404, 200, 200, 404]
    assert readings == [False, False, True, True, True, True, True, True]


async def test_the_body_is_the_one_that_came(client: Client) -> None:
    async with connected(client) as socket:
        for name in ("some", "same", "none"):
            socket.writer.write(login(name))
            status, _, body = await socket.answer()
            assert (status, name in body.decode()) == (422, True)


async def test_another_length_of_body_is_another_head(client: Client, readings: list[bool]) -> None:
    async with connected(client) as socket:
        assert await statuses(socket, login("a"), login("bb"), login("c")) == [422, 422, 422]
    assert readings[-2:] == [False, True]


async def test_a_request_in_pieces_is_put_together(client: Client) -> None:
    whole = login("somebody")
    async with connected(client) as socket:
        assert await statuses(socket, whole, whole) == [422, 422]
        for cut in (1, len(whole) // 2, len(whole) - 1):
            socket.writer.write(whole[:cut])
            await asyncio.sleep(0.05)
            assert await statuses(socket, whole[cut:]) == [422]
        assert await statuses(socket, whole) == [422]


async def test_what_follows_half_a_request_is_its_rest_though_it_looks_like_another(
    client: Client,
) -> None:
    inner = HEALTH
    body = b'{"a": "' + inner + b'"}'
    head = (
        f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
    ).encode() + (HOST + b"\r\n")
    async with connected(client) as socket:
        assert await statuses(socket, inner, inner) == [200, 200]
        socket.writer.write(head + b'{"a": "')
        await asyncio.sleep(0.05)
        socket.writer.write(inner)
        await asyncio.sleep(0.05)
        socket.writer.write(b'"}')
        assert (await socket.answer())[0] == 400
        assert await statuses(socket, NOWHERE) == [404]


@pytest.mark.parametrize("tail", [b"G", HEALTH, b"\r\n", HEALTH + b"GET /"])
async def test_what_comes_behind_a_request_is_not_lost(client: Client, tail: bytes) -> None:
    rest = {b"G": HEALTH[1:], HEALTH: b"", b"\r\n": HEALTH, HEALTH + b"GET /": HEALTH[5:]}[tail]
    async with connected(client) as socket:
        assert await statuses(socket, NOWHERE, NOWHERE) == [404, 404]
        socket.writer.write(NOWHERE + tail)
        assert (await socket.answer())[0] == 404
        await asyncio.sleep(0.05)
        socket.writer.write(rest)
        expected = 2 if tail.startswith(HEALTH) and rest else 1
        assert [(await socket.answer())[0] for _ in range(expected)] == [200] * expected


async def test_requests_that_do_not_wait_are_answered_in_turn(client: Client) -> None:
    async with connected(client) as socket:
        await statuses(socket, HEALTH, NOWHERE, login("a"))
        for _ in range(30):
            for request in (HEALTH, login("a"), NOWHERE):
                socket.writer.write(request)
                await asyncio.sleep(0)
        answers = [(await socket.answer())[0] for _ in range(90)]
    assert answers == [200, 422, 404] * 30


async def test_a_connection_that_is_to_end_ends_also_behind_known_heads(client: Client) -> None:
    last = b"GET /health HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
    async with connected(client) as socket:
        assert await statuses(socket, HEALTH, HEALTH, last) == [200, 200, 200]
        assert await socket.rest() == b""


async def test_no_more_is_kept_than_is_bounded(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "HEADS_MAX", 3)
    monkeypatch.setattr(heads, "HEAD_BYTES_MAX", 100)
    async with connected(client) as socket:
        for number in range(10):
            path = f"GET /{number} HTTP/1.1\r\n".encode()
            assert await statuses(socket, path + HOST + b"\r\n") == [404]
            long = b"X: " + b"x" * 100 + b"\r\n"
            assert await statuses(socket, path + HOST + long + b"\r\n") == [404]
    kept = vars(known(client))["_read"]
    assert 0 < len(kept) <= 3
    assert all(len(head) <= 100 for head in kept)


PARTS = (
    "__init__ shutdown connection_made connection_lost data_received close force_close start "
    "_process_keepalive _handle_request finish_response"
)


def test_aiohttps_own_loop_is_the_one_that_ours_was_written_beside() -> None:
    """Where this fails after an update: read what changed, then `Connection` again."""
    source = [inspect.getsource(getattr(web.RequestHandler, name)) for name in PARTS.split()]
    assert hashlib.sha256("".join(source).encode()).hexdigest().startswith(LOOP)
