"""Other model servers, each with the settings under which it was fastest.

They batch if they can, record nothing, authenticate nobody, and log no requests.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from lib_contestants import Case, Contestant, Dialect
from lib_environments import PEERS, environment_of, programs_of
from lib_process import Server, free_port, run

HOST = "127.0.0.1"


def _tensor(row: list[float]) -> dict[str, Any]:
    tensor = {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": row}
    return {"inputs": [tensor]}


V2_DIALECT = Dialect(_tensor, lambda result: result["outputs"][0]["data"])
MLFLOW_DIALECT = Dialect(lambda row: {"inputs": [row]}, lambda result: result["predictions"])
BENTOML_DIALECT = Dialect(lambda row: {"rows": [row]}, lambda result: result)
LITSERVE_DIALECT = Dialect(lambda row: {"row": row}, lambda result: [result["label"]])


@asynccontextmanager
async def run_mlserver(case: Case) -> AsyncGenerator[Contestant]:
    """MLServer, adaptive batching, the model in the serving process."""
    programs = programs_of("mlserver")
    port = free_port()
    env = environment_of(
        programs,
        MLSERVER_HTTP_PORT=str(port),
        MLSERVER_GRPC_PORT=str(free_port()),
        MLSERVER_MODEL_URI=str(case.model_path),
    )
    command = [str(programs / "mlserver"), "start", str(PEERS / "mlserver")]
    address = f"http://{HOST}:{port}/v2"
    async with _running("mlserver", case, command, env) as server:
        await server.accepts(f"{address}/health/ready")
        url = f"{address}/models/model/infer"
        yield Contestant.prepare("mlserver", case, server, url, V2_DIALECT)


@asynccontextmanager
async def run_mlflow(case: Case) -> AsyncGenerator[Contestant]:
    """MLflow's scoring server, one process for each core."""
    programs = programs_of("mlflow")
    saved = str(case.folder / f"{case.model}-mlflow")
    save = [str(programs / "python"), str(PEERS / "mlflow" / "save.py")]
    await run([*save, str(case.model_path), saved])
    port = free_port()
    command = [str(programs / "mlflow"), "models", "serve", f"--model-uri={saved}"]
    command += [f"--host={HOST}", f"--port={port}", "--workers=2", "--env-manager=local"]
    address = f"http://{HOST}:{port}"
    async with _running("mlflow", case, command, environment_of(programs)) as server:
        await server.accepts(f"{address}/ping")
        yield Contestant.prepare("mlflow", case, server, f"{address}/invocations", MLFLOW_DIALECT)


@asynccontextmanager
async def run_bentoml(case: Case) -> AsyncGenerator[Contestant]:
    """BentoML, adaptive batching."""
    programs = programs_of("bentoml")
    env = environment_of(programs, MODEL=str(case.model_path), BENTOML_DO_NOT_TRACK="true")
    port = free_port()
    command = [str(programs / "bentoml"), "serve", "service:Service", f"--host={HOST}"]
    command += [f"--port={port}", f"--working-dir={PEERS / 'bentoml'}"]
    address = f"http://{HOST}:{port}"
    async with _running("bentoml", case, command, env) as server:
        await server.accepts(f"{address}/readyz")
        yield Contestant.prepare("bentoml", case, server, f"{address}/predict", BENTOML_DIALECT)


@asynccontextmanager
async def run_litserve(case: Case) -> AsyncGenerator[Contestant]:
    """LitServe, batching."""
    programs = programs_of("litserve")
    port = free_port()
    env = environment_of(programs, MODEL=str(case.model_path), PORT=str(port))
    command = [str(programs / "python"), str(PEERS / "litserve" / "service.py")]
    address = f"http://{HOST}:{port}"
    async with _running("litserve", case, command, env) as server:
        await server.accepts(f"{address}/health")
        url = f"{address}/predict"
        yield replace(
            Contestant.prepare("litserve", case, server, url, LITSERVE_DIALECT), polls=True
        )


@asynccontextmanager
async def _running(
    name: str, case: Case, command: list[str], env: dict[str, str]
) -> AsyncGenerator[Server]:
    log_path = case.folder / f"{name}-{case.model}.log"
    async with Server.run(command, env=env, log_path=log_path) as server:
        yield server
