"""`mlplatform`, noting where it spends its time: ``python lib_sampled.py FILE serve …``.

Every few milliseconds of processor time the kernel sends a signal, and the files of the Python
functions that are running then are noted, innermost first. Python takes a signal when it has
left C code, still in the function that called it, so time in C and in the kernel counts for the
function on whose behalf it passed. Between two callbacks of the event loop there is no such
function; what passes there is noticed at the entry of the next callback, and marked. Only what
passes before an awaiting function goes on is charged to the first call that this one makes then,
some two microseconds for each await.
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


class Notes:
    """A file with a line for each signal."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def take(self, _: int, frame: FrameType | None) -> None:
        """Note where the process is."""
        places = [_entry_of(frame)] if frame is not None else []
        while frame is not None and frame.f_code.co_filename != runners.__file__:
            places.append(frame.f_code.co_filename)
            frame = frame.f_back
        self._file.write(("\t".join(places) + "\n").encode())


def _entry_of(frame: FrameType) -> str:
    """Tell the first instruction of a function, or of its continuation after an await."""
    return ENTERING if frame.f_code.co_code[frame.f_lasti] == _RESUME else ""


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, Notes(Path(sys.argv.pop(1))).take)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    main()
