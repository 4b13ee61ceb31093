"""Bodies in chunks: read to their end, however small the chunks are, in short steps."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.api.api_client import API, Client
from tests.api.raw_connection import HOST, connected

MIB = 2**20
STEP_CPU_S_MAX = 0.25
"""For 16,384 chunks at most; about 0.02 s on an idle machine."""
JSON = "Content-Type: application/json\r\n"
LOGIN = b'{"username": "nobody", "password": "nothing"}'
LAST = b"0\r\n\r\n"


def chunked(path: str, lines: str, *chunks: bytes) -> bytes:
    """Give a request with a chunked body, without the last chunk."""
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
            assert (await socket.answer())[0] == 401


@pytest.mark.parametrize(("path", "status"), [("/auth/login", 413), ("/nowhere", 404)])
async def test_a_million_tiny_chunks_end_at_the_size_limit_and_block_nobody(
    client: Client, path: str, status: int
) -> None:
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    async with connected(client) as socket:
        socket.writer.write(chunked(path, JSON) + b"1\r\n \r\n" * (MIB + 1) + LAST)
        assert (await socket.answer())[0] == status
    watching.cancel()
    assert longest_s < STEP_CPU_S_MAX
