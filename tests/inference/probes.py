"""Arbitrary Python instead of a model: each probe tries to reach something outside.

A probe that returns has succeeded. If the kernel returns EPERM or EACCES, or if it exceeds a limit,
it was denied. Any other error means that it reached the code of the system call, which is too far.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import errno
import importlib
import mmap
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inference.child.libraries import sklearn_base
from tests.inference.raw_syscalls import BARE_CALLS, call

DENIED, REACHED = "denied", "reached"
SECRET = "hush"
FORGED = "a forged line"

_REFUSALS = (errno.EPERM, errno.EACCES)
_libc = ctypes.CDLL(None, use_errno=True)


class World(NamedTuple):
    """The targets of the probes: made by the test, owned by the account that the pool runs as."""

    secret_path: str
    model_path: str
    folder: str
    tcp_port: int
    unix_path: str
    abstract_name: str
    zygote_pid: int
    parent_pid: int
    sibling_pid: int


Probe = Callable[[World], Any]


class Probing(sklearn_base.BaseEstimator):
    """Runs the probes at the given positions of NAMES, and returns the outcome of each."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world
        self.n_features_in_ = 1

    def fit(self) -> Probing:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, rows: Any) -> Any:
        outcomes = [tried(NAMES[int(row[0])], self.world) for row in rows]
        return np.array(outcomes, dtype=object)


def tried(name: str, world: World | None) -> str:
    """Try a probe; return its outcome as one word and details."""
    if world is None:
        return f"{DENIED}: there is nothing to get at"
    try:
        return f"{REACHED}: {ALL[name](world)!r}"[:200]
    except OSError as error:
        word = DENIED if error.errno in _REFUSALS else REACHED
        return f"{word}: {error}"
    except (MemoryError, _thread.error, ModuleNotFoundError) as error:
        return f"{DENIED}: {type(error).__name__} {error}"


def read(path: str) -> Probe:
    """Create a probe that reads a file; the path may refer to fields of World."""
    return lambda world: Path(path.format(**world._asdict())).read_bytes()[:20]


def write(path: str) -> Probe:
    """Make a probe of appending to a file."""

    def probe(world: World) -> str:
        with Path(path.format(**world._asdict())).open("a") as file:
            return f"{file.write('!')} written"

    return probe


def connect(family: int, kind: int, address: Callable[[World], Any]) -> Probe:
    """Make a probe of reaching an address."""

    def probe(world: World) -> str:
        with socket.socket(family, kind) as made:
            made.connect(address(world))
            return f"{made.send(b'!')} sent"

    return probe


def _listen(_: World) -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return made.fileno()


def _fork(_: World) -> int:
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def _thread_of_its_own(_: World) -> str:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return thread.name


def _signal_all(world: World) -> None:
    for pid in (world.zygote_pid, world.parent_pid, world.sibling_pid):
        os.kill(pid, 0)


def _executable_memory(_: World) -> str:
    with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        return "mapped"


def _memory_made_executable(_: World) -> int:
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if _libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(4096), 5) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return address


def _load_library(_: World) -> str:
    try:
        return ctypes.CDLL("libresolv.so.2")._name
    except OSError as error:  # The loader reports no errno.
        raise PermissionError(errno.EPERM, str(error)) from None


def _forge_log(_: World) -> None:
    for standard in (0, 1, 2):
        os.write(standard, f"{FORGED}\n".encode())
    raise PermissionError(errno.EPERM, "whether anybody reads it, the test knows")


def _raise_limits(_: World) -> list[int]:
    most = resource.RLIM_INFINITY
    changed: list[int] = []
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        resource.setrlimit(kind, (resource.getrlimit(kind)[0], most))
        changed.append(kind)
    return changed


def _descriptors_of_others(_: World) -> list[int]:
    """Find an open descriptor beyond the null device and its own socket."""
    found: list[int] = []
    for number in range(4, 4096):
        with contextlib.suppress(OSError):
            os.lseek(number, 0, os.SEEK_CUR)
            found.append(number)
    if not found:
        raise OSError(errno.EPERM, "no other descriptor is open")
    return found


def _secrets_of_the_environment(_: World) -> list[str]:
    found = sorted(name for name, value in os.environ.items() if SECRET in value)
    if not found:
        raise OSError(errno.EPERM, "the environment says nothing")
    return found


def _steal_from(pid: Callable[[World], int]) -> Probe:
    def probe(world: World) -> int:
        return call(310, 270, pid(world), 0, 0, 0, 0, 0)(world)

    return probe


def _trace(world: World) -> int:
    attach = 16
    return call(101, 117, attach, world.sibling_pid, 0, 0)(world)


_TCP = (socket.AF_INET, socket.SOCK_STREAM)
_AF_ALG, _AF_VSOCK = 38, 40

PROBES: dict[str, Probe] = {
    "read a file of the system": read("/etc/passwd"),
    "read a secret of the own account": read("{secret_path}"),
    "read another model": read("{model_path}"),
    "read its own environment": read("/proc/self/environ"),
    "read its own memory map": read("/proc/self/maps"),
    "read the parent's environment": read("/proc/{parent_pid}/environ"),
    "read the zygote's memory map": read("/proc/{zygote_pid}/maps"),
    "read what the machine is": read("/proc/cpuinfo"),
    "list a folder": lambda _: os.listdir("/")[:3],  # noqa: PTH208 - the plainest way
    "list processes": lambda _: os.listdir("/proc")[:3],  # noqa: PTH208
    "see whether a file exists": lambda world: Path(world.secret_path).stat().st_size,
    "follow a link": lambda _: str(Path("/proc/self/exe").readlink()),
    "write to a file": write("{secret_path}"),
    "overwrite a model": write("{model_path}"),
    "make a file": write("{folder}/made"),
    "make shared memory": write("/dev/shm/made"),
    "write to the kernel's log": write("/dev/kmsg"),
    "forge a line of the log": _forge_log,
    "remove a file": lambda world: Path(world.folder, "removable").unlink(),
    "make a link": lambda world: Path(world.folder, "link").symlink_to("/etc"),
    "change a mode": lambda world: Path(world.secret_path).chmod(0o666),
    "connect by TCP": connect(*_TCP, lambda world: ("127.0.0.1", world.tcp_port)),
    "connect by TCP to the outside": connect(*_TCP, lambda _: ("192.0.2.1", 9)),
    "send by UDP": connect(
        socket.AF_INET, socket.SOCK_DGRAM, lambda world: ("127.0.0.1", world.tcp_port)
    ),
    "connect to a unix socket": connect(
        socket.AF_UNIX, socket.SOCK_STREAM, lambda world: world.unix_path
    ),
    "connect to an abstract socket": connect(
        socket.AF_UNIX, socket.SOCK_STREAM, lambda world: f"\0{world.abstract_name}"
    ),
    "listen": _listen,
    "make a pair of sockets": lambda _: len(socket.socketpair()),
    "ask netlink": lambda _: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).fileno(),
    "reach the host by vsock": lambda _: socket.socket(_AF_VSOCK, socket.SOCK_STREAM).fileno(),
    "use the kernel's ciphers": lambda _: socket.socket(_AF_ALG, socket.SOCK_SEQPACKET).fileno(),
    "forge packets": lambda _: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno(),
    "fork": _fork,
    "start a program": lambda _: subprocess.run(["/bin/true"], check=True).returncode,
    "become a program": lambda _: os.execv("/nonexistent", ["x"]),
    "start a thread": _thread_of_its_own,
    "take eight gigabytes": lambda _: len(bytearray(8 << 30)),
    "signal others": _signal_all,
    "signal everybody": lambda _: os.kill(-1, 0),
    "signal by tkill": lambda w: call(200, 130, w.sibling_pid, 0)(w),
    "signal by tgkill": lambda w: call(234, 131, w.zygote_pid, w.zygote_pid, 0)(w),
    "set an alarm": lambda _: signal.setitimer(signal.ITIMER_REAL, 0),
    "trace another": _trace,
    "read the memory of the parent": _steal_from(lambda world: world.parent_pid),
    "read the memory of a sibling": _steal_from(lambda world: world.sibling_pid),
    "hold another process": lambda world: os.pidfd_open(world.sibling_pid),
    "use descriptors of others": _descriptors_of_others,
    "read secrets in the environment": _secrets_of_the_environment,
    "become root": lambda _: os.setuid(0),
    "get another group": lambda _: os.setgroups([0]),
    "raise its limits": _raise_limits,
    "raise the limits of another": lambda w: call(302, 261, w.parent_pid, 7, 0, 0)(w),
    "go before others": lambda _: os.setpriority(os.PRIO_PROCESS, 0, -5),
    "choose its processors": lambda _: os.sched_setaffinity(0, {0}),
    "map executable memory": _executable_memory,
    "make memory executable": _memory_made_executable,
    "load a library": _load_library,
    "import what is not in memory": lambda _: importlib.import_module("wave").__name__,
    "make a file in memory": lambda _: os.memfd_create("made"),
    "make a pipe": lambda _: os.pipe(),
}
ALL = PROBES | BARE_CALLS
NAMES = tuple(ALL)
