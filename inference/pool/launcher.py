"""The parent's end of the zygote: starts it, has it fork children, restarts it when it died."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from domain.errors import Unavailable
from inference.pool.process import ModelProcess
from inference.protocol.messages import CONTROL_BYTES_MAX, LaunchRequest, ZygoteEvent

START_DEADLINE_S = 120.0
"""Importing the libraries takes two seconds; much longer from a cold disk on a busy machine."""

_FORK_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 5.0

# Nothing from the environment of the API process, which holds secrets; and one thread.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",  # Overrides the number that a LightGBM or XGBoost model requests.
    "MKL_NUM_THREADS": "1",
}


class _Start(NamedTuple):
    """A child that was requested and has not started yet."""

    make: Callable[[int], ModelProcess]
    started: asyncio.Future[ModelProcess]


class ZygoteHandle:
    """A running zygote process."""

    def __init__(self, control: socket.socket, process: asyncio.subprocess.Process) -> None:
        self._control = control
        self._process = process
        self.pid = process.pid
        self._loop = asyncio.get_running_loop()
        self._launched = 0
        self._starting: dict[int, _Start] = {}
        self._children: dict[int, ModelProcess] = {}
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.is_alive = True
        self._loop.add_reader(control.fileno(), self._read)

    @classmethod
    async def start(cls) -> ZygoteHandle:
        """Start the process with an environment, files and signals of its own."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "inference.child.zygote", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # It must not get interrupts from the terminal.
            )
        finally:
            theirs.close()
        return cls(ours, process)

    async def fork(
        self,
        request: LaunchRequest,
        ours: socket.socket,
        descriptors: list[int],
        make: Callable[[int], ModelProcess],
    ) -> ModelProcess:
        """Start a child with the given socket and model file; ``ours`` is this end of the socket.

        ``make`` is called with the child's pidfd, and owns it from then on.
        """
        self._launched += 1
        number = self._launched
        started: asyncio.Future[ModelProcess] = self._loop.create_future()
        self._starting[number] = _Start(make, started)
        message = msgspec.json.encode(msgspec.structs.replace(request, id=number))
        try:
            socket.send_fds(self._control, [message], descriptors)
            async with asyncio.timeout(_FORK_DEADLINE_S):
                process = await started
        except OSError:  # TimeoutError included; either way the zygote is unusable.
            self._break()
            raise Unavailable("the model processes cannot be reached at the moment") from None
        finally:
            self._starting.pop(number, None)
        try:
            await self._loop.create_unix_connection(lambda: process, sock=ours)
        except BaseException:
            process.kill()
            raise
        return process

    async def stop(self, deadline_s: float = _STOP_DEADLINE_S) -> None:
        """End the process and its children."""
        self._break()
        try:
            async with asyncio.timeout(deadline_s):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _read(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, CONTROL_BYTES_MAX, 1)
            if not message:
                raise ConnectionResetError
            self._handle(msgspec.json.decode(message, type=ZygoteEvent), descriptors)
        except (OSError, msgspec.MsgspecError):
            self._break()

    def _handle(self, event: ZygoteEvent, descriptors: list[int]) -> None:
        match event.kind:
            case "ready":
                self.ready.set_result(None)
            case "started":
                self._adopt(event.id, descriptors[0])
            case "failed":
                start = self._starting.get(event.id)
                if start is not None and not start.started.done():
                    start.started.set_exception(Unavailable(f"no model process: {event.text}"))
            case "ended":
                if child := self._children.pop(event.id, None):
                    child.exited(event.text)

    def _adopt(self, number: int, pidfd: int) -> None:
        start = self._starting.get(number)
        if start is not None and not start.started.done():
            self._children[number] = start.make(pidfd)
            start.started.set_result(self._children[number])
        else:
            # Its caller is gone, and it may be computing without end.
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)

    def _break(self) -> None:
        if not self.is_alive:
            return
        self.is_alive = False
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        gone = Unavailable("the model processes are being restarted")
        for waiting in (self.ready, *(start.started for start in self._starting.values())):
            if not waiting.done():
                waiting.set_exception(gone)
                waiting.exception()  # Marks it as retrieved, even if nobody awaits it.
        for child in self._children.values():
            child.exited("ended with the zygote", is_model_fault=False)


class Launcher:
    """Keeps one zygote running."""

    def __init__(self) -> None:
        self._zygote: ZygoteHandle | None = None
        self._lock = asyncio.Lock()
        self._is_stopped = False

    @property
    def zygote_pid(self) -> int:
        """The pid of the zygote; 0 if it does not run."""
        return 0 if self._zygote is None or not self._zygote.is_alive else self._zygote.pid

    async def start(self) -> ZygoteHandle:
        """Return the zygote, restarted if it has died, without waiting until it is ready.

        Raises `Unavailable` after `stop`.
        """
        async with self._lock:
            if self._is_stopped:
                raise Unavailable("the platform is stopping")
            if self._zygote is None or not self._zygote.is_alive:
                if self._zygote is not None:
                    await self._zygote.stop()
                self._zygote = await ZygoteHandle.start()
            return self._zygote

    async def ready(self) -> ZygoteHandle:
        """Return the zygote when it accepts requests."""
        zygote = await self.start()
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                await asyncio.shield(zygote.ready)
        except TimeoutError:
            await zygote.stop()
            raise Unavailable("the model processes do not start") from None
        return zygote

    async def stop(self) -> None:
        """End the zygote and all children permanently."""
        async with self._lock:
            self._is_stopped = True
            if self._zygote is not None:
                await self._zygote.stop()
