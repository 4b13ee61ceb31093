"""System calls by number, without any library, as a hostile model would make them.

Their arguments have no effect.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_MACHINE = platform.machine()


def call(x86_64: int, aarch64: int, *arguments: int) -> Callable[[object], int]:
    """Make a probe of a system call, by its number on either machine."""

    def probe(_: object) -> int:
        number = {"x86_64": x86_64, "aarch64": aarch64}[_MACHINE]
        result = _libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments))
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return result

    return probe


_NO_FD = 0xFFFF_FFFF

BARE_CALLS: dict[str, Callable[[object], int]] = {
    "open a port of another's choice": call(288, 242, 3, 0, 0, 0),
    "pass a descriptor": call(46, 211, 3, 0, 0),
    "become a program by descriptor": call(322, 281, 3, 0, 0, 0, 0x1000),
    "clone": call(435, 435, 0, 0),
    "take a descriptor of another": call(438, 438, 3, 0, 0),
    "be dumpable": call(157, 167, 4, 1),
    "filter its own calls": call(317, 277, 1, 0, 0),
    "share memory by System V": call(29, 194, 0, 4096, 0o1600),
    "open a message queue": call(240, 180, 0, 0, 0, 0),
    "use io_uring": call(425, 425, 1, 0),
    "load a program into the kernel": call(321, 280, 0, 0, 0),
    "handle its own page faults": call(323, 282, 1),
    "count the processor's events": call(298, 241, 0, 0, 0, 0, 0),
    "read the kernel's keys": call(250, 219, 0, -3 & 0xFFFF_FFFF, 0),
    "read the kernel's log": call(103, 116, 10, 0, 0),
    "have namespaces": call(272, 97, 0x1000_0000),
    "enter a namespace": call(308, 268, 3, 0),
    "mount": call(165, 40, 0, 0, 0, 0, 0),
    "mount by descriptor": call(430, 430, 0, 0),
    "change the root": call(161, 51, 0),
    "open a file by handle": call(304, 265, _NO_FD, 0, 0),
    "load a module": call(313, 273, _NO_FD, 0, 0),
    "restart the machine": call(169, 142, 0, 0, 0, 0),
    "change the clock": call(227, 112, 0, 0),
    "name the machine": call(170, 161, 0, 0xFFFF_FFFF),
    "change its personality": call(135, 92, 0x0040_0000),
}
