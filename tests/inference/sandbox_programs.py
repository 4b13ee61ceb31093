"""A program that applies one layer of the sandbox, or all in special environments, and reports.

`python -m tests.inference.sandbox_programs NAME` runs a function below and prints its result.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from inference.child.sandbox import kernel, landlock, layers, seccomp
from inference.child.sandbox.layers import ForkContext, ProcessLimits

_UNSHARE = {"x86_64": 272, "aarch64": 97}
_CLONE_NEWUSER = 0x1000_0000
_MANY = 65_536
_HOST_NUMBER = 100_000
BOUNDS = ProcessLimits(memory_bytes_max=4 << 30)


def landlock_alone() -> dict[str, str]:
    """Try what Landlock denies, with no other layer."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name := f"\0mlplatform-{os.getpid()}")
        unix.listen()
        pid = os.fork()
        if pid == 0:  # Otherwise it would own the listeners.
            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
            landlock.restrict()
            outcomes = {
                "file": _outcome(lambda: Path("/etc/passwd").read_bytes()),
                "folder": _outcome(lambda: os.listdir("/")),  # noqa: PTH208 - the plain system call
                "tcp": _outcome(lambda: socket.create_connection(tcp.getsockname())),
                "abstract": _outcome(lambda: socket.socket(socket.AF_UNIX).connect(name)),
                "signal": _outcome(lambda: os.kill(os.getppid(), 0)),
            }
            _print(outcomes)
            os._exit(0)
        os.waitpid(pid, 0)
    return {}


def seccomp_alone() -> dict[str, str]:
    """Try what the filter denies, with no other layer."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.restrict(os.getpid())
    return {
        "file": _outcome(lambda: Path("/etc/passwd").read_bytes()),
        "socket": _outcome(socket.socket),
        "fork": _outcome(os.fork),
        "clock": _outcome(os.times),
    }


def orphaned() -> dict[str, str]:
    """Enter the sandbox as the child of a process that has ended."""
    return dict(layers.enter_sandbox(ForkContext(zygote_pid=1, slot=0), BOUNDS).layers)


def out_of_time() -> dict[str, str]:
    """Use more processor time than is allowed."""
    context = ForkContext(os.getppid(), slot=0)
    layers.enter_sandbox(context, BOUNDS._replace(cpu_s_max=1))
    while True:
        pass


def few_user_ids() -> Mapping[str, Any]:
    """Enter the sandbox as root of a container with only 65,536 accounts."""
    if os.getuid() != 0:
        return _account_of(ForkContext(os.getppid(), slot=5))
    reading, writing = os.pipe()
    parent_pid = os.getpid()
    if (pid := os.fork()) == 0:
        kernel.syscall(_UNSHARE[os.uname().machine], _CLONE_NEWUSER)
        os.write(writing, b"!")
        return _confined_in_namespace(parent_pid)
    os.read(reading, 1)
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/{pid}/{kind}").write_text(f"0 {_HOST_NUMBER} {_MANY}")
    os.waitpid(pid, 0)
    return {}


def _confined_in_namespace(parent_pid: int) -> dict[str, Any]:
    while not Path("/proc/self/gid_map").read_text():
        time.sleep(0.01)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    return _account_of(ForkContext(parent_pid, slot=5))


def _account_of(context: ForkContext) -> dict[str, Any]:
    outcomes = layers.enter_sandbox(context, BOUNDS).layers
    return {"layer": outcomes["uid"], "uid": os.getuid(), "gid": os.getgid()}


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def _print(value: object) -> None:
    os.write(1, msgspec.json.encode(value) + b"\n")


PROGRAMS: dict[str, Callable[[], Mapping[str, Any]]] = {
    function.__name__: function
    for function in (landlock_alone, seccomp_alone, orphaned, out_of_time, few_user_ids)
}

if __name__ == "__main__":
    if result := PROGRAMS[sys.argv[1]]():
        _print(result)
