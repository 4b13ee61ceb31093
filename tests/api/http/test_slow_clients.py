"""Clients that send nothing for long, read nothing, or hold connections that others need."""

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
from tests.api.raw_connection import TIMEOUT_S, Socket, connected


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all timeouts to at most half a second."""
    monkeypatch.setattr(connections, "SILENT_S_MAX", 0.5)
    monkeypatch.setattr(connections, "LINGERING_S", 0.2)
    monkeypatch.setattr(connections, "UNREAD_S_MAX", 0.3)
    monkeypatch.setattr(streaming, "GRACE_S", 0.5)


HALF_OF_HEADERS = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-"


async def trickle(socket: Socket, sent: bytes) -> None:
    for byte in sent:
        socket.writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("sent", [b"", b"G", HALF_OF_HEADERS], ids=["nothing", "a letter", "half"])
async def test_a_client_that_never_completes_its_headers_is_disconnected(
    dependencies: Dependencies, sent: bytes
) -> None:
    async with served(create_app(dependencies)) as client, connected(client) as socket:
        began = time.monotonic()
        trickling = asyncio.create_task(trickle(socket, sent))
        assert await socket.rest() == b""
        trickling.cancel()
        assert time.monotonic() - began < TIMEOUT_S / 2


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
async def test_a_missing_body_is_a_problem_and_ends_the_connection(
    dependencies: Dependencies, length: str
) -> None:
    async with served(create_app(dependencies)) as client, connected(client) as socket:
        socket.writer.write(
            f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n{length}\r\n"
            "Host: localhost\r\n\r\n".encode()
        )
        status, headers, body = await socket.read_response()
        assert (status, json.loads(body)["type"]) == (408, "/problems/too-slow")
        assert headers["Connection"] == "close"
        assert await socket.rest() == b""


@pytest.mark.usefixtures("short_timeouts")
async def test_a_very_slow_upload_is_refused_and_leaves_no_file(
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
            responding = asyncio.create_task(socket.read_response())
            while not responding.done():
                socket.writer.write(b"a")
                await asyncio.sleep(0.05)
            status, _, body = await responding
        assert (status, json.loads(body)["type"]) == (408, "/problems/too-slow")
        assert {each for each in files.rglob("*") if each.is_file()} <= before


@pytest.mark.usefixtures("short_timeouts")
async def test_a_slow_but_steady_upload_succeeds(
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
        response = await client.post(path, params={"name": "slow"}, data=slowly(), headers=headers)
        assert response.status == 201
    await dependencies.background.finished()


@pytest.mark.usefixtures("short_timeouts")
async def test_a_client_that_reads_no_response_is_disconnected(
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
        async with asyncio.timeout(TIMEOUT_S):
            await ended.wait()


async def test_slow_clients_do_not_slow_down_another_client(client: Client) -> None:
    slow = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(300)]
    for _, writer in slow:
        writer.write(HALF_OF_HEADERS)
    assert (await client.get("/health")).status == 200
    for _, writer in slow:
        writer.close()


async def test_a_new_connection_replaces_the_longest_idle_one(
    dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 20)
    async with served(create_app(dependencies)) as client, connected(client) as first:
        others = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(25)]
        assert (await client.get("/health")).status == 200
        assert await first.rest() == b""
        for _, writer in others:
            writer.close()
