"""How often who may ask: moving windows of a minute, in memory or shared through Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from math import ceil
from typing import Final, Literal

import structlog

from api.windows import WINDOW_S, MemoryWindows, RedisWindows, Standing
from domain.errors import TooMany

REDIS_PAUSE_S = 1.0
"""How long an unreachable Redis is left alone before it is tried again."""

Quota = Literal["anonymous", "account", "predictions"]
OF_A_KEY: Final = "key"
AWAY: Final = "degraded, but serving: redis is away and each process counts for itself"

log = structlog.get_logger()


class RateLimiter:
    """Refuses who asks too often; while Redis is away, each process counts for itself.

    What Redis allows is counted in memory too. So what this process saw in the last minute holds
    on when Redis goes away or comes back empty, and who is refused here costs Redis nothing.
    """

    def __init__(self, quotas: Mapping[Quota, int], redis_url: str | None = None) -> None:
        self._quotas = quotas
        # Apart, so that the many addresses of a stranger push no account out of memory.
        self._memory = {name: MemoryWindows() for name in (*quotas, OF_A_KEY)}
        self._redis = RedisWindows(redis_url) if redis_url else None
        self._watch: asyncio.Task[None] | None = None
        """Looks whether Redis is back; there is one as long as it is away."""

    async def state(self) -> str:
        """Say where calls are counted at the moment, after a look at it."""
        if not any(self._quotas.values()):
            return "off"
        if self._redis is None:
            return "memory"
        if self._watch is None:
            try:
                await self._redis.try_out()
            except Exception as error:  # noqa: BLE001 — whatever it is, Redis is of no use
                self._leave_alone(self._redis, error)
        return "redis" if self._watch is None else AWAY

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

    async def close(self) -> None:
        """Let go of Redis."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self._redis is not None:
            await self._redis.close()

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
        if self._redis is None or self._watch is not None or not standing.is_within:
            return standing
        try:
            shared = await self._redis.hit(f"{name}:{who}", calls_max)
        except Exception as error:  # noqa: BLE001 — no fault of Redis' may refuse a call
            self._leave_alone(self._redis, error)
            return standing
        if not shared.is_within:
            memory.take_back(who)
        return shared

    def _leave_alone(self, redis: RedisWindows, error: Exception) -> None:
        """Ask Redis no more until it is back; the first of many calls that failed sees to it."""
        if self._watch is None:
            log.warning("redis_is_away", error=type(error).__name__)
            self._watch = asyncio.create_task(self._look_out(redis))

    async def _look_out(self, redis: RedisWindows) -> None:
        is_away = True
        while is_away:
            await asyncio.sleep(REDIS_PAUSE_S)
            with suppress(Exception):
                await redis.try_out()
                is_away = False
        log.info("redis_is_back")
        self._watch = None
