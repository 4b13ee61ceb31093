"""The process that all children are forked from: libraries loaded, no secrets, one thread.

The API process executes it with a clean environment and a socket, whose number is the only
argument. When the socket is closed the zygote exits, and its children end with it.
"""

from __future__ import annotations

import array
import os
import selectors
import signal
import socket
import sys
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from inference.child import worker
from inference.child.preload import preload
from inference.child.sandbox.layers import ForkContext
from inference.protocol.messages import CONTROL_BYTES_MAX, LaunchRequest, ZygoteEvent

_FAILED_STATUS = 70


def main() -> None:
    """Serve the inherited socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    preload()
    Zygote(control).run()


class _Child(NamedTuple):
    """A child that has not been reaped."""

    launch_id: int
    slot: int


class Zygote:
    """Forks children on request and reports how they ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._pid = os.getpid()

    def run(self) -> None:
        """Report that it is ready, then serve until the other end closes."""
        self._send(ZygoteEvent(0, "ready"))
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._reap(key.fd, key.data.launch_id)
                elif not self._take_request():
                    return

    def _take_request(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, CONTROL_BYTES_MAX, 2)
        if not message:
            return False
        try:
            self._fork(msgspec.json.decode(message, type=LaunchRequest), *descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _fork(self, launch: LaunchRequest, socket_fd: int, model_fd: int) -> None:
        if threads := _extra_threads():
            self._send(ZygoteEvent(launch.id, "failed", f"the zygote has {threads} extra threads"))
            return
        try:
            slot = self._free_slot()
            pid = os.fork()
        except OSError as error:
            self._send(ZygoteEvent(launch.id, "failed", f"no process could be made: {error}"))
            return
        if pid == 0:
            _run_child(launch, socket_fd, model_fd, ForkContext(self._pid, slot))
        pidfd = os.pidfd_open(pid)
        self._selector.register(pidfd, selectors.EVENT_READ, _Child(launch.id, slot))
        self._send(ZygoteEvent(launch.id, "started"), pidfd)

    def _free_slot(self) -> int:
        taken = {key.data.slot for key in self._selector.get_map().values() if key.data}
        return next(slot for slot in count() if slot not in taken)

    def _reap(self, pidfd: int, launch_id: int) -> None:
        result = os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        self._selector.unregister(pidfd)
        os.close(pidfd)
        if result is not None:
            self._send(
                ZygoteEvent(launch_id, "ended", _exit_text(result.si_code, result.si_status))
            )

    def _send(self, event: ZygoteEvent, *descriptors: int) -> None:
        rights = array.array("i", descriptors)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
        self._control.sendmsg([msgspec.json.encode(event)], ancillary)


def _run_child(launch: LaunchRequest, socket_fd: int, model_fd: int, context: ForkContext) -> None:
    status = _FAILED_STATUS
    try:
        worker.run(launch, socket_fd, model_fd, context)
        status = 0
    finally:
        os._exit(status)


def _extra_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir())) - 1


def _exit_text(code: int, status: int) -> str:
    if code == os.CLD_EXITED:
        return f"exited with status {status}"
    return f"was killed by {signal.Signals(status).name}"


if __name__ == "__main__":
    main()
