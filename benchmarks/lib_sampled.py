"""Runs `mlplatform` and samples where it spends its time: ``python lib_sampled.py FILE serve …``.

Every few milliseconds of processor time the kernel sends a signal, and the files of the running
Python functions are recorded, innermost first. Python handles a signal after it has left C code,
still in the function that called it, so time in C and in the kernel counts for that function.
Between two callbacks of the event loop no Python function is running; such a signal is handled at
the entry of the next callback, and marked. Only the time before an awaiting function resumes is
counted for its next call, about two microseconds for each await.
"""

from __future__ import annotations

import dis
import signal
import sys
from asyncio import runners
from pathlib import Path
from types import FrameType

from mlplatform.cli.main import main

INTERVAL_S = 0.004
ENTERING = "entering"
_RESUME = dis.opmap["RESUME"]


class SampleFile:
    """A file with a line for each signal."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def record(self, _: int, frame: FrameType | None) -> None:
        """Write the files of the running functions."""
        files = [_entry_of(frame)] if frame is not None else []
        while frame is not None and frame.f_code.co_filename != runners.__file__:
            files.append(frame.f_code.co_filename)
            frame = frame.f_back
        self._file.write(("\t".join(files) + "\n").encode())


def _entry_of(frame: FrameType) -> str:
    """Return a mark at the first instruction of a function, or after an await."""
    return ENTERING if frame.f_code.co_code[frame.f_lasti] == _RESUME else ""


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, SampleFile(Path(sys.argv.pop(1))).record)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    main()
