"""The client of a Redis or Valkey server that processes share, and that may be unreachable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_S = 0.15
"""For a whole call, which may be several commands: connect, send and receive."""
PROBE_PAUSE_S = 1.0
"""Between two probes of an unreachable server."""
CONNECTIONS_MAX = 32
PROBE = "redis.call('SET', KEYS[1], 1, 'EX', 60) return 1"
PROBE_KEY = "mlplatform:trial"

T = TypeVar("T")
log = structlog.get_logger()


class RedisClient:
    """Calls a server that, while it is unreachable, is probed and costs callers no time."""

    def __init__(self, url: str) -> None:
        pools: Any = BlockingConnectionPool
        self.pool: Any = pools.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._client: Any = Redis(connection_pool=self.pool)
        self._scripts: dict[str, Any] = {}
        self._pending: set[asyncio.Future[Any]] = set()
        self._probe_task: asyncio.Task[None] | None = None
        """Runs as long as the server is unreachable."""

    @property
    def is_unreachable(self) -> bool:
        """Whether the last call failed and no probe has succeeded since."""
        return self._probe_task is not None

    async def attempt(self, call: Callable[[], Awaitable[T]]) -> T | None:
        """What a call through the pool returns (never None); None while it is unreachable."""
        if self.is_unreachable:
            return None
        try:
            return await self._in_time(call)
        except Exception as error:  # noqa: BLE001 — no error of Redis may fail a request
            # Of many calls that fail together, only the first starts a probe.
            if not self.is_unreachable:
                log.warning("redis_unreachable", error=type(error).__name__)
                self._probe_task = asyncio.create_task(self._probe())
            return None

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[float]) -> Any:
        """What a script returns (never nil), run by its digest; None while it is unreachable."""
        return await self.attempt(partial(self._script(script), keys, arguments))

    async def ping(self) -> bool:
        """Whether the server responds and accepts writes."""
        return await self.run(PROBE, [PROBE_KEY], []) is not None

    async def close(self) -> None:
        """Stop probing and close the connections."""
        if self._probe_task is not None:
            self._probe_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._probe_task
        await asyncio.gather(*self._pending, return_exceptions=True)
        await self.pool.disconnect()

    def _script(self, script: str) -> Any:
        if script not in self._scripts:
            self._scripts[script] = self._client.register_script(script)
        return self._scripts[script]

    async def _in_time(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call; raises what the client library raises.

        A late call is abandoned but not cancelled: its own timeouts end it, while cancelling it
        could leak its connection from the pool.
        """
        response = asyncio.ensure_future(call())
        self._pending.add(response)
        response.add_done_callback(self._on_done)
        await asyncio.wait((response,), timeout=TIMEOUT_S)
        if not response.done():
            raise TimeoutError("no response in time")
        return response.result()

    def _on_done(self, response: asyncio.Future[Any]) -> None:
        self._pending.discard(response)
        if not response.cancelled():
            response.exception()  # retrieved, or asyncio would log it as lost

    async def _probe(self) -> None:
        is_unreachable = True
        while is_unreachable:
            await asyncio.sleep(PROBE_PAUSE_S)
            with suppress(Exception):
                await self._in_time(partial(self._script(PROBE), [PROBE_KEY], []))
                is_unreachable = False
        log.info("redis_reachable")
        self._probe_task = None
