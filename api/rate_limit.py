"""How often who may ask: moving windows of a minute, in memory or shared through Redis.

The shared windows are those of `limits`. The ones in memory are our own: a queue of times costs
a fifth of a microsecond, says at once how much is left, and needs no thread that tidies up.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import BlockingConnectionPool

from domain.errors import TooMany

WINDOW_S = 60.0
KEYS_MAX = 100_000
REDIS_TIMEOUT_S = 0.2
REDIS_PAUSE_S = 5.0
"""How long an unreachable Redis is left alone before it is asked again."""
REDIS_CONNECTIONS_MAX = 50

Quota = Literal["anonymous", "account", "predictions"]
State = Literal["off", "memory", "redis", "memory, because redis is unreachable"]

log = structlog.get_logger()


@dataclass(frozen=True)
class Standing:
    """Where somebody stands after a call."""

    is_within: bool
    remaining: int
    reset_s: float
    """Until the oldest call that counts no longer does."""


class MemoryWindows:
    """The calls of the last minute, by who made them; those who were silent longest go first."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()

    def hit(self, key: str, calls_max: int) -> Standing:
        """Count a call unless there were too many."""
        now = time.monotonic()
        calls = self._calls.get(key)
        if calls is None:
            calls = self._calls[key] = deque()
            if len(self._calls) > KEYS_MAX:
                self._calls.popitem(last=False)
        self._calls.move_to_end(key)
        while calls and calls[0] <= now - WINDOW_S:
            calls.popleft()
        is_within = len(calls) < calls_max
        if is_within:
            calls.append(now)
        return Standing(is_within, calls_max - len(calls), calls[0] + WINDOW_S - now)


class RedisWindows:
    """The same, shared by every process that uses the same Redis or Valkey."""

    def __init__(self, url: str) -> None:
        pools: Any = BlockingConnectionPool
        self._pool: Any = pools.from_url(
            url,
            max_connections=REDIS_CONNECTIONS_MAX,
            timeout=REDIS_TIMEOUT_S,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
        )
        storage = RedisStorage(f"async+{url}", implementation="redispy", connection_pool=self._pool)
        self._limiter = MovingWindowRateLimiter(storage)

    async def hit(self, key: str, calls_max: int) -> Standing:
        """Count a call unless there were too many; raises what Redis' client raises."""
        item = RateLimitItemPerMinute(calls_max)
        is_within = await self._limiter.hit(item, key)
        stats = await self._limiter.get_window_stats(item, key)
        return Standing(is_within, stats.remaining, max(stats.reset_time - time.time(), 0.0))

    async def close(self) -> None:
        """Let the connections go."""
        await self._pool.disconnect()


class RateLimiter:
    """Refuses who asks too often; while Redis is away, each process counts for itself."""

    def __init__(self, quotas: Mapping[Quota, int], redis_url: str | None = None) -> None:
        self._quotas = quotas
        self._memory = MemoryWindows()
        self._redis = RedisWindows(redis_url) if redis_url else None
        self._redis_again_at = 0.0

    @property
    def state(self) -> State:
        """Where calls are counted at the moment."""
        if not any(self._quotas.values()):
            return "off"
        if self._redis is None:
            return "memory"
        is_away = time.monotonic() < self._redis_again_at
        return "memory, because redis is unreachable" if is_away else "redis"

    def is_on(self, quota: Quota) -> bool:
        """Whether a quota is limited at all; 0 calls a minute stand for no limit."""
        return self._quotas[quota] > 0

    async def check(self, quota: Quota, who: str) -> dict[str, str]:
        """Count a call and give the headers that say how many are left; raises `TooMany`."""
        return await self._count(quota, who, self._quotas[quota])

    async def check_key(self, key_id: str, calls_max: int) -> dict[str, str]:
        """Count a call by an API key that has a limit of its own; raises `TooMany`."""
        return await self._count("key", key_id, calls_max)

    async def close(self) -> None:
        """Let go of Redis."""
        if self._redis is not None:
            await self._redis.close()

    async def _count(self, quota: str, who: str, calls_max: int) -> dict[str, str]:
        standing = await self._hit(f"{quota}:{who}", calls_max)
        if not standing.is_within:
            raise TooMany(f"at most {calls_max} calls a minute", max(standing.reset_s, 1.0))
        return {
            "RateLimit-Policy": f'"{quota}";q={calls_max};w={WINDOW_S:.0f}',
            "RateLimit": f'"{quota}";r={standing.remaining};t={ceil(standing.reset_s)}',
        }

    async def _hit(self, key: str, calls_max: int) -> Standing:
        if self._redis is not None and time.monotonic() >= self._redis_again_at:
            try:
                return await self._redis.hit(key, calls_max)
            except Exception as error:  # noqa: BLE001 — no fault of Redis' may refuse a call
                log.warning("redis_is_away", error=type(error).__name__)
                self._redis_again_at = time.monotonic() + REDIS_PAUSE_S
        return self._memory.hit(key, calls_max)
