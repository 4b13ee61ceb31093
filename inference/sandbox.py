"""Confines a child before it opens anything: what it was not given, it has not got.

Every layer that narrows the process is applied here, in this order, and nowhere else.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal

SOCKET_FD = 3
MODEL_FD = 4
_FILES_MAX = 16

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)


def confine(socket_fd: int, model_fd: int, parent_pid: int, memory_bytes_max: int) -> None:
    """Keep two descriptors, moved to SOCKET_FD and MODEL_FD, and die with the parent."""
    _keep_only(socket_fd, model_fd)
    _limit(memory_bytes_max)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # It died before it could be noticed.
        os._exit(0)


def _keep_only(socket_fd: int, model_fd: int) -> None:
    # Duplicates are taken above the final numbers, where neither can overwrite the other.
    kept = [fcntl.fcntl(fd, fcntl.F_DUPFD, MODEL_FD + 1) for fd in (socket_fd, model_fd)]
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(kept[0], SOCKET_FD)
    os.dup2(kept[1], MODEL_FD)
    os.closerange(MODEL_FD + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _limit(memory_bytes_max: int) -> None:
    limits = (
        (resource.RLIMIT_AS, memory_bytes_max),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES_MAX),
    )
    for kind, value in limits:
        resource.setrlimit(kind, (value, value))


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
