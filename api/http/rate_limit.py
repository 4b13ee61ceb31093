"""How often who may ask: moving windows of a minute, in memory or shared through Redis."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from math import ceil
from typing import Final, Literal

from api.http.rate_windows import WINDOW_S, MemoryWindows, RedisWindows, Standing
from domain.errors import TooMany
from storage.redis.client import RedisClient

Quota = Literal["anonymous", "account", "predictions"]
OF_A_KEY: Final = "key"
DEGRADED: Final = "degraded, but serving: redis is away and each process counts for itself"


class RateLimiter:
    """Refuses who asks too often; while Redis is away, each process counts for itself.

    What Redis allows is counted in memory too. So what this process saw in the last minute holds
    on when Redis goes away or comes back empty, and who is refused here costs Redis nothing.
    """

    def __init__(self, quotas: Mapping[Quota, int], redis: RedisClient | None = None) -> None:
        self._quotas = quotas
        # Apart, so that the many addresses of a stranger push no account out of memory.
        self._memory = {name: MemoryWindows() for name in (*quotas, OF_A_KEY)}
        self._redis = redis
        self._shared = RedisWindows(redis) if redis else None

    async def state(self) -> str:
        """Say where calls are counted at the moment, after a look at it."""
        if not any(self._quotas.values()):
            return "off"
        if self._redis is None:
            return "memory"
        return "redis" if await self._redis.ping() else DEGRADED

    def is_on(self, quota: Quota) -> bool:
        """Whether a quota is limited at all; 0 calls a minute stand for no limit."""
        return self._quotas[quota] > 0

    async def check(self, quota: Quota, who: str, headers: MutableMapping[str, str]) -> None:
        """Count a call and tell in the headers how many are left; raises `TooMany`."""
        await self._check(quota, who, self._quotas[quota], headers)

    async def check_key(
        self, key_id: str, calls_max: int, headers: MutableMapping[str, str]
    ) -> None:
        """The same for an API key that has a limit of its own."""
        await self._check(OF_A_KEY, key_id, calls_max, headers)

    async def _check(
        self, name: str, who: str, calls_max: int, headers: MutableMapping[str, str]
    ) -> None:
        standing = await self._hit(name, who, calls_max)
        headers["RateLimit-Policy"] = f'"{name}";q={calls_max};w={WINDOW_S:.0f}'
        headers["RateLimit"] = f'"{name}";r={standing.remaining};t={ceil(standing.reset_s)}'
        if not standing.is_within:
            raise TooMany(f"at most {calls_max} calls a minute", max(standing.reset_s, 1.0))

    async def _hit(self, name: str, who: str, calls_max: int) -> Standing:
        memory = self._memory[name]
        standing = memory.hit(who, calls_max)
        if self._shared is None or not standing.is_within:
            return standing
        shared = await self._shared.hit(f"{name}:{who}", calls_max)
        if shared is None:
            return standing
        if not shared.is_within:
            memory.take_back(who)
        return shared
