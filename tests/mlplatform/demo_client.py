"""A client of a served platform over HTTP, with the account of its demo."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.platform_process import Platform

API = "/api/v1"
IRIS = [5.1, 3.5, 1.4, 0.2]


class Visitor:
    """A signed-in session on one platform."""

    def __init__(self, http: aiohttp.ClientSession, username: str, password: str) -> None:
        self.http = http
        self.username = username
        self.password = password

    async def get(self, path: str) -> Any:
        """Send a GET request, which must succeed."""
        async with self.http.get(API + path) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def predict(self, model_id: str, input_data: Any, version: int = 0) -> dict[str, Any]:
        """Call a model, by default its live version."""
        query = {"version": str(version)} if version else {}
        body = {"input_data": input_data}
        url = f"{API}/models/{model_id}/predict"
        async with self.http.post(url, json=body, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def models(self) -> dict[str, dict[str, Any]]:
        """Return the demo's models by name."""
        return {model["name"]: model for model in await self.get("/models")}


@asynccontextmanager
async def visiting(platform: Platform) -> AsyncGenerator[Visitor]:
    """Sign in with the printed credentials."""
    found = re.search(r'"username": "(\w+)", "password": "([^"]+)"', platform.instructions)
    assert found
    login = {"username": found[1], "password": found[2]}
    async with aiohttp.ClientSession(platform.url) as http:
        async with http.post(f"{API}/auth/login", json=login) as response:
            token = (await response.json())["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield Visitor(http, found[1], found[2])
