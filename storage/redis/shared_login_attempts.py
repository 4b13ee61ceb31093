"""Failed logins, counted in Redis or Valkey for all processes that use it."""

from __future__ import annotations

from storage.redis.client import RedisClient
from storage.redis.login_attempts import (
    FIRST_WAIT_S,
    FREE_PER_ACCOUNT,
    FREE_PER_ADDRESS,
    KNOWN_ADDRESS_S,
    RESET_AFTER_S,
    MemoryLoginAttempts,
)

MS_PER_S = 1_000

# Precedes each script. KEYS: known, pair, account, address. ARGV: free attempts per account and
# per address; for BEGIN also the seconds until a reset, then the first and the longest wait in
# milliseconds; for REMEMBER the seconds until the address is forgotten.
KEYS = """
local counted = {{KEYS[3], tonumber(ARGV[1])}, {KEYS[4], tonumber(ARGV[2])}}
if redis.call('EXISTS', KEYS[1]) == 1 then
    counted = {{KEYS[2], tonumber(ARGV[1])}}
end
"""
BEGIN = """
local left = 0
for _, each in ipairs(counted) do
    left = math.max(left, redis.call('PTTL', each[1] .. ':wait'))
end
if left > 0 then
    return left
end
for _, each in ipairs(counted) do
    local beyond = redis.call('INCR', each[1]) - each[2]
    redis.call('EXPIRE', each[1], ARGV[3])
    local wait = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) * 2 ^ math.min(beyond, 20))
    if beyond >= 0 and wait > 0 then
        redis.call('SET', each[1] .. ':wait', 1, 'PX', string.format('%d', wait))
    end
end
return 0
"""
UNDO = """
for _, each in ipairs(counted) do
    local failures = tonumber(redis.call('GET', each[1]) or '0')
    if failures > 0 then
        redis.call('DECR', each[1])
    end
    if failures <= each[2] then
        redis.call('DEL', each[1] .. ':wait')
    end
end
"""
REMEMBER = """
redis.call('DEL', KEYS[2], KEYS[2] .. ':wait', KEYS[3], KEYS[3] .. ':wait')
redis.call('SET', KEYS[1], 1, 'EX', ARGV[3])
"""


class RedisLoginAttempts:
    """Counts in Redis; while Redis is unreachable, each process counts on its own."""

    def __init__(self, redis: RedisClient, wait_s_max: float) -> None:
        self._wait_s_max = wait_s_max
        self._memory = MemoryLoginAttempts(wait_s_max)
        self._redis = redis

    async def begin(self, account: str, address: str) -> float:
        """Count an attempt and return 0, or count nothing and return the seconds left to wait."""
        limits = (RESET_AFTER_S, FIRST_WAIT_S * MS_PER_S, self._wait_s_max * MS_PER_S)
        left_ms = await self._run(BEGIN, account, address, *limits)
        if left_ms is None:
            return await self._memory.begin(account, address)
        return left_ms / MS_PER_S

    async def succeed(self, account: str, address: str) -> None:
        """Undo an attempt, reset the account's failures, and remember the address."""
        await self._run(UNDO + REMEMBER, account, address, KNOWN_ADDRESS_S)
        await self._memory.succeed(account, address)

    async def undo(self, account: str, address: str) -> None:
        """Undo an attempt that ended without a result."""
        await self._run(UNDO, account, address)
        await self._memory.undo(account, address)

    async def _run(self, script: str, account: str, address: str, *more: float) -> int | None:
        """Run a script; None while Redis is unreachable."""
        prefix = "mlplatform:attempts:"
        pair = f"{prefix}{account}@{address}"
        keys = (f"{pair}:known", pair, f"{prefix}{account}", f"{prefix}{address}")
        free = (FREE_PER_ACCOUNT, FREE_PER_ADDRESS)
        return await self._redis.run(KEYS + script, keys, [*free, *more])
