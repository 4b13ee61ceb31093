"""Any bytes are parsed as by a plain aiohttp server: the same requests, in the same order.

Valid, odd and hostile sequences of requests are generated from a seed, cut into segments at
random, and sent to our connections and to `aiohttp.web.Server` with the same handler.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from random import Random
from typing import Any

import pytest
from aiohttp import web

from api.http.connections import ConnectionServer
from api.http.responses import JsonResponse
from tests.conftest import Rounds

SEED = 20_261_201
SEQUENCES_AT_ONCE = 200
TIMEOUT_S = 30.0
SETTLE_S = (0.15, 2.0)
"""The wait for responses after the last segment. The second one is for differences that only come
from a busy machine."""
TOKENS = (b"alice", b"bob", b"carol")
METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD")
TARGETS = (b"/a", b"/b?x=1", b"/%61", b"//a", b"http://other/a", b"*")
INNER = b"GET /inner HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer bob\r\n\r\n"
BODIES = (b"", b"{}", b'{"a":1}', b"x" * 40, b"\r\n\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", INNER)

ParsedResponse = tuple[Any, ...]


class Sequences:
    """Makes sequences of segments to send on one connection."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._sent = [INNER]

    def next(self) -> list[bytes]:
        """Return the segments of one to five requests; half of them were sent before."""
        random = self._random
        requests: list[bytes] = []
        for _ in range(random.randint(1, 5)):
            request = random.choice(self._sent) if random.random() < 0.5 else self._request()
            self._sent = [*self._sent[-50:], request]
            requests.append(request)
        whole = b"".join(requests)
        match random.randrange(4):
            case 0:
                return requests
            case 1:
                return [whole]
            case 2:  # The end of one request in one segment with the beginning of the next.
                return self._cut(whole, random.randint(1, 3))
            case _:
                return self._cut(whole, random.randint(3, 12))

    def _cut(self, whole: bytes, count: int) -> list[bytes]:
        cuts = sorted(self._random.randint(0, len(whole)) for _ in range(count))
        pairs = zip([0, *cuts], [*cuts, len(whole)], strict=True)
        return [whole[start:end] for start, end in pairs if start < end]

    def _request(self) -> bytes:
        random = self._random
        body = random.choice(BODIES)
        lines = [b"Host: h"]
        if random.random() < 0.8:
            lines.append(b"Authorization: Bearer " + random.choice(TOKENS))
        if random.random() < 0.4:
            lines.append(b"X-Who: " + random.choice(TOKENS))
        kind = random.random()
        if kind < 0.55:
            lines += [b"Content-Length: %d" % len(body)] if body or random.random() < 0.4 else []
        elif kind < 0.7:
            lines.append(b"Transfer-Encoding: chunked")
            body = _chunked(body, random.randint(1, 8))
        else:
            lines += self._odd_lines(len(body))
        random.shuffle(lines)
        is_valid = random.random() < 0.9
        target = random.choice(TARGETS[:4] if is_valid else TARGETS)
        version = b"HTTP/1.1" if is_valid else random.choice((b"HTTP/1.0", b"HTTP/1.2"))
        between = b"\r\n" if random.random() < 0.95 else random.choice((b"\n", b"\r", b"\r\n "))
        end = (
            b"\r\n\r\n"
            if random.random() < 0.95
            else random.choice((b"\n\n", b"\r\n\n", b"\n\r\n"))
        )
        before = b"" if random.random() < 0.95 else random.choice((b"\r\n", b"\n", b" "))
        first = before + random.choice(METHODS) + b" " + target + b" " + version + b"\r\n"
        return first + between.join(lines) + end + body

    def _odd_lines(self, length: int) -> list[bytes]:
        """Lengths and codings that HTTP parsers may disagree about."""
        random = self._random
        declared = length + random.choice((0, 0, 1, -1, 5))
        valid_length = b"Content-Length: %d" % length
        return random.choice(
            (
                [b"Content-Length: %d" % declared, valid_length],
                [b"content-length:%d" % declared],
                [b"Content-Length: +%d" % declared],
                [b"Content-Length: 0%d" % declared],
                [b"Content-Length: %d, %d" % (declared, declared)],
                [b"Content-Length : %d" % declared],
                [b"Content-Length: %d\r\n folded" % declared],
                [b"Content-Length: %d" % declared, b"Transfer-Encoding: chunked"],
                [b"Transfer-Encoding: identity"],
                [b"Transfer-Encoding: gzip, chunked"],
                [b"Transfer-Encoding:\tchunked"],
                [b"Expect: 100-continue", valid_length],
                [b"Expect: something", valid_length],
                [b"Connection: close", valid_length],
                [b"Connection: keep-alive", valid_length],
                [b"Origin: http://page.example", valid_length],
                [b"X: \x00"],
                [b"X\x0b: 1"],
                [b": no name"],
            )
        )


def _chunked(body: bytes, size: int) -> bytes:
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


def echo(respond: Callable[[bytes], web.StreamResponse]) -> Callable[..., Awaitable[Any]]:
    """Make a handler that returns the parsed request as JSON."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await request.read()
        except Exception:  # noqa: BLE001 — broken bodies are compared, too
            broken = web.Response(status=400)
            broken.force_close()
            return broken
        parsed = {
            "method": request.method,
            "target": str(request.rel_url),
            "body": body.decode("latin1"),
            "headers": [f"{name}: {value}" for name, value in request.headers.items()],
        }
        return respond(json.dumps(parsed).encode())

    return handle


@asynccontextmanager
async def listening(factory: Callable[[], asyncio.BaseProtocol]) -> AsyncGenerator[int]:
    """Serve on a free port."""
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def received(port: int, segments: list[bytes], gap_s: float, settle_s: float) -> bytes:
    """Send segments one after the other; return everything that is received."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    reading = asyncio.create_task(_read(reader))
    try:
        for segment in segments:
            writer.write(segment)
            await writer.drain()
            await asyncio.sleep(gap_s)
        await asyncio.wait([reading], timeout=settle_s)
        writer.write_eof()
    except OSError:
        pass
    try:
        return await asyncio.wait_for(reading, TIMEOUT_S)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    try:
        while chunk := await reader.read(65_536):
            whole += chunk
    except ConnectionError:
        pass
    return whole


def parsed_responses(raw: bytes) -> list[ParsedResponse]:
    """Parse responses: their statuses, and the requests that the handler saw."""
    found: list[ParsedResponse] = []
    while match := re.match(rb"HTTP/1\.[01] (\d{3}) ", raw):
        head, _, raw = raw.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = raw[: int(length[1])] if length else b""
        if match[1] == b"200" and not body.startswith(b"{"):
            found.append((200, "the response to HEAD"))
            continue
        raw = raw[len(body) :]
        found.append((200, json.loads(body)) if match[1] == b"200" else (int(match[1]),))
    assert not raw, raw
    return found


@pytest.mark.rounds
async def test_random_sequences_are_parsed_as_by_aiohttp(
    rounds: Rounds,
) -> None:
    sequences = Sequences(SEED)
    bare = web.Server(
        echo(lambda body: web.Response(body=body, content_type="application/json")),
        access_log=None,
        auto_decompress=False,
    )
    ours = ConnectionServer(web.Server(echo(lambda body: JsonResponse(body, HTTPStatus.OK))))
    async with listening(ours) as our_port, listening(bare) as bare_port:

        async def compare(number: int, segments: list[bytes]) -> list[str]:
            gap_s = (0.0, 0.002, 0.005)[number % 3]
            a = b = list[ParsedResponse]()
            for settle_s in SETTLE_S:
                from_ours, from_bare = await asyncio.gather(
                    received(our_port, segments, gap_s, settle_s),
                    received(bare_port, segments, gap_s, settle_s),
                )
                a, b = parsed_responses(from_ours), parsed_responses(from_bare)
                if a == b:
                    return []
            return [f"{segments}\n  ours: {a}\n  bare: {b}"]

        differing: list[str] = []
        for start in range(0, rounds(2_000, 40_000), SEQUENCES_AT_ONCE):
            batch = [sequences.next() for _ in range(SEQUENCES_AT_ONCE)]
            results = await asyncio.gather(*(compare(start + n, s) for n, s in enumerate(batch)))
            differing += [line for result in results for line in result]
        assert not differing, f"{len(differing)} differ:\n" + "\n".join(differing[:5])
        await ours.shutdown(0)
        await bare.shutdown(0)
