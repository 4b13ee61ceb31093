"""A process that makes calls at once against shared limits, and prints how many were allowed."""

from __future__ import annotations

import asyncio
import sys

from api import windows
from api.rate_limit import RateLimiter
from domain.errors import TooMany


async def allowed(limiter: RateLimiter, who: str, calls: int) -> int:
    """Make calls at once; give how many were allowed."""

    async def is_allowed() -> bool:
        try:
            await limiter.check("account", who, {})
        except TooMany:
            return False
        return True

    return sum(await asyncio.gather(*(is_allowed() for _ in range(calls))))


async def _main(url: str, calls_max: int, calls: int) -> None:
    windows.REDIS_TIMEOUT_S = 10.0  # other work on the machine is no outage
    limiter = RateLimiter({"account": calls_max}, url)
    is_shared = await limiter.state() == "redis"
    through = await allowed(limiter, "alice", calls)
    sys.stdout.write(f"{through} {is_shared and await limiter.state() == 'redis'}")
    await limiter.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
