"""Has a child open a model file, and hears how that went."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import structlog

from domain.errors import Rejected, Unavailable
from inference.engine import ModelFile
from inference.pool.launcher import Launcher, ZygoteHandle
from inference.pool.limits import PoolLimits
from inference.pool.process import Lost, ModelProcess
from inference.protocol.confinement import Confinement
from inference.protocol.messages import BrokenFrame, Launch, Opened, Reply
from inference.protocol.replies import decoded

OpenFile = Callable[[UUID], Awaitable[int]]
"""Gives a read-only descriptor of an artifact, which is closed after use."""

_UNFENCED = (
    "no model is opened here: the sandbox could not hold a hostile one; "
    "/health and the log say what it lacks"
)

_opened = msgspec.json.Decoder(Opened)

OnEnd = Callable[[Lost], None]

log = structlog.get_logger(__name__)


class Opener:
    """Asks the zygote for a child, gives it a file, and waits until it has opened that."""

    def __init__(self, open_file: OpenFile, limits: PoolLimits) -> None:
        self._open_file = open_file
        self._limits = limits
        self._trial = asyncio.Lock()
        self.launcher = Launcher()
        self.confinement: Confinement | None = None
        """What holds the models' processes; known once `ready` has returned."""

    async def ready(self) -> None:
        """Wait until models can be opened; raises Unavailable if that fails."""
        zygote = await self.launcher.ready()
        async with self._trial:
            if self.confinement is None:
                self.confinement = await self._tried(zygote)
        if not (self.confinement.has_fence or self._limits.may_be_unfenced):
            raise Unavailable(_UNFENCED)

    async def opened(
        self, file: ModelFile, *, inspects: bool, on_end: OnEnd, sample: str = ""
    ) -> tuple[ModelProcess, Opened]:
        """Give a child that has opened the file.

        Raises Lost if it did not come to that, Rejected if an inspected file is no model that
        can be served, and Unavailable if nothing can be said about it now.
        """
        launch = self._launch(file.digest, file.size, inspects=inspects)
        launch = msgspec.structs.replace(launch, columns=file.columns, sample=sample)
        process = await self._launched(file.artifact_id, launch, on_end)
        try:
            reply, payload = await process.opening
            return process, _checked(process, reply, payload, inspects=inspects)
        except Lost as lost:
            process.give_up(lost)
            raise
        except BaseException:
            process.kill()
            raise

    async def _launched(self, artifact_id: UUID, launch: Launch, on_end: OnEnd) -> ModelProcess:
        zygote = await self.launcher.ready()
        model_fd = await self._open_file(artifact_id)
        try:
            return await self._forked(zygote, launch, model_fd, on_end)
        finally:
            os.close(model_fd)

    def _launch(self, digest: str, size: int, *, inspects: bool) -> Launch:
        return Launch(
            0,
            digest,
            size,
            self._limits.memory_bytes_max,
            inspects,
            may_be_unfenced=self._limits.may_be_unfenced,
            trusted_modules=self._limits.trusted_modules,
        )

    async def _forked(
        self, zygote: ZygoteHandle, launch: Launch, model_fd: int, on_end: OnEnd
    ) -> ModelProcess:
        deadline_s = self._limits.load_deadline_s
        ours, theirs = socket.socketpair()
        try:
            return await zygote.fork(
                launch,
                ours,
                [theirs.fileno(), model_fd],
                lambda pidfd: ModelProcess(pidfd, deadline_s, on_end),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()

    async def _tried(self, zygote: ZygoteHandle) -> Confinement:
        """Have a child confine itself for nothing: it is given an empty file."""
        launch = self._launch(hashlib.sha256().hexdigest(), 0, inspects=True)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            process = await self._forked(zygote, launch, nothing, lambda _: None)
            await process.opening
        except Lost as lost:
            raise Unavailable(f"the sandbox cannot be tried: {lost}") from None
        finally:
            os.close(nothing)
        process.kill()
        confinement = process.confinement or Confinement({})
        tell = log.info if confinement.has_fence else log.error
        tell("sandbox", strength=confinement.level, missing=confinement.missing)
        return confinement


def _checked(process: ModelProcess, reply: Reply, payload: bytes, *, inspects: bool) -> Opened:
    match reply.kind:
        case "opened":
            return _decoded(payload, inspects=inspects)
        case "damaged":
            raise Unavailable("the model's file is not the one that was uploaded")
        case "unfenced" if not (process.confinement and process.confinement.has_fence):
            raise Unavailable(_UNFENCED)
        case "rejected" if inspects:
            raise Rejected(reply.text)
        case _:
            raise Lost("crashed", f"the model could not be opened again: {reply.text}")


def _decoded(payload: bytes, *, inspects: bool) -> Opened:
    try:
        opened = decoded(_opened.decode, payload)
    except BrokenFrame:
        opened = None
    if opened is None or (opened.description is None) == inspects:
        raise Lost("crashed", "it describes itself in a way that makes no sense")
    return opened
