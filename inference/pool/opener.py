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
from inference.pool.process import ModelProcess, WorkerLost
from inference.protocol.messages import LaunchRequest, OpenResult, ProtocolError, ReplyHeader
from inference.protocol.replies import decoded
from inference.protocol.sandbox_report import SandboxReport

OpenFile = Callable[[UUID], Awaitable[int]]
"""Gives a read-only descriptor of an artifact, which is closed after use."""

_UNFENCED = (
    "no model is opened here: the sandbox could not hold a hostile one; "
    "/health and the log say what it lacks"
)

_opened = msgspec.json.Decoder(OpenResult)

OnEnd = Callable[[WorkerLost], None]

log = structlog.get_logger(__name__)


class Opener:
    """Asks the zygote for a child, gives it a file, and waits until it has opened that."""

    def __init__(self, open_file: OpenFile, limits: PoolLimits) -> None:
        self._open_file = open_file
        self._limits = limits
        self._trial = asyncio.Lock()
        self.launcher = Launcher()
        self.sandbox_report: SandboxReport | None = None
        """What holds the models' processes; known once `ready` has returned."""

    async def ready(self) -> None:
        """Wait until models can be opened; raises Unavailable if that fails."""
        zygote = await self.launcher.ready()
        async with self._trial:
            if self.sandbox_report is None:
                self.sandbox_report = await self._tried(zygote)
        if not (self.sandbox_report.is_sufficient or self._limits.allow_unsandboxed):
            raise Unavailable(_UNFENCED)

    async def opened(
        self, file: ModelFile, *, inspects: bool, on_end: OnEnd, sample: str = ""
    ) -> tuple[ModelProcess, OpenResult]:
        """Give a child that has opened the file.

        Raises WorkerLost if it did not come to that, Rejected if an inspected file is no model that
        can be served, and Unavailable if nothing can be said about it now.
        """
        launch = self._launch(file.digest, file.size, inspects=inspects)
        launch = msgspec.structs.replace(launch, columns=file.columns, sample=sample)
        process = await self._launched(file.artifact_id, launch, on_end)
        try:
            reply, payload = await process.opening
            return process, _checked(process, reply, payload, inspects=inspects)
        except WorkerLost as lost:
            process.give_up(lost)
            raise
        except BaseException:
            process.kill()
            raise

    async def _launched(
        self, artifact_id: UUID, launch: LaunchRequest, on_end: OnEnd
    ) -> ModelProcess:
        zygote = await self.launcher.ready()
        model_fd = await self._open_file(artifact_id)
        try:
            return await self._forked(zygote, launch, model_fd, on_end)
        finally:
            os.close(model_fd)

    def _launch(self, digest: str, size: int, *, inspects: bool) -> LaunchRequest:
        return LaunchRequest(
            0,
            digest,
            size,
            self._limits.memory_bytes_max,
            inspects,
            allow_unsandboxed=self._limits.allow_unsandboxed,
            trusted_modules=self._limits.trusted_modules,
        )

    async def _forked(
        self, zygote: ZygoteHandle, launch: LaunchRequest, model_fd: int, on_end: OnEnd
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

    async def _tried(self, zygote: ZygoteHandle) -> SandboxReport:
        """Have a child confine itself for nothing: it is given an empty file."""
        launch = self._launch(hashlib.sha256().hexdigest(), 0, inspects=True)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            process = await self._forked(zygote, launch, nothing, lambda _: None)
            await process.opening
        except WorkerLost as lost:
            raise Unavailable(f"the sandbox cannot be tried: {lost}") from None
        finally:
            os.close(nothing)
        process.kill()
        sandbox_report = process.sandbox_report or SandboxReport({})
        tell = log.info if sandbox_report.is_sufficient else log.error
        tell("sandbox", strength=sandbox_report.level, missing=sandbox_report.missing)
        return sandbox_report


def _checked(
    process: ModelProcess, reply: ReplyHeader, payload: bytes, *, inspects: bool
) -> OpenResult:
    match reply.kind:
        case "opened":
            return _decoded(payload, inspects=inspects)
        case "damaged":
            raise Unavailable("the model's file is not the one that was uploaded")
        case "unsandboxed" if not (process.sandbox_report and process.sandbox_report.is_sufficient):
            raise Unavailable(_UNFENCED)
        case "rejected" if inspects:
            raise Rejected(reply.text)
        case _:
            raise WorkerLost("crashed", f"the model could not be opened again: {reply.text}")


def _decoded(payload: bytes, *, inspects: bool) -> OpenResult:
    try:
        opened = decoded(_opened.decode, payload)
    except ProtocolError:
        opened = None
    if opened is None or (opened.inspection is None) == inspects:
        raise WorkerLost("crashed", "it describes itself in a way that makes no sense")
    return opened
