"""Bodies in chunks: as small as somebody writes them, but not very many of next to nothing."""

from __future__ import annotations

import json

import pytest

from api.http.chunks import BYTES_MIN, CHUNKS_MAX
from tests.api.people import API, Client, Person
from tests.api.sockets import HOST, connected

JSON = "Content-Type: application/json\r\n"
FORM = "Content-Type: multipart/form-data; boundary=x\r\n"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
LAST = b"0\r\n\r\n"


def chunked(path: str, lines: str, *chunks: bytes) -> bytes:
    """Give a request whose body comes so."""
    head = f"POST {API}{path} HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n".encode()
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + HOST + b"\r\n" + body


@pytest.mark.parametrize(
    ("path", "lines", "status"),
    [
        ("/auth/login", JSON, 400),
        ("/models/upload?name=a", FORM, 400),
        ("/models", JSON, 405),
        ("/nowhere", JSON, 404),
    ],
)
@pytest.mark.parametrize("end", [b"", LAST], ids=["going on", "whole"])
async def test_very_many_chunks_of_next_to_nothing_are_the_end(
    client: Client, alice: Person, path: str, lines: str, status: int, end: bytes
) -> None:
    lines += f"Authorization: {alice.headers['Authorization']}\r\n"
    chunks = [PART, *[b" "] * (CHUNKS_MAX + len(PART))]
    async with connected(client) as socket:
        socket.writer.write(chunked(path, lines, *chunks) + end)
        answered, headers, body = await socket.answer()
        assert (answered, headers["Connection"]) == (status, "close")
        assert await socket.rest() == b""
    if status == 400:
        assert "chunks" in json.loads(body)["detail"]


async def test_it_does_not_matter_in_how_many_pieces_they_come(client: Client) -> None:
    async with connected(client) as socket:
        socket.writer.write(chunked("/auth/login", JSON))
        for _ in range(6):
            await socket.writer.drain()
            assert (await client.get("/health")).status == 200
            socket.writer.write(b"1\r\n \r\n" * (CHUNKS_MAX // 5))
        assert (await socket.answer())[0] == 400


@pytest.mark.parametrize(
    "chunks",
    [[b" "] * (CHUNKS_MAX - 1), [b" " * (BYTES_MIN + 1)] * (CHUNKS_MAX * 2), [b" " * 90_000]],
    ids=["few", "of some bytes", "one"],
)
async def test_others_are_read_to_their_end(client: Client, chunks: list[bytes]) -> None:
    login = b'{"username": "nobody", "password": "nothing"}'
    async with connected(client) as socket:
        for _ in range(2):
            socket.writer.write(chunked("/auth/login", JSON, *chunks, login) + LAST)
            assert (await socket.answer())[0] == 401
