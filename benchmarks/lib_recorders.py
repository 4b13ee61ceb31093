"""The servers that record their calls: the platform, and the usual design.

Both use the same PostgreSQL server, each with its own database, and each runs as one process
(the models of the platform run in child processes, as usual).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import jwt
from lib_contestants import Case, Contestant, Dialect, Record
from lib_environments import PEERS, environment_of, programs_of
from lib_platform import PROGRAM, Client, serving
from lib_process import Server, free_port

BASELINE_RECORD = """
SELECT input_data::text, output_data::text, count(*) FROM predictions
 WHERE model_name = $1 GROUP BY 1, 2"""
PLATFORM_RECORD = """
SELECT body->>'inputs', body->>'outputs', count(*) FROM events
 WHERE topic = 'Prediction.Served' AND state->>'model_id' = $1 GROUP BY 1, 2"""

PREDICT_DIALECT = Dialect(lambda row: {"input_data": [row]}, lambda result: result["predictions"])


@asynccontextmanager
async def run_baseline(case: Case) -> AsyncGenerator[Contestant]:
    """The usual design, on uvicorn."""
    programs = programs_of("baseline")
    port, key = free_port(), secrets.token_urlsafe(32)
    claims = {"sub": str(uuid4()), "exp": int(time.time()) + 24 * 3600}
    token = jwt.encode(claims, key, algorithm="HS256")
    env = environment_of(
        programs,
        DATABASE_URL=case.dsn.replace("postgresql://", "postgresql+asyncpg://", 1),
        SECRET_KEY=key,
        MODELS_DIR=str(case.folder),
    )
    command = [str(programs / "uvicorn"), "app:app", f"--port={port}"]
    command += [f"--app-dir={PEERS / 'baseline'}", "--no-access-log", "--log-level=warning"]
    log_path = case.folder / f"baseline-{case.model}.log"
    async with Server.run(command, env=env, log_path=log_path) as server:
        address = f"http://127.0.0.1:{port}"
        await server.accepts(f"{address}/openapi.json")
        url = f"{address}/api/v1/models/{case.model}/predict"
        contestant = Contestant.prepare("baseline", case, server, url, PREDICT_DIALECT, token)
        yield replace(contestant, record=Record(case.dsn, BASELINE_RECORD, case.model))


@asynccontextmanager
async def run_platform(case: Case, program: Sequence[str] = PROGRAM) -> AsyncGenerator[Contestant]:
    """The platform by `mlplatform serve`, with the model uploaded."""
    name = f"platform-{case.model}"
    async with (
        serving(case.folder, case.dsn, name=name, program=program) as server,
        Client.signed_in(await server.announced_address()) as client,
    ):
        model_id = await client.upload(case.model, case.model_bytes)
        url = client.url_of(model_id)
        contestant = Contestant.prepare(
            "platform", case, server, f"{url}/predict", PREDICT_DIALECT, client.token
        )
        yield replace(
            contestant,
            record=Record(case.dsn, PLATFORM_RECORD, model_id),
            statistics_url=f"{url}/stats",
        )
