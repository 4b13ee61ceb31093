"""System calls that the standard library has no function for. Linux, 64 bits."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

CAP_KILL = 5
CAP_SETGID = 6
CAP_SETUID = 7

_CAPABILITIES_V3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)
# Resolved before the fork: otherwise each child would spend time and memory on it.
_syscall, _prctl, _capget, _capset = _libc.syscall, _libc.prctl, _libc.capget, _libc.capset
_syscall.restype = ctypes.c_long


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


_HEADER = _CapabilityHeader(_CAPABILITIES_V3, 0)
_CapabilityPair = _CapabilitySets * 2


def syscall(number: int, *arguments: int | bytes) -> int:
    """Make a system call; bytes are passed by address. Raises OSError."""
    plain = (ctypes.c_ulong(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments)
    return _checked(_syscall(ctypes.c_long(number), *plain))


def prctl(option: int, value: int, address: int = 0) -> None:
    """Change a property of this process. Raises OSError."""
    rest = map(ctypes.c_ulong, (value, address, 0, 0))
    _checked(_prctl(ctypes.c_int(option), *rest))


def has_capabilities(*numbers: int) -> bool:
    """Whether all of these capabilities, by number, are in effect."""
    sets = _CapabilityPair()
    _checked(_capget(ctypes.byref(_HEADER), ctypes.byref(sets)))
    held = sets[0].effective | sets[1].effective << 32
    return all(held >> number & 1 for number in numbers)


def drop_capabilities() -> None:
    """Give up all capabilities. Raises OSError."""
    _checked(_capset(ctypes.byref(_HEADER), ctypes.byref(_CapabilityPair())))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
