"""The filter, executed step by step as the kernel does: what is allowed, and what is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from inference.child.sandbox.seccomp import (
    ALLOW,
    ARCHITECTURE_OFFSET,
    ARCHITECTURES,
    ARGUMENTS_OFFSET,
    DENY,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    KILL_PROCESS,
    LOAD,
    NUMBER_OFFSET,
    RETURN,
    Architecture,
    program_for,
)

PID = 4711
INSTRUCTIONS_MAX = 4096
CALLS_MAX = 1_000
MACHINES = sorted(ARCHITECTURES)
CHECKED = {"mmap", "mprotect", "tgkill"}

# Numbers that must never be in the list, by hand from the kernel's tables.
FORBIDDEN = {
    "x86_64": {
        "open": 2, "stat": 4, "ioctl": 16, "dup": 32, "socket": 41, "connect": 42, "sendmsg": 46,
        "bind": 49, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "fcntl": 72,
        "ptrace": 101, "prctl": 157, "tkill": 200, "openat": 257, "newfstatat": 262,
        "unshare": 272, "process_vm_readv": 310, "memfd_create": 319, "bpf": 321,
        "pkey_mprotect": 329, "io_uring_setup": 425, "clone3": 435, "openat2": 437,
    },
    "aarch64": {
        "dup": 23, "fcntl": 25, "ioctl": 29, "openat": 56, "newfstatat": 79, "unshare": 97,
        "ptrace": 117, "kill": 129, "tkill": 130, "prctl": 167, "socket": 198, "bind": 200,
        "connect": 203, "sendmsg": 211, "clone": 220, "execve": 221, "process_vm_readv": 270,
        "memfd_create": 279, "bpf": 280, "execveat": 281, "pkey_mprotect": 288,
        "io_uring_setup": 425, "clone3": 435, "openat2": 437,
    },
}  # fmt: skip


class Call(NamedTuple):
    """A system call as the filter sees it."""

    audit: int
    number: int
    arguments: Sequence[int] = (0, 0, 0, 0, 0, 0)

    def word(self, offset: int) -> int:
        """One word of struct seccomp_data."""
        if offset == NUMBER_OFFSET:
            return self.number
        if offset == ARCHITECTURE_OFFSET:
            return self.audit
        argument, rest = divmod(offset - ARGUMENTS_OFFSET, 8)
        return self.arguments[argument] >> 8 * rest & 0xFFFF_FFFF


def verdict(architecture: Architecture, call: Call) -> int:
    """Run the filter on a call."""
    program, at, accumulator = program_for(architecture, PID), 0, 0
    while program[at].code != RETURN:
        step = program[at]
        if step.code == LOAD:
            accumulator = call.word(step.value)
            at += 1
        else:
            holds = {
                JUMP_EQUAL: accumulator == step.value,
                JUMP_AT_LEAST: accumulator >= step.value,
                JUMP_ANY_BIT: bool(accumulator & step.value),
            }[step.code]
            at += 1 + (step.if_true if holds else step.if_false)
    return program[at].value


def called(machine: str, name: str, *arguments: int) -> int:
    architecture = ARCHITECTURES[machine]
    padded = (*arguments, *[0] * (6 - len(arguments)))
    return verdict(architecture, Call(architecture.audit, architecture.calls[name], padded))


@pytest.mark.parametrize("machine", MACHINES)
def test_only_listed_calls_are_allowed(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    listed = {number for name, number in architecture.calls.items() if name not in CHECKED}
    allowed = {
        number
        for number in range(CALLS_MAX)
        if verdict(architecture, Call(architecture.audit, number, [0xFFFF_FFFF] * 6)) == ALLOW
    }
    assert allowed == listed


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_that_reach_files_networks_or_processes_are_denied(machine: str) -> None:
    architecture = ARCHITECTURES[machine]
    for name, number in FORBIDDEN[machine].items():
        assert verdict(architecture, Call(architecture.audit, number)) == DENY, name


def test_both_architectures_allow_the_same_calls() -> None:
    x86, arm = (ARCHITECTURES[machine].calls for machine in ("x86_64", "aarch64"))
    assert x86.keys() == arm.keys()
    assert len(set(x86.values())) == len(set(arm.values())) == len(x86)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["mmap", "mprotect"])
def test_memory_may_be_mapped_but_not_executable(machine: str, name: str) -> None:
    for readable_writable in range(4):
        assert called(machine, name, 0, 4096, readable_writable) == ALLOW
        assert called(machine, name, 0, 4096, readable_writable | 4) == DENY
        assert called(machine, name, 0, 4096, 1 << 32 | readable_writable | 4) == DENY


@pytest.mark.parametrize("machine", MACHINES)
def test_a_process_may_signal_only_itself(machine: str) -> None:
    assert called(machine, "tgkill", PID, PID, 6) == ALLOW
    for other in (1, 0, PID + 1, 0xFFFF_FFFF):
        assert called(machine, "tgkill", other, other, 6) == DENY


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_of_another_architecture_kills_the_process(machine: str) -> None:
    i386, other = 0x4000_0003, ({*MACHINES} - {machine}).pop()
    for audit in (i386, 0, ARCHITECTURES[other].audit):
        assert verdict(ARCHITECTURES[machine], Call(audit, 0)) == KILL_PROCESS


def test_a_call_of_the_second_x86_table_kills_the_process() -> None:
    x86 = ARCHITECTURES["x86_64"]
    for number in (0x4000_0000, 0x4000_0000 + 520, 0xFFFF_FFFF):
        assert verdict(x86, Call(x86.audit, number)) == KILL_PROCESS


@pytest.mark.parametrize("machine", MACHINES)
def test_a_filter_fits_the_limit_of_the_kernel(machine: str) -> None:
    program = program_for(ARCHITECTURES[machine], PID)
    assert len(program) <= INSTRUCTIONS_MAX
    assert all(0 <= step.if_true <= 255 and 0 <= step.if_false <= 255 for step in program)


def test_a_machine_without_a_list_has_no_filter() -> None:
    program = (
        "import platform; platform.machine = lambda: 'riscv64'\n"
        "from inference.child.sandbox import seccomp\n"
        "try: seccomp.restrict(1)\n"
        "except OSError as error: print(error.strerror)"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert completed.stdout.strip() == "no list of system calls for riscv64"
