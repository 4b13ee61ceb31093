"""What a pool of model processes may use, and how long it waits for what."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """The limits of one pool; those with a default are fit for most machines."""

    deadline_s: float
    """For the answer to one question."""
    load_deadline_s: float
    """For opening a model; as long a model waits for its turn or for room, at the most."""
    queue_rows_max: int
    """Rows that wait for one model."""
    children_max: int
    """Models that are open at the same time."""
    memory_bytes_max: int
    """Address space of one child; the libraries take 0.4 GB."""
    children_bytes_max: int = 4096 * MIB
    """Memory that the children share with nobody, of all of them together."""
    queue_s_max: float = 30.0
    """A request that has waited for so long is not put to the model any more."""
    idle_s_max: float = 900.0
    """A child that is asked nothing for so long is ended."""
    age_s_max: float = 6 * 3600.0
    """A child older than that is ended in a moment without work: what it has hoarded goes too."""
    losses_max: int = 5
    """So many lost processes of one version are too many, within the window or in a row."""
    losses_window_s: float = 60.0
    may_be_unfenced: bool = False
    """Whether models are opened even where the sandbox could not hold a hostile one."""
    trusted_modules: tuple[str, ...] = ()
    """Whose names a model file may hold beyond the usual."""
