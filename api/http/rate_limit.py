"""Rate limits: moving windows of a minute, in memory or shared through Redis."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Final, Literal

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter

from domain.errors import TooMany
from storage.lru_dict import LruDict
from storage.redis.client import RedisClient

Quota = Literal["anonymous", "account", "predictions"]
OF_A_KEY: Final = "key"
DEGRADED: Final = "degraded: redis is unavailable, so each process counts its own calls"
WINDOW_S = 60
KEYS_MAX = 100_000
REDIS_PREFIX = "mlplatform:limits"


class RateLimiter:
    """Counts calls and refuses those over a limit.

    Calls that Redis allows are counted in memory too. So the calls of the last minute still count
    when Redis becomes unavailable or restarts empty, and a refusal in memory costs Redis nothing.
    """

    def __init__(self, quotas: Mapping[Quota, int], redis: RedisClient | None = None) -> None:
        self._quotas = quotas
        # Separate, so that a flood of addresses evicts no account.
        self._memory = {name: MemoryWindows() for name in (*quotas, OF_A_KEY)}
        self._redis = redis
        self._shared = RedisWindows(redis) if redis else None

    async def state(self) -> str:
        """Check where calls are counted."""
        if not any(self._quotas.values()):
            return "off"
        if self._redis is None:
            return "memory"
        return "redis" if await self._redis.ping() else DEGRADED

    def is_on(self, quota: Quota) -> bool:
        """Whether a quota has a limit; 0 calls a minute mean none."""
        return self._quotas[quota] > 0

    async def check(self, quota: Quota, client_id: str, headers: MutableMapping[str, str]) -> None:
        """Count a call and add the remaining ones to the headers; raises `TooMany`."""
        await self._check(quota, client_id, self._quotas[quota], headers)

    async def check_key(
        self, key_id: str, calls_max: int, headers: MutableMapping[str, str]
    ) -> None:
        """Count a call of an API key with its own limit; raises `TooMany`."""
        await self._check(OF_A_KEY, key_id, calls_max, headers)

    async def _check(
        self, name: str, client_id: str, calls_max: int, headers: MutableMapping[str, str]
    ) -> None:
        state = await self._hit(name, client_id, calls_max)
        headers["RateLimit-Policy"] = f'"{name}";q={calls_max};w={WINDOW_S}'
        headers["RateLimit"] = f'"{name}";r={state.remaining};t={ceil(state.reset_s)}'
        if not state.is_within:
            raise TooMany(f"at most {calls_max} calls a minute", max(state.reset_s, 1.0))

    async def _hit(self, name: str, client_id: str, calls_max: int) -> WindowState:
        memory = self._memory[name]
        state = memory.hit(client_id, calls_max)
        if self._shared is None or not state.is_within:
            return state
        shared = await self._shared.hit(name, client_id, calls_max)
        if shared is None:
            return state
        if not shared.is_within:
            memory.take_back(client_id)
        return shared


@dataclass(frozen=True)
class WindowState:
    """The window of a client after a call."""

    is_within: bool
    remaining: int
    reset_s: float
    """Until the oldest call leaves the window."""


class MemoryWindows:
    """The calls in this process; the least recently seen clients are evicted first.

    The memory storage of `limits` has no bound (docs/decisions/0008).
    """

    def __init__(self) -> None:
        self._calls: LruDict[str, array[float]] = LruDict(KEYS_MAX)

    def __len__(self) -> int:
        return len(self._calls)

    def hit(self, key: str, calls_max: int) -> WindowState:
        """Count a call, unless it is over the limit."""
        now = time.monotonic()
        calls, count = self._of(key, now)
        is_within = count < calls_max
        if is_within:
            calls.append(now)
            count += 1
        return WindowState(is_within, calls_max - count, calls[-count] + WINDOW_S - now)

    def take_back(self, key: str) -> None:
        """Uncount the last call."""
        if calls := self._calls.get(key):
            calls.pop()

    def _of(self, key: str, now: float) -> tuple[array[float], int]:
        """Return a client's calls, and how many of them are in the window."""
        calls = self._calls.get(key)
        if calls is None:
            self._evict_idle(now)
            calls = self._calls[key] = array("d")
        past = bisect_right(calls, now - WINDOW_S)
        if past > len(calls) // 2:
            del calls[:past]
            past = 0
        return calls, len(calls) - past

    def _evict_idle(self, now: float) -> None:
        """Evict up to two clients without a call in the window, so that memory use shrinks."""
        for _ in range(2):
            if (oldest := self._calls.oldest()) is None:
                return
            key, calls = oldest
            if calls and calls[-1] > now - WINDOW_S:
                return
            self._calls.discard(key)


class RedisWindows:
    """The calls of all processes that use the same Redis or Valkey."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._limiter = MovingWindowRateLimiter(
            RedisStorage(
                "redis://",  # the pool has the address
                implementation="redispy",
                key_prefix=REDIS_PREFIX,
                connection_pool=redis.pool,
            )
        )

    async def hit(self, name: str, client_id: str, calls_max: int) -> WindowState | None:
        """Count a call, unless it is over the limit; None if Redis is unavailable."""
        limit = RateLimitItemPerSecond(calls_max, WINDOW_S, name)
        return await self._redis.attempt(partial(self._hit, limit, client_id))

    async def _hit(self, limit: RateLimitItem, client_id: str) -> WindowState:
        is_within = await self._limiter.hit(limit, client_id)
        reset_at, remaining = await self._limiter.get_window_stats(limit, client_id)
        # Between the two calls others are counted, and old ones leave the window.
        reset_s = min(max(reset_at - time.time(), 0.0), WINDOW_S)
        return WindowState(is_within, remaining if is_within else 0, reset_s)
