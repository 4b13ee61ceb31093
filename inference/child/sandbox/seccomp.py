"""The filter of system calls: allows only what a model needs to compute.

It denies opening files by name, creating sockets and processes, executable memory, and access to
other processes. A call that is not listed fails with EPERM, so a library that merely tries goes on.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inference.child.sandbox.kernel import PR_SET_SECCOMP, prctl

_MODE_FILTER = 2

KILL_PROCESS = 0x8000_0000
ALLOW = 0x7FFF_0000
DENY = 0x0005_0000 | errno.EPERM

_PROT_EXEC = 4

# Classic BPF: load a word of struct seccomp_data, compare it, return a verdict.
LOAD = 0x20
JUMP_EQUAL = 0x15
JUMP_AT_LEAST = 0x35
JUMP_ANY_BIT = 0x45
RETURN = 0x06

NUMBER_OFFSET = 0
ARCHITECTURE_OFFSET = 4
ARGUMENTS_OFFSET = 16


class Architecture(NamedTuple):
    """The identifier of a machine in a filter, and the numbers of its system calls."""

    audit: int
    """AUDIT_ARCH_*, from linux/audit.h."""
    calls: Mapping[str, int]
    is_x86: bool = False


class Instruction(NamedTuple):
    """struct sock_filter; jumps say how many instructions are skipped."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


class Check(NamedTuple):
    """A condition on the lower half of an argument, for a call to be allowed."""

    argument: int
    jump: int
    value: int
    wants: bool


_X86_64 = {
    # Memory
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "mremap": 25, "madvise": 28,
    # Open descriptors
    "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "pread64": 17, "writev": 20,
    "sendto": 44, "recvfrom": 45,
    # Time, randomness and waiting
    "nanosleep": 35, "gettimeofday": 96, "futex": 202, "restart_syscall": 219,
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "getrandom": 318,
    # Signals to itself, and exit
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "exit": 60,
    "sigaltstack": 131, "exit_group": 231, "tgkill": 234,
    # Facts about itself; glibc sorts by how much memory there is
    "sched_yield": 24, "getpid": 39, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
    "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "gettid": 186,
    "sched_getaffinity": 204, "getcpu": 309,
}  # fmt: skip

_AARCH64 = {
    "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214, "mremap": 216, "madvise": 233,
    "read": 63, "write": 64, "close": 57, "fstat": 80, "lseek": 62, "pread64": 67, "writev": 66,
    "sendto": 206, "recvfrom": 207,
    "nanosleep": 101, "gettimeofday": 169, "futex": 98, "restart_syscall": 128,
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "getrandom": 278,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "exit": 93,
    "sigaltstack": 132, "exit_group": 94, "tgkill": 131,
    "sched_yield": 124, "getpid": 172, "getrusage": 165, "sysinfo": 179, "times": 153,
    "getuid": 174, "getgid": 176, "geteuid": 175, "getegid": 177, "getppid": 173, "gettid": 178,
    "sched_getaffinity": 123, "getcpu": 168,
}  # fmt: skip

ARCHITECTURES = {
    "x86_64": Architecture(0xC000_003E, _X86_64, is_x86=True),
    "aarch64": Architecture(0xC000_00B7, _AARCH64),
}

_X32_BIT = 0x4000_0000
"""Marks calls of a second table on x86-64, of which none is allowed."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


_STEP = struct.Struct("=HBBI")
"""struct sock_filter"""


def restrict(pid: int) -> None:
    """Permit only the listed calls to this process, whose pid is given, from now on.

    Raises OSError if the kernel has no filters, or there is no list for the machine.
    """
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    install(program_for(architecture, pid))


def install(program: Sequence[Instruction]) -> None:
    """Install a filter of all system calls, permanently. Raises OSError."""
    packed = b"".join(_STEP.pack(s.code, s.if_true, s.if_false, s.value) for s in program)
    filter_ = _Program(len(program), packed)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(filter_))


def program_for(architecture: Architecture, pid: int) -> list[Instruction]:
    """Build the filter: check architecture and table, then each call; deny the rest."""
    checks = {
        "mmap": Check(2, JUMP_ANY_BIT, _PROT_EXEC, wants=False),
        "mprotect": Check(2, JUMP_ANY_BIT, _PROT_EXEC, wants=False),
        # abort() sends a signal to the own process.
        "tgkill": Check(0, JUMP_EQUAL, pid, wants=True),
    }
    program = [
        Instruction(LOAD, ARCHITECTURE_OFFSET),
        Instruction(JUMP_EQUAL, architecture.audit, if_true=1),
        Instruction(RETURN, KILL_PROCESS),
        Instruction(LOAD, NUMBER_OFFSET),
    ]
    if architecture.is_x86:
        program += [
            Instruction(JUMP_AT_LEAST, _X32_BIT, if_false=1),
            Instruction(RETURN, KILL_PROCESS),
        ]
    for name, number in architecture.calls.items():
        verdict = _verdict(checks.get(name))
        program += [Instruction(JUMP_EQUAL, number, if_false=len(verdict)), *verdict]
    return [*program, Instruction(RETURN, DENY)]


def _verdict(check: Check | None) -> list[Instruction]:
    if check is None:
        return [Instruction(RETURN, ALLOW)]
    # Arguments have 64 bits, the lower half first on both machines; these are all integers.
    return [
        Instruction(LOAD, ARGUMENTS_OFFSET + 8 * check.argument),
        Instruction(check.jump, check.value, *((0, 1) if check.wants else (1, 0))),
        Instruction(RETURN, ALLOW),
        Instruction(RETURN, DENY),
    ]
