"""The platform as a benchmark uses it: started by its command, called over HTTP."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from lib_process import Server

PROGRAM = (str(Path(sys.executable).parent / "mlplatform"),)


@asynccontextmanager
async def serving(
    folder: Path, dsn: str, *, name: str = "platform", program: Sequence[str] = PROGRAM
) -> AsyncGenerator[Server]:
    """Run `mlplatform serve`; its log, with a line for each call, and data are in the folder."""
    # Rate limits apply per address and account, and a benchmark has only one of each.
    env = os.environ | {
        "DATABASE_URL": dsn,
        "RATE_LIMIT_PER_MINUTE": "0",
        "RATE_LIMIT_PREDICT_PER_MINUTE": "0",
        "RATE_LIMIT_USER_PER_MINUTE": "0",
    }
    command = [*program, "serve", "--host=127.0.0.1", "--port=0"]
    command.append(f"--data-dir={folder / f'{name}-data'}")
    async with Server.run(command, env=env, log_path=folder / f"{name}.log") as server:
        yield server


@dataclass(frozen=True)
class Client:
    """A signed-in user."""

    session: aiohttp.ClientSession
    address: str
    token: str

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, address: str) -> AsyncGenerator[Client]:
        """Register a user and log in."""
        credentials = {"username": "benchmark", "password": secrets.token_urlsafe(16)}
        email = {"email": "benchmark@example.com"}
        async with aiohttp.ClientSession(f"{address}/api/v1/", raise_for_status=True) as session:
            async with session.post("auth/register", json=credentials | email):
                pass
            async with session.post("auth/login", json=credentials) as response:
                token: str = (await response.json())["access_token"]
            session.headers["Authorization"] = f"Bearer {token}"
            yield cls(session, address, token)

    async def upload(self, name: str, model: bytes) -> str:
        """Upload a model and return its id."""
        form = aiohttp.FormData({"name": name})
        form.add_field("file", model, filename="model")
        async with self.session.post("models/upload", data=form) as response:
            return (await response.json())["id"]

    def url_of(self, model_id: str) -> str:
        """The URL of a model."""
        return f"{self.address}/api/v1/models/{model_id}"
