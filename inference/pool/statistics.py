"""What a pool reports about itself: processes, memory, queues and losses, for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from inference.model_file import ModelFile
from inference.pool.process import LossReason

MODELS_LABELLED_MAX = 100
"""Model versions with figures of their own; the others are summed, so that labels are few."""


class ModelLabel(NamedTuple):
    """Identifies a model version in metrics."""

    model_id: str
    version: str = ""


OTHER = ModelLabel("other")


@dataclass
class ModelStatistics:
    """The figures of one model version, or the sums of several."""

    processes: int = 0
    memory_bytes: int = 0
    """Private memory of the processes, measured when they were opened."""
    queued_requests: int = 0
    queued_rows: int = 0
    losses: Counter[LossReason] = field(default_factory=Counter[LossReason])
    """Losses since the start that the model caused."""

    def add(self, other: ModelStatistics) -> None:
        """Add the figures of another version."""
        self.processes += other.processes
        self.memory_bytes += other.memory_bytes
        self.queued_requests += other.queued_requests
        self.queued_rows += other.queued_rows
        self.losses.update(other.losses)


@dataclass(frozen=True)
class PoolStatistics:
    """The figures of a pool at one moment."""

    processes: int
    """Running or starting."""
    processes_max: int
    memory_bytes: int
    memory_budget_bytes: int
    evictions: int
    """Idle processes that were ended since the start, to free a slot or memory."""
    models: Mapping[ModelLabel, ModelStatistics]


def label_for(file: ModelFile, taken: Iterable[ModelLabel]) -> ModelLabel:
    """Give a model version a label of its own, unless too many have one already.

    It keeps the label, so that its counters never decrease.
    """
    if sum(label != OTHER for label in taken) >= MODELS_LABELLED_MAX:
        return OTHER
    return ModelLabel(str(file.model_id or file.artifact_id), str(file.version or ""))


def summed(
    parts: Iterable[tuple[ModelLabel, ModelStatistics]],
) -> dict[ModelLabel, ModelStatistics]:
    """Sum the figures by label."""
    sums: dict[ModelLabel, ModelStatistics] = {}
    for label, statistics in parts:
        sums.setdefault(label, ModelStatistics()).add(statistics)
    return sums
