"""Connections on which anything may be sent, whether it is HTTP or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.api.api_client import Client

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
