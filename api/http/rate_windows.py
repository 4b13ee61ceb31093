"""The calls of the last minute, by who made them: in the memory of a process, or in Redis."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from dataclasses import dataclass

from limits.aio.storage.redis.bridge import RedisBridge

from storage.lru_dict import LruDict
from storage.redis.client import RedisClient

WINDOW_S = 60.0
KEYS_MAX = 100_000
REDIS_PREFIX = "mlplatform:limits:"

# The moving window of `limits`, which takes two scripts: one counts, the other says how many
# calls the window holds. Here both go in one call, and by Redis' clock instead of each caller's.
SCRIPT = f"""
local function acquire(KEYS, ARGV)
{RedisBridge.SCRIPT_ACQUIRE_MOVING_WINDOW.decode()}
end
local function window(KEYS, ARGV)
{RedisBridge.SCRIPT_MOVING_WINDOW.decode()}
end
local calls_max, window_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local is_within = acquire(KEYS, {{now, calls_max, window_s, 1}})
local held = window(KEYS, {{now - window_s, calls_max}})
local reset_s = held and math.min(held[1] + window_s - now, window_s) or 0
return {{is_within and 1 or 0, calls_max - (held and held[2] or 0), tostring(reset_s)}}
"""


@dataclass(frozen=True)
class Standing:
    """Where somebody stands after a call."""

    is_within: bool
    remaining: int
    reset_s: float
    """Until the oldest call that counts no longer does."""


class MemoryWindows:
    """The calls that this process saw; of too many callers, who was silent longest goes first.

    A queue of times costs less than a microsecond, eight bytes a call, and no thread to tidy up.
    """

    def __init__(self) -> None:
        self._calls: LruDict[str, array[float]] = LruDict(KEYS_MAX)

    def __len__(self) -> int:
        return len(self._calls)

    def hit(self, key: str, calls_max: int) -> Standing:
        """Count a call unless there were too many."""
        now = time.monotonic()
        calls, held = self._of(key, now)
        is_within = held < calls_max
        if is_within:
            calls.append(now)
            held += 1
        return Standing(is_within, calls_max - held, calls[-held] + WINDOW_S - now)

    def take_back(self, key: str) -> None:
        """Forget a call that was counted just now."""
        if calls := self._calls.get(key):
            calls.pop()

    def _of(self, key: str, now: float) -> tuple[array[float], int]:
        """Give somebody's calls, and how many of them still count."""
        calls = self._calls.get(key)
        if calls is None:
            self._forget_silent(now)
            calls = self._calls[key] = array("d")
        past = bisect_right(calls, now - WINDOW_S)
        if past > len(calls) // 2:
            del calls[:past]
            past = 0
        return calls, len(calls) - past

    def _forget_silent(self, now: float) -> None:
        """Forget up to two callers without a call in the window, so that memory shrinks again."""
        for _ in range(2):
            oldest = self._calls.oldest()
            if oldest is None:
                return
            key, calls = oldest
            if calls and calls[-1] > now - WINDOW_S:
                return
            self._calls.discard(key)


class RedisWindows:
    """The same, shared by every process that uses the same Redis or Valkey."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def hit(self, key: str, calls_max: int) -> Standing | None:
        """Count a call unless there were too many; None while Redis is away."""
        answer = await self._redis.run(SCRIPT, [REDIS_PREFIX + key], [calls_max, int(WINDOW_S)])
        if answer is None:
            return None
        is_within, remaining, reset_s = answer
        return Standing(bool(is_within), remaining, float(reset_s))
