"""The layers of the sandbox: each alone, all together, and on kernels that lack some."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from inference.child.sandbox import kernel, landlock
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from inference.protocol.sandbox_report import LAYERS, SandboxReport
from tests.inference.conftest import ModelStore, open_pool
from tests.inference.faulty_estimators import FaultyEstimator
from tests.inference.limited_kernels import Attempt
from tests.inference.processes import children_of

ALL_HOLD = dict.fromkeys(LAYERS, "")
IS_ROOT = os.geteuid() == 0
OPENED = "Rejected: the file is empty"
REFUSED = "Unavailable: no model is opened here"
OWN_NUMBERS = range(0x7000_0000, 0x7800_0000)
FEW_NUMBERS = range(0x8000, 0xE000)


def run(module: str, *arguments: str) -> tuple[Any, int]:
    """Run a helper program; return its last line and its exit status."""
    ended = subprocess.run(
        [sys.executable, "-m", f"tests.inference.{module}", *arguments],
        capture_output=True,
        check=False,
    )
    assert not ended.stderr, ended.stderr.decode()
    lines = ended.stdout.splitlines()
    return msgspec.json.decode(lines[-1]) if lines else None, ended.returncode


@pytest.mark.parametrize(
    ("missing", "level", "is_sufficient"),
    [
        ((), "full", True),
        (("uid",), "reduced", True),
        (("landlock",), "reduced", True),
        (("rlimits", "pdeathsig"), "reduced", True),
        (("landlock", "uid"), "none", False),
        (("seccomp",), "none", False),
        (LAYERS, "none", False),
    ],
)
def test_a_sandbox_needs_the_filter_and_one_more_layer_that_denies_files(
    missing: tuple[str, ...], level: str, is_sufficient: bool
) -> None:
    sandbox_report = SandboxReport(ALL_HOLD | dict.fromkeys(missing, "not here"))
    assert (sandbox_report.level, sandbox_report.is_sufficient) == (level, is_sufficient)
    assert sandbox_report.missing == dict.fromkeys(missing, "not here")


def test_layers_that_are_not_reported_are_missing() -> None:
    report = SandboxReport({"seccomp": "", "landlock": ""})
    assert (report.level, report.missing["rlimits"]) == ("reduced", "not tried")
    assert str(SandboxReport(ALL_HOLD | {"uid": "not root"})) == "uid: not root"
    assert SandboxReport({}).level == "none"


def test_landlock_alone_denies_files_and_addresses() -> None:
    outcomes, _ = run("sandbox_programs", "landlock_alone")
    version = kernel.syscall(444, 0, 0, 1)
    assert outcomes == {
        "file": "EACCES",
        "folder": "EACCES",
        "tcp": "EACCES" if version >= 4 else "done",
        "abstract": "EPERM" if version >= 6 else "done",
        "signal": "EPERM" if version >= 6 else "done",
    }


def test_the_filter_alone_denies_files_sockets_and_processes() -> None:
    outcomes, _ = run("sandbox_programs", "seccomp_alone")
    assert outcomes == {"file": "EPERM", "socket": "EPERM", "fork": "EPERM", "clock": "done"}


@pytest.mark.parametrize(
    ("version", "fields"),
    [(1, [0x1FFF]), (2, [0x3FFF]), (3, [0x7FFF]), (4, [0x7FFF, 3]), (5, [0xFFFF, 3])]
    + [(version, [0xFFFF, 3, 3]) for version in (6, 7, 8, 99)],
)
def test_landlock_denies_all_that_each_kernel_can_deny(version: int, fields: list[int]) -> None:
    assert landlock.handled_by(version) == struct.pack(f"={len(fields)}Q", *fields)


def test_a_child_whose_zygote_has_died_exits() -> None:
    assert run("sandbox_programs", "orphaned") == (None, 0)


def test_an_inspection_that_uses_up_its_time_is_ended() -> None:
    assert run("sandbox_programs", "out_of_time") == (None, -signal.SIGXCPU)


def test_a_user_id_below_65536_is_used_if_there_are_no_others() -> None:
    outcome, _ = run("sandbox_programs", "few_user_ids")
    if IS_ROOT:
        assert outcome["layer"] == ""
        assert outcome["uid"] == outcome["gid"]
        assert outcome["uid"] in FEW_NUMBERS
    else:  # Only root can create such a container; others have one user id.
        assert outcome["layer"] == "it takes CAP_SETUID, CAP_SETGID and CAP_KILL"
        assert outcome["uid"] == os.getuid()


@pytest.mark.parametrize(
    ("layers", "account", "level", "is_opened"),
    [
        (("landlock",), "as started", "reduced" if IS_ROOT else "none", IS_ROOT),
        (("seccomp",), "as started", "none", False),
        *([(("landlock",), "root without capabilities", "none", False)] if IS_ROOT else []),
    ],
)
def test_without_a_sufficient_sandbox_no_model_is_opened(
    layers: tuple[str, ...], account: str, level: str, is_opened: bool
) -> None:
    report, _ = run("limited_kernels", account, "denied", *layers)
    attempt = msgspec.convert(report, Attempt)
    assert attempt.level == level
    assert set(layers) <= set(attempt.missing)
    if is_opened:
        assert (attempt.ready, attempt.inspected) == ("", OPENED)
    else:
        assert attempt.ready.startswith(REFUSED)
        assert attempt.inspected.startswith(REFUSED)


def test_without_a_sandbox_models_are_opened_only_if_allowed() -> None:
    report, _ = run("limited_kernels", "as started", "allowed", "landlock", "seccomp")
    attempt = msgspec.convert(report, Attempt)
    assert (attempt.level, attempt.ready, attempt.inspected) == ("none", "", OPENED)


class Child:
    """A child as an administrator sees it."""

    def __init__(self, pid: int) -> None:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        self.status = {name: value.split() for name, _, value in (x.partition(":") for x in lines)}
        self.limits = {
            line[:26].strip(): line[26:].split()[1]
            for line in Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
        }

    @property
    def uid(self) -> int:
        """Its account; the same in all four of its roles."""
        (uid,) = {*self.status["Uid"], *self.status["Gid"]} if IS_ROOT else {os.getuid()}
        return int(uid)


async def _children(pool: WorkerPool, *files: ModelFile) -> list[Child]:
    for file in files:
        await pool.warm(file)
    async with asyncio.timeout(5):
        while len(pids := children_of(pool.zygote_pid)) != len(files):  # noqa: ASYNC110 - no event signals it
            await asyncio.sleep(0.01)
    return [Child(pid) for pid in pids]


async def test_a_child_reports_the_memory_that_the_kernel_counts(store: ModelStore) -> None:
    files = [store.save(FaultyEstimator()) for _ in range(2)]
    async with open_pool(store) as pool, open_pool(store) as other:
        await asyncio.gather(pool.ready(), other.ready())
        children = await _children(pool, *files) + await _children(other, *files)
    for child in children:
        assert {*child.status["CapEff"], *child.status["CapPrm"]} == {"0" * 16}
        assert (child.status["NoNewPrivs"], child.status["Seccomp"]) == (["1"], ["2"])
        assert child.status["Threads"] == ["1"]
        assert child.limits["Max address space"] == str(4 << 30)
        for limit in ("core file size", "file size", "locked memory", "msgqueue size"):
            assert child.limits[f"Max {limit}"] == "0"
        assert child.limits["Max open files"] == "16"
        assert child.limits["Max cpu time"] == "unlimited"
    if IS_ROOT:
        assert len({child.uid for child in children}) == len(children)
        assert all(child.uid in OWN_NUMBERS for child in children)
        assert all(child.status["Groups"] == [] for child in children)
        assert all(child.limits["Max processes"] == "1" for child in children)
