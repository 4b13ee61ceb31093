"""What no client library would send, over sockets: each gets an answer of ours, or the end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

from api import connections, pace
from api.app import create_app
from api.connections import Connections
from api.middleware import PROTECTION
from api.parts import Parts
from tests.api.people import API, Client, Person, problem, signed_in
from tests.api.served import served

HOST = b"Host: localhost\r\n"
PATIENCE_S = 20.0


@dataclass
class Socket:
    """A connection, and what comes back on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers.get("Content-Length", 0)))
        return int(status.split()[1]), headers, body

    async def rest(self) -> bytes:
        """Read to the end."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()


@asynccontextmanager
async def connected(client: Client) -> AsyncGenerator[Socket]:
    """Connect, say nothing, and hang up in the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    yield Socket(reader, writer)
    writer.close()


async def asked(client: Client, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes on a connection of their own, and read the answer."""
    async with connected(client) as socket:
        socket.writer.write(raw)
        return await socket.answer()


SHAPES: dict[str, tuple[bytes, int]] = {
    "noise": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a word": (b"hello\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400),
    "HTTP/2 without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "two lengths": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        400,
    ),
    "a length and chunks": (
        b"POST / HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks that are not last": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a length below zero": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    "a length with a sign": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +1\r\n\r\nx", 400),
    "a name with a blank": (b"GET / HTTP/1.1\r\n" + HOST + b"A b: c\r\n\r\n", 400),
    "a blank before the colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\x00c\r\n\r\n", 400),
    "a return alone in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rc\r\n\r\n", 400),
    "a long first line": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    "a long header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 20_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 5_000 + b"\r\n", 400),
    "a size of a chunk that is none": (
        f"POST {API}/auth/login HTTP/1.1\r\n".encode()
        + HOST
        + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"zz\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "CONNECT": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "OPTIONS of everything": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "an expectation that nobody knows": (
        b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\nContent-Length: 0\r\n\r\n",
        417,
    ),
    "another's address": (b"GET http://evil.example/x HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "another protocol": (
        b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        200,
    ),
    "a broken path": (b"GET /%zz/%00/..%2f..%2fetc HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "a path of bytes": (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 400),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_gets_a_protected_answer(client: Client, shape: str) -> None:
    raw, expected = SHAPES[shape]

    status, headers, body = await asked(client, raw)

    assert status == expected, body
    for name, value in PROTECTION.items():
        assert headers[name] == value
    assert len(headers["X-Request-ID"]) == 32
    if expected >= 400:
        assert headers["Content-Type"] == "application/problem+json"
        said = json.loads(body)
        assert said["status"] == status
        assert said["request_id"] == headers["X-Request-ID"]
    assert (await client.get("/health")).status == 200


async def test_what_was_sent_is_not_repeated(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "mlp_0123456789abcdef_a-secret"
    for lines in (f"GET / HTTP/1.1\r\nAuthorization {secret}", f"{secret} / HTTP/1.1"):
        _, headers, body = await asked(client, f"{lines}\r\n\r\n".encode())
        assert secret not in f"{headers}{body}"
    said = capfd.readouterr()
    assert "no_request" in said.err + said.out
    assert secret not in said.err + said.out
    assert "Traceback" not in said.err + said.out


async def test_requests_behind_each_other_are_answered_in_turn(client: Client) -> None:
    one = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
    other = b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n"
    async with connected(client) as socket:
        socket.writer.write(one + other + one)
        statuses = [(await socket.answer())[0] for _ in range(3)]
    assert statuses == [200, 404, 200]


async def test_the_head_of_everything_that_can_be_read_is_told_alone(
    client: Client, alice: Person
) -> None:
    for path in ("/health", "/openapi.json", f"{API}/models", f"{API}/auth/me", "/docs"):
        read = await client.get(path, headers=alice.headers)
        head = await client.head(path, headers=alice.headers)
        assert (head.status, await head.read()) == (read.status, b"")
        assert head.headers["Content-Type"] == read.headers["Content-Type"]
        if path != "/health":  # It tells the time.
            assert head.headers["Content-Length"] == read.headers["Content-Length"]
    assert (await client.head(f"{API}/models")).status == 401
    await problem(await client.delete("/health"), 405)


async def test_who_waits_to_be_told_to_go_on_is_told(client: Client) -> None:
    async with connected(client) as socket:
        body = b'{"username": "nobody", "password": "nothing"}'
        socket.writer.write(
            f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n".encode()
            + HOST
            + b"\r\n"
        )
        assert await socket.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        socket.writer.write(body)
        assert (await socket.answer())[0] == 401


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody longer than half a second."""
    monkeypatch.setattr(connections, "SILENT_S_MAX", 0.5)
    monkeypatch.setattr(connections, "LINGERING_S", 0.2)
    monkeypatch.setattr(connections, "LOOK_S", 0.3)
    monkeypatch.setattr(pace, "GRACE_S", 0.5)


HALF_A_HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-"


async def trickle(socket: Socket, sent: bytes) -> None:
    for byte in sent:
        socket.writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("sent", [b"", b"G", HALF_A_HEAD], ids=["nothing", "a letter", "half"])
async def test_who_never_ends_a_head_is_not_waited_for(parts: Parts, sent: bytes) -> None:
    async with served(create_app(parts)) as client, connected(client) as socket:
        began = time.monotonic()
        trickling = asyncio.create_task(trickle(socket, sent))
        assert await socket.rest() == b""
        trickling.cancel()
        assert time.monotonic() - began < PATIENCE_S / 2


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
async def test_a_body_that_does_not_come_is_a_problem_and_the_end(
    parts: Parts, length: str
) -> None:
    async with served(create_app(parts)) as client, connected(client) as socket:
        socket.writer.write(
            f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n{length}\r\n"
            "Host: localhost\r\n\r\n".encode()
        )
        status, headers, body = await socket.answer()
        assert (status, json.loads(body)["type"]) == (408, "/problems/too-slow")
        assert headers["Connection"] == "close"
        assert await socket.rest() == b""


@pytest.mark.usefixtures("impatience")
async def test_an_upload_that_trickles_is_given_up_and_leaves_nothing(
    parts: Parts, settings: Any
) -> None:
    async with served(create_app(parts)) as client:
        person = await signed_in(client)
        files = settings.data_dir / "artifacts"
        before = set(files.rglob("*"))
        async with connected(client) as socket:
            socket.writer.write(
                f"POST {API}/models/upload?name=slow HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: {person.headers['Authorization']}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n"
                '--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'.encode()
            )
            answering = asyncio.create_task(socket.answer())
            while not answering.done():
                socket.writer.write(b"a")
                await asyncio.sleep(0.05)
            status, _, body = await answering
        assert (status, json.loads(body)["type"]) == (408, "/problems/too-slow")
        assert {each for each in files.rglob("*") if each.is_file()} <= before


@pytest.mark.usefixtures("impatience")
async def test_an_honest_upload_may_take_its_time(
    parts: Parts, iris_forest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "BYTES_PER_S_MIN", 1_000)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
    body = head + iris_forest + b"\r\n--x--\r\n"
    step = len(body) // 15

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]
            await asyncio.sleep(0.05)

    assert step / 0.05 > 2 * pace.BYTES_PER_S_MIN
    async with served(create_app(parts)) as client:
        person = await signed_in(client)
        headers = {**person.headers, "Content-Type": "multipart/form-data; boundary=x"}
        path = f"{API}/models/upload"
        answer = await client.post(path, params={"name": "slow"}, data=slowly(), headers=headers)
        assert answer.status == 201
    await parts.background.finished()


@pytest.mark.usefixtures("impatience")
async def test_who_reads_nothing_of_a_long_answer_is_let_go(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()
    original = connections.Connection.connection_lost

    def lost(self: connections.Connection, exc: BaseException | None) -> None:
        ended.set()
        original(self, exc)

    monkeypatch.setattr(connections.Connection, "connection_lost", lost)
    async with served(create_app(parts)) as client, connected(client) as socket:
        cast("asyncio.Transport", socket.writer.transport).pause_reading()
        request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        socket.writer.write(request * 2_000)
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()


async def test_slow_clients_beside_an_honest_one_slow_it_not_down(client: Client) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(300)]
    for _, writer in slow:
        writer.write(HALF_A_HEAD)
    assert (await client.get("/health")).status == 200
    for _, writer in slow:
        writer.close()


async def test_a_newcomer_takes_the_place_of_who_was_silent_longest(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 20)
    async with served(create_app(parts)) as client, connected(client) as first:
        others = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(25)]
        assert (await client.get("/health")).status == 200
        assert await first.rest() == b""
        for _, writer in others:
            writer.close()


def test_connections_are_the_platforms_own(client: Client) -> None:
    assert isinstance(client.server.handler, Connections)
