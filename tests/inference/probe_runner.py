"""A program that runs all probes in a model process, and prints the outcome of each.

`python -m tests.inference.probe_runner ACCOUNT` tries them as that account; `unconfined` tries the
ordinary ones in this process, to show that they succeed without a sandbox.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec

from domain.errors import PredictionFailed
from domain.signature import Signature
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from tests.inference import probes, sample_models
from tests.inference.conftest import ModelStore, open_pool
from tests.inference.os_accounts import ACCOUNTS, Account, become
from tests.inference.processes import children_of

UNCONFINED = "unconfined"
ORDINARY = (
    *("read a file of the system", "read a secret of the own account", "read another model"),
    *("read its own environment", "list a folder", "see whether a file exists", "write to a file"),
    *("overwrite a model", "make a file", "make shared memory", "remove a file", "make a link"),
    *("connect by TCP", "send by UDP", "connect to a unix socket"),
    *("connect to an abstract socket", "listen", "fork", "start a program", "start a thread"),
    *("signal others", "map executable memory", "make memory executable", "load a library"),
    *("import what is not in memory", "make a file in memory", "make a pipe"),
)


class Report(msgspec.Struct):
    """The result of a run of the probes."""

    uid: int
    layers: dict[str, str] = {}
    outcomes: dict[str, str] = {}
    corrupted: list[str] = []
    """The probes after which another model's predictions had changed."""


class PooledModel:
    """A model in a pool."""

    def __init__(self, pool: WorkerPool, file: ModelFile, signature: Signature) -> None:
        self._pool, self._file, self._signature = pool, file, signature

    @classmethod
    async def of(cls, pool: WorkerPool, file: ModelFile) -> PooledModel:
        """Inspect the model and open its process."""
        signature = (await pool.inspect(file)).signature
        await pool.warm(file)
        return cls(pool, file, signature)

    async def predict(self, rows: Any) -> list[Any]:
        """Return the model's outputs."""
        encoded = encode_rows(self._signature, rows, 100)
        return (await self._pool.predict(self._file, self._signature, encoded)).outputs


async def probe() -> Report:
    """Try every probe in a child, beside the process of another model."""
    os.environ["SECRET_KEY"] = probes.SECRET
    with _targets() as (world, store):
        async with _open_pool(store) as pool:
            model, rows, _ = sample_models.SampleModels()["logistic"]
            sibling = await PooledModel.of(pool, store.save(model))
            expected = await sibling.predict(rows)
            sibling_pid = await _only_child_of(pool.zygote_pid)
            seen = world._replace(zygote_pid=pool.zygote_pid, sibling_pid=sibling_pid)
            prober = await PooledModel.of(pool, store.save(probes.Probing(seen)))
            assert pool.sandbox_report is not None
            report = Report(os.getuid(), dict(pool.sandbox_report.layers))
            for number, name in enumerate(probes.NAMES):
                report.outcomes[name] = await _outcome(prober, number)
                if await sibling.predict(rows) != expected:
                    report.corrupted.append(name)
            return report


@asynccontextmanager
async def _open_pool(store: ModelStore) -> AsyncGenerator[WorkerPool]:
    async with open_pool(store, trusted_modules=("tests.inference.probes",)) as pool:
        await pool.ready()
        yield pool


async def _outcome(prober: PooledModel, number: int) -> str:
    try:
        return cast("str", (await prober.predict([[float(number)]]))[0])
    except PredictionFailed as failed:
        return f"failed: {failed}"


async def _only_child_of(pid: int) -> int:
    """Wait until the processes of inspections have ended."""
    while len(children := children_of(pid)) != 1:  # noqa: ASYNC110 - there is no event
        await asyncio.sleep(0.01)
    return children[0]


@contextmanager
def _targets() -> Generator[tuple[probes.World, ModelStore]]:
    with (
        tempfile.TemporaryDirectory() as name,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        folder = Path(name)
        (folder / "removable").touch()
        (secret := folder / "secret").write_text(probes.SECRET)
        secret.chmod(0o600)
        store = ModelStore(folder)
        model_path = store.path(store.put(b"a model of somebody else").artifact_id)
        unix.bind(unix_path := f"{folder}/socket")
        abstract.bind(f"\0{folder}")
        unix.listen()
        abstract.listen()
        port: int = tcp.getsockname()[1]
        yield (
            probes.World(
                *(str(secret), str(model_path), name, port, unix_path, name),
                *(os.getpid(), os.getpid(), os.getpid()),
            ),
            store,
        )


def unconfined() -> Report:
    """Try the ordinary probes without any sandbox."""
    with _targets() as (world, _):
        outcomes = {name: probes.tried(name, world) for name in ORDINARY}
    Path("/dev/shm/made").unlink(missing_ok=True)
    return Report(os.getuid(), outcomes=outcomes)


def main(how: str) -> None:
    """Print a report as JSON."""
    if how == UNCONFINED:
        report = unconfined()
    elif how == ACCOUNTS[0]:
        report = asyncio.run(probe())
    else:
        become(cast("Account", how))
        # Executed again, so that none of the rights of this process remain.
        os.execv(
            sys.executable, [sys.executable, "-m", "tests.inference.probe_runner", ACCOUNTS[0]]
        )
    sys.stdout.write(msgspec.json.encode(report).decode())


if __name__ == "__main__":
    main(sys.argv[1])
