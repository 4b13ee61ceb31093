"""Applies the layers of the sandbox to a child, before it opens a model.

All of them are applied here, in this order. Each is tried even if an earlier one failed, and the
outcome of each is reported.
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
"""smaps_rollup, the memory statistics of this process; closed if the kernel has none."""

_FILES_MAX = 16
_STACK_BYTES_MAX = 8 << 20
_GRACE_S = 1
"""How long after SIGXCPU a process that has used up its time is killed."""


class ProcessLimits(NamedTuple):
    """Limits on the resources of a child."""

    memory_bytes_max: int
    """Of address space."""
    cpu_s_max: int | None = None


class ForkContext(NamedTuple):
    """Identifies a child among the children of a zygote."""

    zygote_pid: int
    slot: int
    """A small number, unique among the running children of this zygote."""


def close_other_descriptors(socket_fd: int, model_fd: int) -> None:
    """Close all descriptors except these two, which become SOCKET_FD and MODEL_FD."""
    # Duplicate them above the final numbers first, so that neither overwrites the other.
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD, MEMORY_FD + 1) for fd in (socket_fd, model_fd)]
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(kept[0], SOCKET_FD)
    os.dup2(kept[1], MODEL_FD)
    os.closerange(MEMORY_FD, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(OSError):
        os.open("/proc/self/smaps_rollup", os.O_RDONLY)  # It becomes MEMORY_FD.


def enter_sandbox(context: ForkContext, bounds: ProcessLimits) -> SandboxReport:
    """Apply every layer that is available; exits if the zygote has died."""
    steps: tuple[tuple[Layer, Callable[[], None]], ...] = (
        ("rlimits", lambda: _limit(bounds)),
        ("uid", lambda: _switch_user(context)),
        ("capabilities", kernel.drop_capabilities),
        ("dumpable", lambda: kernel.prctl(kernel.PR_SET_DUMPABLE, 0)),
        ("no_new_privs", lambda: kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)),
        # After the change of user, which would clear it.
        ("pdeathsig", lambda: _die_with_parent(context.zygote_pid)),
        ("landlock", landlock.restrict),
        ("seccomp", lambda: seccomp.restrict(os.getpid())),
    )
    return SandboxReport({layer: _outcome(apply) for layer, apply in steps})


def _outcome(apply: Callable[[], None]) -> str:
    try:
        apply()
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


# Two ranges of user ids that systems do not assign, split into blocks, one per zygote. systemd
# leaves the first one unused; the second is for containers that have only 65,536 ids.
_SLOTS = 4096
_RANGES = ((0x7000_0000, 1 << 15), (0x8000, 6))


def _switch_user(context: ForkContext) -> None:
    """Become a user and group of its own, which may have no second process."""
    if not kernel.has_capabilities(kernel.CAP_SETUID, kernel.CAP_SETGID, kernel.CAP_KILL):
        # Without CAP_KILL, the parent could not end a process of another user.
        raise OSError(errno.EPERM, "it takes CAP_SETUID, CAP_SETGID and CAP_KILL")
    os.setgroups([])
    refusal = OSError(errno.EINVAL, "no user id could be taken")
    for base, blocks in _RANGES:
        number = base + context.zygote_pid % blocks * _SLOTS + context.slot % _SLOTS
        try:
            os.setresgid(number, number, number)
            os.setresuid(number, number, number)
        except OSError as error:
            refusal = error
            continue
        # Processes are counted by user: only now is this one the only process of its user.
        _lower(resource.RLIMIT_NPROC, 1)
        return
    raise refusal


def _die_with_parent(zygote_pid: int) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != zygote_pid:  # It died before the signal was requested.
        os._exit(0)
