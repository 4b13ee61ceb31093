"""The parent's end of the zygote: starts it, has it fork children, starts it again when it died."""

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
"""Loading the libraries takes two seconds; from a cold disk on a busy machine many times that."""

_FORK_DEADLINE_S = 20.0
_STOP_DEADLINE_S = 5.0

# Nothing of the environment of the API process, which holds secrets; and no threads.
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",  # Whatever number a model of LightGBM or XGBoost asks for.
    "MKL_NUM_THREADS": "1",
}


class _Start(NamedTuple):
    """A child that was asked for."""

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
        """Start the process, isolated from this one's environment, files and signals."""
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
                start_new_session=True,  # An interrupt from the terminal is not meant for it.
            )
        finally:
            theirs.close()
        return cls(ours, process)

    async def fork(
        self,
        launch: LaunchRequest,
        ours: socket.socket,
        given: list[int],
        make: Callable[[int], ModelProcess],
    ) -> ModelProcess:
        """Have a child started with the given socket and model file; we talk to it by ``ours``.

        ``make`` is called with the child's pidfd, which is its own from then on.
        """
        self._launched += 1
        number = self._launched
        started: asyncio.Future[ModelProcess] = self._loop.create_future()
        self._starting[number] = _Start(make, started)
        message = msgspec.json.encode(msgspec.structs.replace(launch, id=number))
        try:
            socket.send_fds(self._control, [message], given)
            async with asyncio.timeout(_FORK_DEADLINE_S):
                process = await started
        except OSError:  # Which a timeout is too; either way this zygote is of no more use.
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
        """End the process, and its children with it."""
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
            self._take(msgspec.json.decode(message, type=ZygoteEvent), descriptors)
        except (OSError, msgspec.MsgspecError):
            self._break()

    def _take(self, notice: ZygoteEvent, descriptors: list[int]) -> None:
        match notice.kind:
            case "ready":
                self.ready.set_result(None)
            case "started":
                self._take_child(notice.id, descriptors[0])
            case "failed":
                start = self._starting.get(notice.id)
                if start is not None and not start.started.done():
                    start.started.set_exception(Unavailable(f"no model process: {notice.text}"))
            case "ended":
                if child := self._children.pop(notice.id, None):
                    child.ended(notice.text)

    def _take_child(self, number: int, pidfd: int) -> None:
        start = self._starting.get(number)
        if start is not None and not start.started.done():
            self._children[number] = start.make(pidfd)
            start.started.set_result(self._children[number])
        else:
            # Nobody waits for it any more, and it may be at work that never ends.
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
                waiting.exception()  # Seen, even if nobody waits any more.
        for child in self._children.values():
            child.ended("ended with the zygote", is_to_blame=False)


class Launcher:
    """Has one zygote at hand."""

    def __init__(self) -> None:
        self._zygote: ZygoteHandle | None = None
        self._lock = asyncio.Lock()
        self._is_stopped = False

    @property
    def zygote_pid(self) -> int:
        """The number of the zygote's process; 0 while there is none."""
        return 0 if self._zygote is None or not self._zygote.is_alive else self._zygote.pid

    async def start(self) -> ZygoteHandle:
        """Give the zygote, started anew if it has died, without waiting for it to be ready.

        Raises `Unavailable` once it was stopped.
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
        """Give the zygote once it takes requests."""
        zygote = await self.start()
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                await asyncio.shield(zygote.ready)
        except TimeoutError:
            await zygote.stop()
            raise Unavailable("the model processes do not start") from None
        return zygote

    async def stop(self) -> None:
        """End the zygote, and all children with it, for good."""
        async with self._lock:
            self._is_stopped = True
            if self._zygote is not None:
                await self._zygote.stop()
