"""Processor time of processes and of their descendants, as counted by the kernel."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

# Their indexes in /proc/PID/stat, counted after the name in parentheses.
_PARENT, _USER, _SYSTEM = 1, 11, 12


class Cpu(NamedTuple):
    """Seconds of processor time, in the process itself and in the kernel on its behalf."""

    user_s: float = 0.0
    system_s: float = 0.0

    @property
    def total_s(self) -> float:
        """The sum of both."""
        return self.user_s + self.system_s

    def since(self, before: Cpu) -> Cpu:
        """What was used since then."""
        return Cpu(self.user_s - before.user_s, self.system_s - before.system_s)


class Processes:
    """All processes of the machine at one time."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}
        self._cpu: dict[int, Cpu] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                self._read(int(folder.name), folder / "stat")
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.ended_children = Cpu(ended.ru_utime, ended.ru_stime)
        """The processor time of children that this process has waited for."""

    def of(self, pid: int) -> Cpu:
        """What one process has used so far."""
        return self._cpu.get(pid, Cpu())

    def below(self, pid: int) -> Mapping[int, Cpu]:
        """What the running descendants of a process have used so far."""
        found = {pid}
        while more := {p for p, parent in self._parents.items() if parent in found} - found:
            found |= more
        return {each: self._cpu[each] for each in found - {pid}}

    def _read(self, pid: int, path: Path) -> None:
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # The process has just ended.
            return
        self._parents[pid] = int(fields[_PARENT])
        user_s, system_s = (int(fields[index]) / TICKS_PER_S for index in (_USER, _SYSTEM))
        self._cpu[pid] = Cpu(user_s, system_s)


def used_below(before: Processes, after: Processes, pid: int) -> Cpu:
    """What the descendants of a process used in between, if they existed before."""
    earlier = before.below(pid)
    used = [cpu.since(earlier[each]) for each, cpu in after.below(pid).items() if each in earlier]
    return Cpu(sum(cpu.user_s for cpu in used), sum(cpu.system_s for cpu in used))
