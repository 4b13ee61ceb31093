"""Finds the processes that a pool has started, in /proc."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """List the children of a process, by all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def is_running(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until_gone(*pids: int, timeout_s: float = 10.0) -> None:
    """Wait until processes have ended."""
    async with asyncio.timeout(timeout_s):
        await asyncio.gather(*(asyncio.to_thread(_wait, pid) for pid in pids))


def _wait(pid: int) -> None:
    while is_running(pid):
        time.sleep(0.02)
