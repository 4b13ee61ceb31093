"""The two servers that `predict.py` compares, each started as its users would start it.

Both stand on the same PostgreSQL server, each with a database of its own, and each runs as one
process (the platform's models in children of it, as always).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import jwt
from lib_process import Server, free_port
from lib_wrk import Wrk

from storage.postgres import connect

HERE = Path(__file__).parent
BASELINE_ENVIRONMENT = HERE.parent / ".bench" / "baseline"
REQUIREMENTS = HERE / "baseline" / "requirements.txt"

BASELINE_RECORD = """
SELECT input_data::text, output_data::text, count(*) FROM predictions
 WHERE model_name = $1 GROUP BY 1, 2"""
PLATFORM_RECORD = """
SELECT body->>'inputs', body->>'outputs', count(*) FROM events
 WHERE topic = 'Prediction.Served' AND state->>'model_id' = $1 GROUP BY 1, 2"""


class WrongAnswer(Exception):
    """A server answered, or recorded, what the model does not say."""


@dataclass(frozen=True)
class Sample:
    """Rows to ask for, and the label that the model itself gives each."""

    rows: list[list[float]]
    labels: list[int]

    @classmethod
    def read(cls, path: Path) -> Sample:
        """Read what `lib_train.py` left."""
        return cls(**json.loads(path.read_text()))

    @property
    def bodies(self) -> list[str]:
        """One call for each row."""
        return [json.dumps({"input_data": [row]}) for row in self.rows]

    def label_of(self, rows: list[list[float]]) -> list[int]:
        """The right answer to a call."""
        return [self.labels[self.rows.index(row)] for row in rows]


@dataclass(frozen=True)
class Served:
    """A model on a server: what wrk is to do, and what the server calls the model."""

    wrk: Wrk
    sample: Sample
    key: str


@dataclass(frozen=True)
class Contestant:
    """A running server with its models."""

    name: str
    pid: int
    dsn: str
    record_sql: str
    token: str
    models: Mapping[str, Served]
    has_statistics: bool = False

    async def check_answers(self, model: str) -> int:
        """Ask for each row once, and say how many that were; raises `WrongAnswer`."""
        served = self.models[model]
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for body, label in zip(served.sample.bodies, served.sample.labels, strict=True):
                async with session.post(served.wrk.url, data=body) as response:
                    answer = await response.json()
                if answer.get("predictions") != [label]:
                    raise WrongAnswer(f"{self.name}, {model}: {answer} instead of {label}")
        return len(served.sample.rows)

    async def recorded(self, model: str) -> int:
        """How many calls are recorded; raises `WrongAnswer` if one has another answer."""
        served = self.models[model]
        connection = await connect(self.dsn)
        try:
            records = await connection.fetch(self.record_sql, served.key)
        finally:
            await connection.close()
        for inputs, outputs, _ in records:
            if json.loads(outputs) != served.sample.label_of(json.loads(inputs)):
                raise WrongAnswer(f"{self.name}, {model}: recorded {outputs} for {inputs}")
        return sum(calls for _, _, calls in records)

    async def counted(self, model: str) -> int | None:
        """How many calls the server's own statistics show, where it keeps any."""
        if not self.has_statistics:
            return None
        url = self.models[model].wrk.url.removesuffix("predict") + "stats"
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers, raise_for_status=True) as session,
            session.get(url) as response,
        ):
            answer = await response.json()
        return answer["statistics"]["total_predictions"]


@asynccontextmanager
async def run_baseline(
    folder: Path, dsn: str, samples: Mapping[str, Sample]
) -> AsyncGenerator[Contestant]:
    """The usual design, on uvicorn, in an environment of its own."""
    _make_environment()
    port, key = free_port(), secrets.token_urlsafe(32)
    claims = {"sub": str(uuid4()), "exp": int(time.time()) + 24 * 3600}
    token = jwt.encode(claims, key, algorithm="HS256")
    env = os.environ | {
        "DATABASE_URL": dsn.replace("postgresql://", "postgresql+asyncpg://", 1),
        "SECRET_KEY": key,
        "MODELS_DIR": str(folder),
    }
    command = [str(BASELINE_ENVIRONMENT / "bin" / "uvicorn"), "app:app", f"--port={port}"]
    command += [f"--app-dir={HERE / 'baseline'}", "--no-access-log", "--log-level=warning"]
    async with Server.run(command, env=env, log_path=folder / "baseline.log") as server:
        address = f"http://127.0.0.1:{port}"
        await server.accepts(f"{address}/openapi.json")
        keys = {name: name for name in samples}
        models = _prepare(folder, "baseline", address, token, keys, samples)
        yield Contestant("baseline", server.pid, dsn, BASELINE_RECORD, token, models)


@asynccontextmanager
async def run_platform(
    folder: Path, dsn: str, samples: Mapping[str, Sample]
) -> AsyncGenerator[Contestant]:
    """The platform by `mlplatform serve`, whose access log goes to a file."""
    env = os.environ | {"DATABASE_URL": dsn, "RATE_LIMIT_PREDICT_PER_MINUTE": "0"}
    command = [str(Path(sys.executable).parent / "mlplatform"), "serve"]
    command += ["--host=127.0.0.1", "--port=0", f"--data-dir={folder / 'data'}"]
    async with Server.run(command, env=env, log_path=folder / "platform.log") as server:
        address = await server.announced_address()
        async with aiohttp.ClientSession(f"{address}/api/v1/", raise_for_status=True) as session:
            token = await _log_in(session)
            headers = {"Authorization": f"Bearer {token}"}
            keys: dict[str, str] = {}
            for name in samples:
                form = aiohttp.FormData({"name": name})
                form.add_field("file", (folder / f"{name}.joblib").read_bytes(), filename="model")
                async with session.post("models/upload", data=form, headers=headers) as response:
                    keys[name] = (await response.json())["id"]
        models = _prepare(folder, "platform", address, token, keys, samples)
        yield Contestant(
            *("platform", server.pid, dsn, PLATFORM_RECORD, token, models), has_statistics=True
        )


def _make_environment() -> None:
    """Make the baseline's environment, if it is not there as it should be."""
    stamp = BASELINE_ENVIRONMENT / "requirements.sha256"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    python = str(BASELINE_ENVIRONMENT / "bin" / "python")
    make = ["venv", "--quiet", "--clear", "--python", sys.executable, str(BASELINE_ENVIRONMENT)]
    install = ["pip", "install", "--quiet", "--python", python, "--requirement", str(REQUIREMENTS)]
    for arguments in (make, install):
        subprocess.run([os.environ.get("UV", "uv"), *arguments], check=True)
    stamp.write_text(digest)


async def _log_in(session: aiohttp.ClientSession) -> str:
    """Register somebody and log in."""
    who = {"username": "benchmark", "password": secrets.token_urlsafe(16)}
    email = {"email": "benchmark@example.com"}
    async with session.post("auth/register", json=who | email):
        pass
    async with session.post("auth/login", json=who) as response:
        tokens: dict[str, Any] = await response.json()
    return tokens["access_token"]


def _prepare(
    folder: Path,
    server: str,
    address: str,
    token: str,
    keys: Mapping[str, str],
    samples: Mapping[str, Sample],
) -> dict[str, Served]:
    return {
        name: Served(
            wrk=Wrk.prepare(
                folder,
                f"{server}-{name}",
                f"{address}/api/v1/models/{keys[name]}/predict",
                token,
                sample.bodies,
            ),
            sample=sample,
            key=keys[name],
        )
        for name, sample in samples.items()
    }
