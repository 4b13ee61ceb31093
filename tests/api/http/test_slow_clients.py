"""Who sends nothing for long, reads nothing, or holds connections that others need."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from api.app import create_app
from api.dependencies import Dependencies
from api.http import connections, streaming
from tests.api.api_client import API, Client, served, signed_in
from tests.api.raw_connection import PATIENCE_S, Socket, connected


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nobody longer than half a second."""
    monkeypatch.setattr(connections, "SILENT_S_MAX", 0.5)
    monkeypatch.setattr(connections, "LINGERING_S", 0.2)
    monkeypatch.setattr(connections, "UNREAD_S_MAX", 0.3)
    monkeypatch.setattr(streaming, "GRACE_S", 0.5)


HALF_A_HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-"


async def trickle(socket: Socket, sent: bytes) -> None:
    for byte in sent:
        socket.writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("sent", [b"", b"G", HALF_A_HEAD], ids=["nothing", "a letter", "half"])
async def test_who_never_ends_a_head_is_not_waited_for(
    dependencies: Dependencies, sent: bytes
) -> None:
    async with served(create_app(dependencies)) as client, connected(client) as socket:
        began = time.monotonic()
        trickling = asyncio.create_task(trickle(socket, sent))
        assert await socket.rest() == b""
        trickling.cancel()
        assert time.monotonic() - began < PATIENCE_S / 2


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
async def test_a_body_that_does_not_come_is_a_problem_and_the_end(
    dependencies: Dependencies, length: str
) -> None:
    async with served(create_app(dependencies)) as client, connected(client) as socket:
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
    dependencies: Dependencies, settings: Any
) -> None:
    async with served(create_app(dependencies)) as client:
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
    dependencies: Dependencies, iris_forest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "BYTES_PER_S_MIN", 1_000)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
    body = head + iris_forest + b"\r\n--x--\r\n"
    step = len(body) // 15

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]
            await asyncio.sleep(0.05)

    assert step / 0.05 > 2 * streaming.BYTES_PER_S_MIN
    async with served(create_app(dependencies)) as client:
        person = await signed_in(client)
        headers = {**person.headers, "Content-Type": "multipart/form-data; boundary=x"}
        path = f"{API}/models/upload"
        answer = await client.post(path, params={"name": "slow"}, data=slowly(), headers=headers)
        assert answer.status == 201
    await dependencies.background.finished()


@pytest.mark.usefixtures("impatience")
async def test_who_reads_nothing_of_a_long_answer_is_let_go(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()
    original = connections.Connection.connection_lost

    def lost(self: connections.Connection, exc: BaseException | None) -> None:
        ended.set()
        original(self, exc)

    monkeypatch.setattr(connections.Connection, "connection_lost", lost)
    async with served(create_app(dependencies)) as client, connected(client) as socket:
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
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 20)
    async with served(create_app(dependencies)) as client, connected(client) as first:
        others = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(25)]
        assert (await client.get("/health")).status == 200
        assert await first.rest() == b""
        for _, writer in others:
            writer.close()
