"""A request is only answered once its headers have ended, wherever its bytes are cut."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.api.api_client import Client
from tests.api.raw_connection import TIMEOUT_S, connected

FIRST_HALF = b"GET /health HTTP/1.1\r\nHost: localhost"
"""With an empty line it is a complete request."""
REST = b".example\r\nX-Y: GET /health HTTP/1.0\r\nX: y\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /health HTTP/1.0\r\nX: y\r\nConnection: close\r\n\r\n"
"""Continues the last header of the first half, but looks like a separate request."""


async def responses_to(client: Client, *segments: bytes) -> list[bytes]:
    """Send bytes in separate segments; return the status lines of all responses."""
    async with connected(client) as connection:
        for segment in segments:
            connection.writer.write(segment)
            await connection.writer.drain()
            await asyncio.sleep(0.005)
        received = await connection.rest()
    return re.findall(rb"HTTP/1\.[01] \d+", received)


async def send_first_half(client: Client) -> None:
    """Send the first half as a complete request, which the parser may remember."""
    async with connected(client) as connection:
        for _ in range(2):
            connection.writer.write(FIRST_HALF + b"\r\n\r\n")
            assert (await connection.read_response())[0] == 200


@pytest.mark.parametrize("rest", [REST, SMUGGLED], ids=["valid", "hostile"])
async def test_a_request_cut_at_any_byte_gets_exactly_one_response(
    client: Client, rest: bytes
) -> None:
    await send_first_half(client)
    request = FIRST_HALF + rest

    async with asyncio.timeout(TIMEOUT_S):
        for cut in range(1, len(request)):
            assert await responses_to(client, request[:cut], request[cut:]) == [b"HTTP/1.1 200"], (
                cut
            )


async def test_a_request_sent_byte_by_byte_gets_exactly_one_response(client: Client) -> None:
    request = FIRST_HALF + SMUGGLED

    assert await responses_to(client, *(bytes([byte]) for byte in request)) == [b"HTTP/1.1 200"]
