"""Opens a model file in a new model process, and checks how that went."""

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
from inference.model_file import ModelFile
from inference.pool.launcher import Launcher, ZygoteHandle
from inference.pool.limits import PoolLimits
from inference.pool.process import ModelProcess, WorkerLost
from inference.protocol.messages import LaunchRequest, OpenResult, ProtocolError, ReplyHeader
from inference.protocol.replies import decode_json
from inference.protocol.sandbox_report import SandboxReport

OpenFile = Callable[[UUID], Awaitable[int]]
"""Opens an artifact for reading; the caller closes the descriptor."""

OnEnd = Callable[[WorkerLost], None]

_UNSANDBOXED = (
    "no model is opened here: the sandbox could not contain a hostile one; "
    "/health and the log say what it lacks"
)

_decode_open_result = msgspec.json.Decoder(OpenResult).decode

log = structlog.get_logger(__name__)


class Opener:
    """Has the zygote fork a child, sends it a file, and waits until it has opened that."""

    def __init__(self, open_file: OpenFile, limits: PoolLimits) -> None:
        self._open_file = open_file
        self._limits = limits
        self._trial = asyncio.Lock()
        self.launcher = Launcher()
        self.sandbox_report: SandboxReport | None = None
        """The sandbox of the model processes; known once `ready` has returned."""

    async def ready(self) -> None:
        """Wait until models can be opened; raises Unavailable if that fails."""
        zygote = await self.launcher.ready()
        async with self._trial:
            if self.sandbox_report is None:
                self.sandbox_report = await self._try_sandbox(zygote)
        if not (self.sandbox_report.is_sufficient or self._limits.allow_unsandboxed):
            raise Unavailable(_UNSANDBOXED)

    async def open_model(
        self, file: ModelFile, *, inspects: bool, on_end: OnEnd, sample: str = ""
    ) -> tuple[ModelProcess, OpenResult]:
        """Start a process that has opened the file.

        Raises WorkerLost if the process failed, Rejected if an inspected file is no model that
        can be served, and Unavailable if neither is known.
        """
        request = self._request(file, inspects=inspects, sample=sample)
        zygote = await self.launcher.ready()
        model_fd = await self._open_file(file.artifact_id)
        try:
            process = await self._fork(zygote, request, model_fd, on_end)
        finally:
            os.close(model_fd)
        try:
            header, payload = await process.opening
            return process, _checked(process, header, payload, inspects=inspects)
        except WorkerLost as lost:
            process.fail(lost)
            raise
        except BaseException:
            process.kill()
            raise

    def _request(self, file: ModelFile, *, inspects: bool, sample: str = "") -> LaunchRequest:
        return LaunchRequest(
            id=0,
            digest=file.digest,
            size=file.size,
            memory_bytes_max=self._limits.memory_bytes_max,
            inspects=inspects,
            allow_unsandboxed=self._limits.allow_unsandboxed,
            trusted_modules=self._limits.trusted_modules,
            columns=file.columns,
            sample=sample,
        )

    async def _fork(
        self, zygote: ZygoteHandle, request: LaunchRequest, model_fd: int, on_end: OnEnd
    ) -> ModelProcess:
        deadline_s = self._limits.load_deadline_s
        ours, theirs = socket.socketpair()
        try:
            return await zygote.fork(
                request,
                ours,
                [theirs.fileno(), model_fd],
                lambda pidfd: ModelProcess(pidfd, deadline_s, on_end),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()

    async def _try_sandbox(self, zygote: ZygoteHandle) -> SandboxReport:
        """Have a child enter the sandbox and report about it; its model file is empty."""
        empty = ModelFile(UUID(int=0), hashlib.sha256().hexdigest(), 0)
        request = self._request(empty, inspects=True)
        descriptor = os.open(os.devnull, os.O_RDONLY)
        try:
            process = await self._fork(zygote, request, descriptor, lambda _: None)
            await process.opening
        except WorkerLost as lost:
            raise Unavailable(f"the sandbox cannot be tried: {lost}") from None
        finally:
            os.close(descriptor)
        process.kill()
        report = process.sandbox_report or SandboxReport({})
        write = log.info if report.is_sufficient else log.error
        write("sandbox", strength=report.level, missing=report.missing)
        return report


def _checked(
    process: ModelProcess, header: ReplyHeader, payload: bytes, *, inspects: bool
) -> OpenResult:
    match header.kind:
        case "opened":
            return _decoded(payload, inspects=inspects)
        case "damaged":
            raise Unavailable("the model's file is not the one that was uploaded")
        case "unsandboxed" if not (process.sandbox_report and process.sandbox_report.is_sufficient):
            raise Unavailable(_UNSANDBOXED)
        case "rejected" if inspects:
            raise Rejected(header.text)
        case _:
            raise WorkerLost("crashed", f"the model could not be opened again: {header.text}")


def _decoded(payload: bytes, *, inspects: bool) -> OpenResult:
    try:
        result = decode_json(_decode_open_result, payload)
    except ProtocolError:
        result = None
    if result is None or (result.inspection is None) == inspects:
        raise WorkerLost("crashed", "the model process sent an invalid description of the model")
    return result
