"""Thousands of hostile files leak neither memory nor descriptors."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import random
from collections.abc import Iterator
from pathlib import Path
from resource import getpagesize
from typing import NamedTuple

import pytest

from inference.child.loading.allowlist import ANYTHING
from inference.pool.pool import WorkerPool
from tests.conftest import Rounds
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.attack_pool import AttackPool
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.containers import CONTAINERS
from tests.inference.attacks.corpus import corpus
from tests.inference.conftest import ModelStore
from tests.inference.processes import children_of

_AT_A_TIME = 2
_SERVED_EVERY = 10
"""One file in this many is loaded to predict, the others are only inspected."""

_SMALL_BYTES = 100_000
_GROWTH_BYTES_MAX = 12 << 20
_SETTLE_S_MAX = 10.0
_PARENT_FILES_A_CHILD, _ZYGOTE_FILES_A_CHILD = 2, 1
_PAGE_BYTES = getpagesize()


class Resources(NamedTuple):
    """Memory and open files of two processes."""

    parent_bytes: int
    zygote_bytes: int
    parent_files: int
    zygote_files: int
    """Without those of the running processes."""


async def resources_of(pool: WorkerPool) -> Resources:
    """Count once the zygote has only children that the pool knows."""
    async with asyncio.timeout(_SETTLE_S_MAX):
        while len(children_of(pool.zygote_pid)) != pool.statistics().processes:  # noqa: ASYNC110 — there is no event
            await asyncio.sleep(0.02)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # The allocator may keep what other tests have freed.
    zygote, children = str(pool.zygote_pid), pool.statistics().processes
    return Resources(
        _memory_of("self"),
        _memory_of(zygote),
        _files_of("self") - children * _PARENT_FILES_A_CHILD,
        _files_of(zygote) - children * _ZYGOTE_FILES_A_CHILD,
    )


def _memory_of(pid: str) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def _files_of(pid: str) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with Canary.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def attacks(canary: Canary) -> list[Attack]:
    """Small attacks that end by themselves."""
    every = [attack for kind in corpus(canary).values() for attack in kind.values()]
    return [one for one in every if one.harm != "hangs" and len(one.data) < _SMALL_BYTES]


def hostile(attacks: list[Attack]) -> Iterator[tuple[Attack, bytes]]:
    """Return attacks in containers, at random and without end."""
    chooser = random.Random(4)
    while True:
        attack, container = chooser.choice(attacks), chooser.choice(list(CONTAINERS.values()))
        yield attack, container(attack.data)


async def load(target: AttackPool, files: Iterator[tuple[Attack, bytes]], count: int) -> None:
    """Upload a number of hostile files."""

    async def work() -> None:
        for number, (attack, data) in files_in_turn:
            file = target.store.put(data)
            _, signature, output = await target.inspect(file)
            if number % _SERVED_EVERY == 0:
                output += await target.predict(file, signature, attack.row)
            target.store.path(file.artifact_id).unlink()
            assert target.canary.harms(output) == set(), attack.name

    files_in_turn = zip(range(count), files, strict=False)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(_AT_A_TIME):
            tasks.create_task(work())
    await target.check_sibling()


@pytest.mark.rounds
@pytest.mark.parametrize("trusted", [(), (ANYTHING,)], ids=["allow-list", "sandbox alone"])
async def test_hostile_files_leak_nothing(
    store: ModelStore,
    canary: Canary,
    attacks: list[Attack],
    trusted: tuple[str, ...],
    rounds: Rounds,
) -> None:
    count, files = rounds(150, 5_000), hostile(attacks)
    limits = {"deadline_s": 5.0, "load_deadline_s": 5.0, "processes_max": 4}
    async with AttackPool.open(store, canary, trusted=trusted, **limits) as target:
        await load(target, files, count // 3)
        before = await resources_of(target.pool)
        await load(target, files, count - count // 3)
        after = await resources_of(target.pool)
    assert (after.parent_files, after.zygote_files) == (before.parent_files, before.zygote_files)
    assert after.parent_bytes - before.parent_bytes < _GROWTH_BYTES_MAX
    assert after.zygote_bytes - before.zygote_bytes < _GROWTH_BYTES_MAX
