"""One model in this process and in sandboxed ones, called in several ways."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import time
from array import array
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Never
from uuid import UUID

import msgspec
import numpy as np

from domain.aggregate import new_id
from domain.signature import Signature
from inference.child.predictor import Predictor
from inference.inputs.row_encoding import Rows, encode_rows
from inference.model_file import ModelFile
from inference.pool.launcher import Launcher
from inference.pool.limits import PoolLimits
from inference.pool.opener import OpenFile
from inference.pool.pool import WorkerPool
from inference.pool.process import ModelProcess
from inference.protocol.messages import (
    FrameReader,
    LaunchRequest,
    PredictRequest,
    WorkerReply,
    encode_frame,
)

joblib: Any = import_module("joblib")

READ_BYTES = 256 * 1024

_reply_decoder = msgspec.json.Decoder(WorkerReply)


def file_of(path: Path) -> tuple[ModelFile, OpenFile]:
    """Return a model file as an artifact store would, and a function that opens it."""

    async def open_file(_: UUID) -> int:
        return os.open(path, os.O_RDONLY)

    data = path.read_bytes()
    return ModelFile(new_id(), hashlib.sha256(data).hexdigest(), len(data)), open_file


class LocalModel:
    """The model in this process, predicting with the code of the child process."""

    def __init__(self, path: Path) -> None:
        self._predictor = Predictor(joblib.load(path))

    def predict(self, row: list[float]) -> tuple[list[Any], list[Any]]:
        """Return labels and probabilities of one row."""
        raw = self._predictor.predict(np.asarray([row]), wants_probabilities=True)
        return raw.labels.tolist(), np.asarray(raw.probabilities).tolist()

    async def time_calls(self, row: list[float], calls: int) -> list[float]:
        """Predict `calls` times; return the microseconds of each call, from a list to lists."""
        times_us: list[float] = []
        for _ in range(calls):
            began = time.perf_counter()
            self.predict(row)
            times_us.append(_us_since(began))
        return times_us


class UnconfinedChild:
    """The model in a process without a sandbox: the cost of any other process."""

    def __init__(self, end: Connection) -> None:
        self._end = end

    @classmethod
    @asynccontextmanager
    async def of(cls, path: Path) -> AsyncGenerator[UnconfinedChild]:
        """Fork a process, before there is anything that a fork would share."""
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            ours.close()
            _respond(theirs, LocalModel(path))
        theirs.close()
        with ours:
            yield cls(ours)
        await asyncio.to_thread(os.waitpid, pid, 0)

    async def time_blocking_calls(self, row: list[float], calls: int) -> list[float]:
        """Predict over a blocking socket, in JSON, like the replies of the sandboxed process."""
        times_us: list[float] = []
        for _ in range(calls):
            began = time.perf_counter()
            self._end.send_bytes(msgspec.json.encode(row))
            msgspec.json.decode(self._end.recv_bytes())
            times_us.append(_us_since(began))
        return times_us


def _respond(end: Connection, model: LocalModel) -> Never:
    with suppress(EOFError):
        while True:
            row = msgspec.json.decode(end.recv_bytes())
            end.send_bytes(msgspec.json.encode(model.predict(row)))
    os._exit(0)


class Child:
    """The model in a sandboxed child process, called without a pool."""

    def __init__(self, process: ModelProcess, end: socket.socket) -> None:
        self._process = process
        self._end = end
        """Also used by the event loop; only one of them uses it at a time."""
        self.sandbox_report = process.sandbox_report

    @classmethod
    @asynccontextmanager
    async def of(cls, path: Path, limits: PoolLimits) -> AsyncGenerator[Child]:
        """Let a zygote fork one child."""
        file, open_file = file_of(path)
        launch = LaunchRequest(
            *(0, file.digest, file.size, limits.memory_bytes_max),
            inspects=False,
            allow_unsandboxed=limits.allow_unsandboxed,
        )
        launcher = Launcher()
        ours, theirs = socket.socketpair()
        model_fd = await open_file(file.artifact_id)
        try:
            with ours.dup() as end, theirs:
                process = await (await launcher.ready()).fork(
                    launch,
                    ours,
                    [theirs.fileno(), model_fd],
                    lambda pidfd: ModelProcess(pidfd, limits.load_deadline_s, lambda _: None),
                )
                await process.opening
                yield cls(process, end)
                process.kill()
        finally:
            os.close(model_fd)
            await launcher.stop()

    async def time_blocking_calls(self, row: list[float], calls: int) -> list[float]:
        """Predict over a blocking socket, while the event loop is blocked."""
        reader = FrameReader()
        times_us: list[float] = []
        self._end.setblocking(True)
        for number in range(calls):
            began = time.perf_counter()
            self._end.sendall(encode_frame(_request(number), array("d", row).tobytes()))
            frames: list[tuple[bytes, bytes]] = []
            while not frames:
                frames = list(reader.feed(self._end.recv(READ_BYTES)))
            _reply_decoder.decode(frames[0][1])
            times_us.append(_us_since(began))
        self._end.setblocking(False)
        return times_us

    async def time_calls(self, row: list[float], calls: int) -> list[float]:
        """Predict through the event loop."""
        times_us: list[float] = []
        for _ in range(calls):
            began = time.perf_counter()
            rows = Rows("matrix", 1, array("d", row).tobytes())
            _, payload = await self._process.predict(rows, True, 10)
            _reply_decoder.decode(payload)
            times_us.append(_us_since(began))
        return times_us


class PooledModel:
    """The model in a pool, as the platform calls it."""

    def __init__(self, pool: WorkerPool, file: ModelFile, signature: Signature) -> None:
        self._pool = pool
        self._file = file
        self._signature = signature

    @classmethod
    @asynccontextmanager
    async def of(cls, path: Path, limits: PoolLimits) -> AsyncGenerator[PooledModel]:
        """Open a pool for one model."""
        file, open_file = file_of(path)
        async with WorkerPool.open(open_file, limits) as pool:
            await pool.ready()
            yield cls(pool, file, (await pool.inspect(file)).signature)

    @property
    def pool(self) -> WorkerPool:
        """The pool, in which no other model is open."""
        return self._pool

    async def time_calls(self, row: Any, calls: int) -> list[float]:
        """Predict with the check of the row and with batching."""
        times_us: list[float] = []
        for _ in range(calls):
            began = time.perf_counter()
            rows = encode_rows(self._signature, [row], 1)
            await self._pool.predict(self._file, self._signature, rows)
            times_us.append(_us_since(began))
        return times_us


def _request(number: int) -> PredictRequest:
    return PredictRequest(number, "matrix", 1, wants_probabilities=True)


def _us_since(began: float) -> float:
    return (time.perf_counter() - began) * 1_000_000
