"""One process per data directory: a locked file with the process id of its holder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

ATTEMPTS_MAX = 10
PAUSE_S = 0.01


class DataDirInUse(Exception):
    """Another process uses the data directory; `note` is what it wrote for others."""

    def __init__(self, path: Path, pid: int | None, note: str) -> None:
        super().__init__(f"{path.parent} is already in use by pid {pid or 'unknown'}")
        self.pid = pid
        self.note = note


@contextmanager
def acquire(path: Path) -> Generator[Callable[[str], None]]:
    """Hold the lock within the context; the kernel releases it however the process ends.

    Yields a function that writes a note for other processes. Raises `DataDirInUse`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor):
            raise DataDirInUse(path, *_read(descriptor))
        _write(descriptor, "")
        yield lambda note: _write(descriptor, note)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def find_holder(path: Path) -> DataDirInUse | None:
    """The holder of the lock, or None."""
    if not path.exists():
        return None
    try:
        with acquire(path):
            return None
    except DataDirInUse as holder:
        return holder


def _locked(descriptor: int) -> bool:
    # Repeated: a process that just ended, or `find_holder`, may hold the lock for a moment.
    for _ in range(ATTEMPTS_MAX):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_S)
        else:
            return True
    return False


def _write(descriptor: int, note: str) -> None:
    text = f"{os.getpid()}\n{note}\n".encode()
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def _read(descriptor: int) -> tuple[int | None, str]:
    pid, _, note = os.pread(descriptor, 4096, 0).decode().partition("\n")
    return (int(pid) if pid.isdecimal() else None), note.strip()
