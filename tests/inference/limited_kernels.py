"""A program that opens a file on a kernel that lacks layers of the sandbox, and reports.

`python -m tests.inference.limited_kernels ACCOUNT ALLOWED LAYER...` makes the kernel refuse
the calls of those layers, as in some containers, for this process and its children.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import platform
import sys
from collections.abc import Collection, Coroutine
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec

from domain.errors import DomainError
from inference.child.sandbox import kernel
from inference.child.sandbox.seccomp import (
    ALLOW,
    ARGUMENTS_OFFSET,
    JUMP_EQUAL,
    LOAD,
    NUMBER_OFFSET,
    RETURN,
    Instruction,
    install,
)
from inference.model_file import ModelFile
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from tests.inference.os_accounts import Account, become

_MISSING = 0x0005_0000 | errno.ENOSYS
_LANDLOCK_CREATE_RULESET = 444
_PRCTL = {"x86_64": 157, "aarch64": 167}[platform.machine()]


class Attempt(msgspec.Struct):
    """The outcome of opening a file that is no model."""

    level: str
    missing: list[str]
    ready: str
    """The error of the pool; "" if it is ready."""
    inspected: str
    """The error of the inspection."""


def _without(layers: Collection[str]) -> list[Instruction]:
    load, end = Instruction(LOAD, NUMBER_OFFSET), Instruction(RETURN, _MISSING)
    program: list[Instruction] = []
    if "landlock" in layers:
        program += [load, Instruction(JUMP_EQUAL, _LANDLOCK_CREATE_RULESET, if_false=1), end]
    if "seccomp" in layers:
        program += [
            *(load, Instruction(JUMP_EQUAL, _PRCTL, if_false=3)),
            Instruction(LOAD, ARGUMENTS_OFFSET),
            *(Instruction(JUMP_EQUAL, kernel.PR_SET_SECCOMP, if_false=1), end),
        ]
    return [*program, Instruction(RETURN, ALLOW)]


async def attempt(*, allow_unsandboxed: bool) -> Attempt:
    """Inspect a file; return the state of the pool and the errors."""
    limits = PoolLimits(
        deadline_s=20.0,
        load_deadline_s=20.0,
        queue_rows_max=10,
        processes_max=1,
        memory_bytes_max=4 << 30,
        allow_unsandboxed=allow_unsandboxed,
    )
    file = ModelFile(uuid4(), hashlib.sha256().hexdigest(), 0)
    async with WorkerPool.open(_open_nothing, limits) as pool:
        errors = [await _error_of(call) for call in (pool.ready(), pool.inspect(file))]
        assert pool.sandbox_report is not None
        return Attempt(pool.sandbox_report.level, list(pool.sandbox_report.missing), *errors)


async def _open_nothing(_: UUID) -> int:
    return os.open(os.devnull, os.O_RDONLY)


async def _error_of(call: Coroutine[Any, Any, object]) -> str:
    try:
        await call
    except DomainError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def lack(*layers: str) -> None:
    """Remove layers from the kernel, for this process and all that it starts."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    install(_without(layers))


def main(account: str, allowed: str, *layers: str) -> None:
    """Print the outcome as JSON."""
    if account != "as started":
        become(cast("Account", account))
        again = [sys.executable, "-m", "tests.inference.limited_kernels", "as started"]
        os.execv(sys.executable, [*again, allowed, *layers])
    lack(*layers)
    found = asyncio.run(attempt(allow_unsandboxed=allowed == "allowed"))
    sys.stdout.write(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
