"""A Redis or Valkey that several processes count in, which may be away at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_S = 0.1
"""For the whole of a call: a connection, the question and the answer."""
PAUSE_S = 1.0
"""How long a server that is away is left alone before it is tried again."""
CONNECTIONS_MAX = 32
TRIAL = "redis.call('SET', KEYS[1], 1, 'EX', 60) return 1"
TRIAL_KEY = "mlplatform:trial"

log = structlog.get_logger()


class RedisClient:
    """Runs scripts; while the server is away, says so at once and keeps a look-out."""

    def __init__(self, url: str) -> None:
        pools: Any = BlockingConnectionPool
        self._pool: Any = pools.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._client: Any = Redis(connection_pool=self._pool)
        self._scripts: dict[str, Any] = {}
        self._asked: set[asyncio.Future[Any]] = set()
        self._watch: asyncio.Task[None] | None = None
        """Looks whether the server is back; there is one as long as it is away."""

    @property
    def is_unreachable(self) -> bool:
        """Whether the server did not answer of late."""
        return self._watch is not None

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        """Give what a script returns, which must not be nil; None while the server is away."""
        if self.is_unreachable:
            return None
        try:
            return await self._ask(script, keys, arguments)
        except Exception as error:  # noqa: BLE001 — no fault of the server's may refuse a call
            # Of many calls that fail together, the first sees to it.
            if not self.is_unreachable:
                log.warning("redis_is_away", error=type(error).__name__)
                self._watch = asyncio.create_task(self._look_out())
            return None

    async def ping(self) -> bool:
        """Find out whether the server answers and can be written to."""
        return await self.run(TRIAL, [TRIAL_KEY], []) is not None

    async def close(self) -> None:
        """Let the connections go."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        await asyncio.gather(*self._asked, return_exceptions=True)
        await self._pool.disconnect()

    async def _ask(self, script: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        """Run a script by its digest; raises what the client raises.

        What is late is not waited for, and not cancelled either: its own time-outs end it, while
        a call that is cancelled may keep its connection out of the pool for ever.
        """
        call = self._scripts.get(script)
        if call is None:
            call = self._scripts[script] = self._client.register_script(script)
        answer = asyncio.ensure_future(call(keys, arguments))
        self._asked.add(answer)
        answer.add_done_callback(self._answered)
        await asyncio.wait((answer,), timeout=TIMEOUT_S)
        if not answer.done():
            raise TimeoutError("no answer in time")
        return answer.result()

    def _answered(self, answer: asyncio.Future[Any]) -> None:
        self._asked.discard(answer)
        if not answer.cancelled():
            answer.exception()  # seen, whether or not somebody still waits for it

    async def _look_out(self) -> None:
        is_unreachable = True
        while is_unreachable:
            await asyncio.sleep(PAUSE_S)
            with suppress(Exception):
                await self._ask(TRIAL, [TRIAL_KEY], [])
                is_unreachable = False
        log.info("redis_is_back")
        self._watch = None
