"""The local engine: model processes on this machine, one per model file, forked from a zygote."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from domain.errors import Rejected, Unavailable
from domain.signature import Signature
from inference.batcher import Batcher
from inference.engine import Inspection, ModelFile, Predicted
from inference.inputs import Rows
from inference.launcher import Launcher
from inference.messages import Description, Launch, Reply
from inference.process import Lost, ModelProcess
from inference.requests import Limits

_LOADS_MAX = 2
"""Models opened at a time: it is work for one core each."""

_BATCHERS_MAX = 1000
"""Models remembered without a process; forgetting one costs nothing."""

OpenFile = Callable[[UUID], Awaitable[int]]
"""Gives a read-only descriptor of an artifact, which is closed after use."""


class WorkerPool:
    """Runs every model in a process of its own and gives up the least used when it has too many."""

    def __init__(
        self,
        open_file: OpenFile,
        *,
        limits: Limits,
        children_max: int,
        load_deadline_s: float,
        memory_bytes_max: int,
    ) -> None:
        self._open_file = open_file
        self._limits = limits
        self._load_deadline_s = load_deadline_s
        self._memory_bytes_max = memory_bytes_max
        self._launcher = Launcher()
        self._batchers: dict[UUID, Batcher] = {}
        self._places = asyncio.Semaphore(children_max)
        self._wanting_place = 0
        self._loads = asyncio.Semaphore(_LOADS_MAX)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        open_file: OpenFile,
        *,
        deadline_s: float,
        load_deadline_s: float,
        queue_rows_max: int,
        children_max: int,
        memory_bytes_max: int,
    ) -> AsyncGenerator[WorkerPool]:
        """Start the zygote, without waiting for it; end every process when left.

        ``memory_bytes_max`` bounds the address space of a process; the libraries take 0.4 GB.
        """
        pool = cls(
            open_file,
            limits=Limits(deadline_s=deadline_s, queue_rows_max=queue_rows_max),
            children_max=children_max,
            load_deadline_s=load_deadline_s,
            memory_bytes_max=memory_bytes_max,
        )
        start = asyncio.create_task(pool._launcher.start())
        try:
            yield pool
        finally:
            await asyncio.gather(start, return_exceptions=True)
            await pool._close()

    @property
    def zygote_pid(self) -> int:
        """The process from which the models' processes are forked; 0 while there is none."""
        return self._launcher.zygote_pid

    async def ready(self) -> None:
        """Wait until models can be opened; raises Unavailable if that fails."""
        await self._launcher.ready()

    async def inspect(self, file: ModelFile) -> Inspection:
        """Describe a model, in a process that is used for nothing else."""
        process: ModelProcess | None = None
        try:
            async with self._loads:
                process, payload = await self._opened(file, inspects=True, on_end=lambda: None)
            found = msgspec.json.decode(payload, type=Description)
        except Lost as lost:
            raise Rejected(f"the model cannot be opened: {lost}") from None
        except msgspec.MsgspecError:
            raise Rejected("the model describes itself in a way that makes no sense") from None
        finally:
            if process is not None:
                process.kill()
        return Inspection(**msgspec.structs.asdict(found))

    async def warm(self, file: ModelFile) -> None:
        """Have the model's process ready."""
        try:
            await self._batcher(file).ready()
        except (Lost, Rejected) as error:
            raise Unavailable(f"the model cannot be opened: {error}") from None

    async def predict(self, file: ModelFile, signature: Signature, rows: Rows) -> Predicted:
        """Predict, together with whoever asks the same model at the same time."""
        batcher = self._batchers.get(file.artifact_id) or self._batcher(file)
        return await batcher.put(rows, signature)

    def _batcher(self, file: ModelFile) -> Batcher:
        if (known := self._batchers.get(file.artifact_id)) is not None:
            return known
        if len(self._batchers) >= _BATCHERS_MAX:
            self._batchers = {i: b for i, b in self._batchers.items() if not b.is_unused}
        batcher = self._batchers[file.artifact_id] = Batcher(
            lambda: self._process_for(file), self._limits, self._on_idle
        )
        return batcher

    async def _process_for(self, file: ModelFile) -> ModelProcess:
        await self._take_place()
        released = False

        def release() -> None:
            nonlocal released
            if not released:
                released = True
                self._places.release()

        try:
            async with self._loads:
                process, _ = await self._opened(file, inspects=False, on_end=release)
        except BaseException:
            release()
            raise
        return process

    async def _opened(
        self, file: ModelFile, *, inspects: bool, on_end: Callable[[], None]
    ) -> tuple[ModelProcess, bytes]:
        process = await self._launched(file, inspects=inspects, on_end=on_end)
        try:
            reply, payload = await process.opening
            _check_opened(reply, inspects=inspects)
        except BaseException:
            process.kill()
            raise
        return process, payload

    async def _launched(
        self, file: ModelFile, *, inspects: bool, on_end: Callable[[], None]
    ) -> ModelProcess:
        zygote = await self._launcher.ready()
        model_fd = await self._open_file(file.artifact_id)
        ours, theirs = socket.socketpair()
        try:
            launch = Launch(0, file.digest, file.size, self._memory_bytes_max, inspects)
            return await zygote.fork(
                launch,
                ours,
                [theirs.fileno(), model_fd],
                lambda pidfd: ModelProcess(pidfd, self._load_deadline_s, on_end),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(model_fd)

    async def _take_place(self) -> None:
        self._wanting_place += 1
        try:
            if self._places.locked():
                self._give_up_one()
            async with asyncio.timeout(self._load_deadline_s):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable("all model processes are busy") from None
        finally:
            self._wanting_place -= 1

    def _on_idle(self) -> None:
        if self._wanting_place and self._places.locked():
            self._give_up_one()

    def _give_up_one(self) -> None:
        idle = [b for b in self._batchers.values() if b.is_idle and b.has_process]
        if idle:
            min(idle, key=lambda batcher: batcher.used_at).retire()

    async def _close(self) -> None:
        for batcher in self._batchers.values():
            await batcher.close()
        await self._launcher.stop()


def _check_opened(reply: Reply, *, inspects: bool) -> None:
    match reply.kind:
        case "opened":
            return
        case "damaged":
            raise Unavailable("the model's file is not the one that was uploaded")
        case "rejected" if inspects:
            raise Rejected(reply.text)
        case _:
            raise Lost("crashed", f"the model could not be opened again: {reply.text}")
