"""Limits of a pool of model processes."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """Limits of one pool; the defaults suit most machines."""

    deadline_s: float
    """For the reply to one predict call, from the first byte sent to the last one received."""
    load_deadline_s: float
    """For opening a model; the wait for a turn and for capacity is bounded by it, too."""
    queue_rows_max: int
    """Rows queued for one model."""
    queue_bytes_max: int = 64 * MIB
    processes_max: int
    """Models open at the same time."""
    memory_bytes_max: int
    """Address space of one process; the libraries take 0.4 GB of it."""
    memory_budget_bytes: int = 4096 * MIB
    """Private memory of all processes together."""
    queue_s_max: float = 30.0
    """A request queued for longer is refused."""
    batch_rows_max: int = 1024
    batch_bytes_max: int = 8 * MIB
    idle_s_max: float = 900.0
    """A process without requests for this long is ended."""
    age_s_max: float = 6 * 3600.0
    """An idle process older than this is ended, to return the memory that it has accumulated."""
    losses_max: int = 5
    """This many lost processes of one version, within the window or in a row, are too many."""
    losses_window_s: float = 60.0
    allow_unsandboxed: bool = False
    """Whether models are opened even if the sandbox cannot contain a hostile one."""
    trusted_modules: tuple[str, ...] = ()
    """Modules whose names a model file may contain in addition to the allow-list."""
