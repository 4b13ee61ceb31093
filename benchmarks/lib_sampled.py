"""`mlplatform`, noting where it spends its time: ``python lib_sampled.py FILE serve …``.

Every few milliseconds of processor time, the kernel interrupts the process and `faulthandler`
writes the stack of Python functions to the file, from within the signal handler. So time in C and
in the kernel counts for the function on whose behalf it passes; a profiler that waits for the next
line of Python would blame another.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from pathlib import Path

from mlplatform.cli import main

INTERVAL_S = 0.004

if __name__ == "__main__":
    stacks = Path(sys.argv.pop(1)).open("ab", buffering=0)  # noqa: SIM115 - open to the end
    faulthandler.register(signal.SIGPROF, stacks, all_threads=False)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    main()
