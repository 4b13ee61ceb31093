"""Input that takes long to read delays no other request, and memory does not grow with it."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio

from api.feed.hub import RESUMED_EVENTS_MAX
from tests.mlplatform.demo_client import API, IRIS, Visitor, visiting
from tests.platform_process import Platform, serving

MIB = 2**20
STALL_S_MAX = 0.05
CHUNKS_S_MAX = 0.3
"""Processor time, including other work; reading all chunks takes a second."""
ATTEMPTS = 3
"""The best attempt counts, because a busy machine delays some of them."""
UPLOAD_BYTES = 200_000_000
GROWTH_MB_MAX = 20.0
JSON = {"Content-Type": "application/json"}
PART = b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n'


def filled(before: bytes, repeated: bytes, after: bytes) -> bytes:
    """A body just below the limit."""
    return before + repeated * ((MIB - 200) // len(repeated)) + after


BODIES: Mapping[str, bytes] = {
    "numbers": filled(b'{"input_data": [', b"1,", b"1]}"),
    "rows": b'{"input_data": ' + json.dumps([IRIS] * 10_000).encode() + b"}",
    "too many rows": filled(b'{"input_data": [', b"[1,2,3,4],", b"[1,2,3,4]]}"),
    "lists of one value": filled(b'{"input_data": [', b"[1],", b"[1]]}"),
    "empty lists": filled(b'{"a": {"b": 1}, "input_data": [', b"[],", b"[]]}"),
    "objects": filled(b'{"input_data": [', b'{"a":1},', b'{"a":1}]}'),
    "repeated names": filled(b'{"input_data": [', b'{"a":1,"a":1},', b'{"a":1}]}'),
    "texts": filled(b'{"a": ":", "input_data": [', b'"",', b'""]}'),
    "a long text": filled(b'{"input_data": "', b"a", b'"}'),
    "escapes": filled(b'{"input_data": "', b"\\u0041", b'"}'),
    "nearly NUL": filled(b'{"input_data": "', b"\\\\u0000", b'"}'),
    "many names": b'{"input_data": {'
    + b",".join(b'"%06d":1' % number for number in range(85_000))
    + b"}}",
    "many unknown members": b"{" + b",".join(b'"%06d":1' % n for n in range(85_000)) + b"}",
    "digits": filled(b'{"input_data": [', b"1", b"]}"),
    "small numbers": filled(b'{"input_data": [', b"1e-300,", b"1]}"),
    "brackets": filled(b'{"input_data": ', b"[", b""),
    "invalid UTF-8": filled(b'{"input_data": ["', b"\xff", b'"]}'),
    "blanks": filled(b" ", b" ", b""),
    "packed": gzip.compress(b'{"input_data": "' + b"a" * 100_000_000 + b'"}'),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Platform]:
    """A platform that accepts large files."""
    folder = tmp_path_factory.mktemp("large")
    with serving(folder, "--demo", MAX_UPLOAD_SIZE=str(2 * UPLOAD_BYTES)) as platform:
        yield platform


class LatencyMonitor:
    """Sends small requests repeatedly, and measures the longest response time."""

    def __init__(self, platform: Platform) -> None:
        self._address = urlsplit(platform.url).netloc
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._measure)
        self.longest_s = 0.0

    async def __aenter__(self) -> LatencyMonitor:
        """Start measuring."""
        self._thread.start()
        await asyncio.sleep(0.05)
        self.longest_s = 0.0
        return self

    async def __aexit__(self, *_: object) -> None:
        """Measure shortly after the end, then stop."""
        await asyncio.sleep(0.05)
        self._is_stopped.set()
        await asyncio.to_thread(self._thread.join)

    def _measure(self) -> None:
        connection = HTTPConnection(self._address)
        while not self._is_stopped.wait(0.001):
            began = time.perf_counter()
            connection.request("GET", "/problems/not-found")
            connection.getresponse().read()
            self.longest_s = max(self.longest_s, time.perf_counter() - began)
        connection.close()


async def least_stall(platform: Platform, send: Callable[[], Any]) -> float:
    """Send something; return the longest response time of another client meanwhile."""
    stalls_s: list[float] = []
    for _ in range(ATTEMPTS):
        async with LatencyMonitor(platform) as monitor:
            await send()
        stalls_s.append(monitor.longest_s)
    return min(stalls_s)


async def posted(visitor: Visitor, path: str, body: Any, headers: Mapping[str, str]) -> int:
    content = io.BytesIO(body) if isinstance(body, bytes) else body
    try:
        async with visitor.http.post(API + path, data=content, headers=headers) as response:
            await response.read()
            return response.status
    except aiohttp.ClientConnectionError:
        return 0  # The body was not read completely.


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", BODIES)
async def test_a_large_body_delays_no_other_request(platform: Platform, kind: str) -> None:
    body = BODIES[kind]
    headers = JSON | ({"Content-Encoding": "gzip"} if kind == "packed" else {})
    async with visiting(platform) as visitor:
        model = (await visitor.models())["Iris species"]["id"]
        for path in (f"/models/{model}/predict", "/auth/login"):
            statuses: list[int] = []

            async def send(path: str = path, statuses: list[int] = statuses) -> None:
                statuses.append(await posted(visitor, path, body, headers))

            stall_s = await least_stall(platform, send)
            print(f"{kind} to {path[-8:]}: {statuses[0]}, {stall_s * 1e3:.0f} ms")  # noqa: T201
            assert set(statuses) <= ({200} if kind == "rows" else set()) | {
                0,
                400,
                401,
                413,
                415,
                422,
            }
            assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
async def test_a_form_of_many_parts_delays_no_other_request(platform: Platform) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with visiting(platform) as visitor:
        parts = PART * 50_000 + b"--x--\r\n"
        stall_s = await least_stall(
            platform, lambda: posted(visitor, "/models/upload?name=a", parts, headers)
        )
    print(f"50,000 parts: {stall_s * 1e3:.0f} ms")  # noqa: T201
    assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("line", [b"\n", b"a\r\n"])
async def test_lines_before_the_first_part_delay_no_other_request(
    platform: Platform, line: bytes
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with visiting(platform) as visitor:
        statuses: list[int] = []

        async def send() -> None:
            body = line * (4 * MIB)
            statuses.append(await posted(visitor, "/models/upload?name=a", body, headers))

        stall_s = await least_stall(platform, send)
    print(f"lines before the first part: {statuses[0]}, {stall_s * 1e3:.0f} ms")  # noqa: T201
    assert set(statuses) <= {0, 400}
    assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", ["/auth/login", "/nowhere"])
async def test_a_body_of_tiny_chunks_delays_no_other_request(platform: Platform, path: str) -> None:
    head = f"POST {API}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    raw = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * MIB
    address = urlsplit(platform.url)

    async def send() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        with suppress(ConnectionError):
            writer.write(raw)
            await reader.read()
        writer.close()

    before_s = platform.processor_s
    stall_s = await least_stall(platform, send)
    cpu_s = (platform.processor_s - before_s) / ATTEMPTS
    print(f"a million chunks to {path}: {cpu_s:.2f} s, {stall_s * 1e3:.0f} ms")  # noqa: T201
    assert cpu_s < CHUNKS_S_MAX
    assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
async def test_a_page_of_the_largest_calls_delays_no_other_request(platform: Platform) -> None:
    rows = [[5.123456789012345, 3.512345678901234, 1.412345678901234, 0.212345678901234]] * 8_000
    async with visiting(platform) as visitor:
        model = (await visitor.models())["Iris species"]["id"]
        for _ in range(20):
            await visitor.predict(model, rows)
        sizes: list[int] = []

        async def send() -> None:
            url = f"{API}/models/{model}/history?limit=1000"
            async with visitor.http.get(url) as response:
                assert "next" in response.links
                sizes.append(len(await response.read()))

        stall_s = await least_stall(platform, send)
    print(f"a page of {sizes[0] / 1e6:.1f} MB: {stall_s * 1e3:.0f} ms")  # noqa: T201
    assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
async def test_resuming_the_feed_after_a_thousand_calls_delays_no_other_request(
    platform: Platform,
) -> None:
    async with visiting(platform) as visitor:
        model = (await visitor.models())["Iris species"]["id"]
        for _ in range(RESUMED_EVENTS_MAX):
            await visitor.predict(model, IRIS)
        received: list[int] = []

        async def send() -> None:
            async with visitor.http.get(f"{API}/feed?last_event_id=1") as response:
                lines = 0
                while lines < RESUMED_EVENTS_MAX:
                    lines += (await response.content.readline()).startswith(b"event: happened")
            received.append(lines)

        stall_s = await least_stall(platform, send)
    print(f"{received[0]} calls sent: {stall_s * 1e3:.0f} ms")  # noqa: T201
    assert stall_s < STALL_S_MAX


@pytest.mark.timed
@pytest.mark.asyncio(loop_scope="module")
async def test_memory_does_not_grow_with_the_size_of_a_file(platform: Platform) -> None:
    async def form() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n'
        for _ in range(UPLOAD_BYTES // MIB):
            yield b"\x80" * MIB
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with visiting(platform) as visitor:
        path = "/models/upload?name=large"
        assert await posted(visitor, path, PART + b"--x--\r\n", headers) == 422
        before, most = platform.resident_mb, 0.0
        uploading = asyncio.create_task(posted(visitor, path, form(), headers))
        while not uploading.done():
            most = max(most, platform.resident_mb)
            await asyncio.sleep(0.01)
        assert await uploading == 422
    print(f"200 MB uploaded: from {before:.0f} MB to {most:.0f} MB")  # noqa: T201
    assert most - before < GROWTH_MB_MAX
