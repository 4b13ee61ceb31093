"""Bodies in chunks: read to their end, however small the chunks are, in short steps."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from api.http.connections import Connection
from tests.api.api_client import API, Client, Person
from tests.api.raw_connection import HOST, connected

MIB = 2**20
PARSED_BYTES_MAX = MIB
"""Of the six MiB that are sent. To parse all of them takes 1.5 s."""
JSON = "Content-Type: application/json\r\n"
FORM = "Content-Type: multipart/form-data; boundary=x\r\n"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
LOGIN = b'{"username": "nobody", "password": "nothing"}'
LAST = b"0\r\n\r\n"


def chunked(path: str, lines: str, *chunks: bytes) -> bytes:
    """Make a request with a chunked body, without the last chunk."""
    head = f"POST {API}{path} HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n".encode()
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + HOST + b"\r\n" + body


@pytest.mark.parametrize(
    "chunks",
    [[b" "] * 3_000, [b" " * 65] * 2_000, [b" " * 90_000]],
    ids=["tiny", "small", "large"],
)
async def test_chunks_of_any_size_are_read_to_their_end(
    client: Client, chunks: list[bytes]
) -> None:
    async with connected(client) as socket:
        for _ in range(2):
            socket.writer.write(chunked("/auth/login", JSON, *chunks, LOGIN) + LAST)
            assert (await socket.read_response())[0] == 401


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of bytes that the server's parser was given."""
    sizes: list[int] = []
    receive = Connection.data_received

    def receive_and_note(connection: Connection, data: bytes) -> None:
        sizes.append(len(data))
        receive(connection, data)

    monkeypatch.setattr(Connection, "data_received", receive_and_note)
    return sizes


@pytest.mark.parametrize(
    ("path", "status"),
    [("/auth/login", 400), ("/models/upload?name=a", 400), ("/nowhere", 404)],
)
@pytest.mark.parametrize("end", [b"", LAST], ids=["unfinished", "complete"])
async def test_a_million_tiny_chunks_are_not_read(
    client: Client, alice: Person, parsed: list[int], path: str, status: int, end: bytes
) -> None:
    lines = FORM if "upload" in path else JSON
    lines += f"Authorization: {alice.headers['Authorization']}\r\n"
    async with connected(client) as socket:
        socket.writer.write(chunked(path, lines, PART) + b"1\r\n \r\n" * MIB + end)
        actual, _, body = await socket.read_response()
        with suppress(ConnectionResetError):
            await socket.rest()
    assert actual == status
    assert status == 404 or "tiny chunks" in json.loads(body)["detail"]
    assert sum(parsed) < PARSED_BYTES_MAX


async def test_tiny_chunks_are_counted_across_reads(client: Client) -> None:
    async with connected(client) as socket:
        socket.writer.write(chunked("/auth/login", JSON))
        for _ in range(17):
            await socket.writer.drain()
            assert (await client.get("/health")).status == 200
            socket.writer.write(b"1\r\n \r\n" * 1_000)
        assert (await socket.read_response())[0] == 400
