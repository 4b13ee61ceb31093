"""Connections that send any bytes, valid HTTP or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.api.api_client import Client

HOST = b"Host: localhost\r\n"
TIMEOUT_S = 20.0


@dataclass
class Socket:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read_response(self) -> tuple[int, dict[str, str], bytes]:
        """Read one response."""
        async with asyncio.timeout(TIMEOUT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            body = await self.reader.readexactly(int(headers.get("Content-Length", 0)))
        return int(status.split()[1]), headers, body

    async def rest(self) -> bytes:
        """Read to the end."""
        async with asyncio.timeout(TIMEOUT_S):
            return await self.reader.read()


@asynccontextmanager
async def connected(client: Client) -> AsyncGenerator[Socket]:
    """Open a connection that is closed at the end of the context."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    yield Socket(reader, writer)
    writer.close()


async def send_raw(client: Client, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes on a new connection, and read the response."""
    async with connected(client) as socket:
        socket.writer.write(raw)
        return await socket.read_response()
