"""A body that was there at once is read at once, and is a stream to whoever wants one."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.base_protocol import BaseProtocol

from api.http.whole_body import WholeBody

BODY = b"one\ntwo\n"


async def body() -> WholeBody:
    loop = asyncio.get_running_loop()
    return WholeBody(BODY, BaseProtocol(loop), 65_536, loop)


async def test_it_is_read_at_once_and_once() -> None:
    whole = await body()
    assert whole.is_eof()
    assert [whole.read_nowait(), whole.read_nowait()] == [BODY, b""]
    assert whole.at_eof()


async def test_it_is_a_stream_to_whoever_wants_one() -> None:
    whole = await body()
    assert not whole.at_eof()
    assert await whole.readline() == b"one\n"
    assert await whole.readexactly(1) == b"t"
    assert whole.read_nowait() == b"wo\n"
    assert await whole.read() == b""
    assert [line async for line in await body()] == [b"one\n", b"two\n"]


async def test_a_part_of_it_leaves_the_rest() -> None:
    whole = await body()
    assert whole.read_nowait(2) == b"on"
    assert await whole.read() == b"e\ntwo\n"


async def test_it_can_be_read_whatever_became_of_the_connection() -> None:
    whole = await body()
    whole.set_exception(ConnectionResetError())
    assert await whole.read() == BODY


async def test_what_no_stream_has_it_has_not_either() -> None:
    with pytest.raises(AttributeError, match="colour"):
        _ = (await body()).colour
