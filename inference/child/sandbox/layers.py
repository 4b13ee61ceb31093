"""Confines a child before it opens anything: what it was not given, it has not got.

Every layer that narrows the process is put on here, in this order, and nowhere else. Each is
tried, whatever became of those before it, and the outcome of each is told.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import signal
from collections.abc import Callable
from typing import NamedTuple

from inference.child.sandbox import kernel, landlock, seccomp
from inference.protocol.sandbox_report import Layer, SandboxReport

SOCKET_FD = 3
MODEL_FD = 4
MEMORY_FD = 5
"""The kernel's account of this process's memory, smaps_rollup, where there is one."""

_FILES_MAX = 16
_STACK_BYTES_MAX = 8 << 20
_GRACE_S = 1
"""How long after the signal that says so a process that used up its time is killed."""


class ProcessLimits(NamedTuple):
    """What a child may use."""

    memory_bytes_max: int
    """Of address space."""
    cpu_s_max: int | None = None


class ForkContext(NamedTuple):
    """Where a child stands among the children of a zygote."""

    zygote_pid: int
    slot: int
    """A small number that no other live child of this zygote has."""


def close_other_descriptors(socket_fd: int, model_fd: int) -> None:
    """Close all descriptors but these two, which are moved to SOCKET_FD and MODEL_FD."""
    # Duplicates are taken above the final numbers, where neither can overwrite the other.
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD, MEMORY_FD + 1) for fd in (socket_fd, model_fd)]
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(kept[0], SOCKET_FD)
    os.dup2(kept[1], MODEL_FD)
    os.closerange(MEMORY_FD, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(OSError):
        os.open("/proc/self/smaps_rollup", os.O_RDONLY)  # It gets the lowest number: MEMORY_FD.


def enter_sandbox(place: ForkContext, bounds: ProcessLimits) -> SandboxReport:
    """Put on every layer that can be had; ends the process if its zygote is gone."""
    steps: tuple[tuple[Layer, Callable[[], None]], ...] = (
        ("rlimits", lambda: _limit(bounds)),
        ("uid", lambda: _take_account(place)),
        ("capabilities", kernel.drop_capabilities),
        ("dumpable", lambda: kernel.prctl(kernel.PR_SET_DUMPABLE, 0)),
        ("no_new_privs", lambda: kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)),
        # A change of account would clear it.
        ("pdeathsig", lambda: _die_with(place.zygote_pid)),
        ("landlock", landlock.restrict),
        ("seccomp", lambda: seccomp.restrict(os.getpid())),
    )
    return SandboxReport({layer: _outcome(put_on) for layer, put_on in steps})


def _outcome(put_on: Callable[[], None]) -> str:
    try:
        put_on()
    except (OSError, ValueError) as error:
        return (error.strerror if isinstance(error, OSError) else "") or str(error) or "failed"
    return ""


def _limit(bounds: ProcessLimits) -> None:
    limits = {
        resource.RLIMIT_AS: bounds.memory_bytes_max,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: _FILES_MAX,
        resource.RLIMIT_SIGPENDING: 0,
        resource.RLIMIT_STACK: _STACK_BYTES_MAX,
    }
    for kind, value in limits.items():
        _lower(kind, value)
    if bounds.cpu_s_max is not None:
        _lower(resource.RLIMIT_CPU, bounds.cpu_s_max, grace=_GRACE_S)


def _lower(kind: int, value: int, grace: int = 0) -> None:
    hard = resource.getrlimit(kind)[1]
    most = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
    resource.setrlimit(kind, (min(value, most), most))


# Two ranges of numbers that no account of a usual system has, cut into blocks, one per zygote.
# The first is systemd's no man's land; the second is for containers that have but 65,536 numbers.
_SLOTS = 4096
_RANGES = ((0x7000_0000, 1 << 15), (0x8000, 6))


def _take_account(place: ForkContext) -> None:
    """Become a user and group that nobody else is, and that may have no second process."""
    if not kernel.has_capabilities(kernel.CAP_SETUID, kernel.CAP_SETGID, kernel.CAP_KILL):
        # Without the last, the parent could not end a process of another account.
        raise OSError(errno.EPERM, "it takes CAP_SETUID, CAP_SETGID and CAP_KILL")
    os.setgroups([])
    refusal = OSError(errno.EINVAL, "no account could be taken")
    for base, blocks in _RANGES:
        number = base + place.zygote_pid % blocks * _SLOTS + place.slot % _SLOTS
        try:
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
        except OSError as error:
            refusal = error
            continue
        # Processes are counted by account: before this, others of its old one would be counted.
        _lower(resource.RLIMIT_NPROC, 1)
        return
    raise refusal


def _die_with(zygote_pid: int) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote_pid:  # It died before it could be noticed.
        os._exit(0)
