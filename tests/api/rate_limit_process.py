"""A process that makes concurrent calls under shared limits, and prints how many were allowed."""

from __future__ import annotations

import asyncio
import sys

from api.http.rate_limit import RateLimiter
from domain.errors import TooMany
from storage.redis import client as shared_redis
from storage.redis.client import RedisClient


async def allowed(limiter: RateLimiter, account: str, calls: int) -> int:
    """Make concurrent calls; return how many were allowed."""

    async def is_allowed() -> bool:
        try:
            await limiter.check("account", account, {})
        except TooMany:
            return False
        return True

    return sum(await asyncio.gather(*(is_allowed() for _ in range(calls))))


async def _main(url: str, calls_max: int, calls: int) -> None:
    shared_redis.TIMEOUT_S = 10.0  # A busy machine is not an outage.
    redis = RedisClient(url)
    limiter = RateLimiter({"account": calls_max}, redis)
    is_shared = await limiter.state() == "redis"
    allowed_calls = await allowed(limiter, "alice", calls)
    sys.stdout.write(f"{allowed_calls} {is_shared and await limiter.state() == 'redis'}")
    await redis.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
