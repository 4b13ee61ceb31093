"""How many processes one model version may lose before it is quarantined."""

from __future__ import annotations

from collections import deque

from inference.pool.process import WorkerLost

REMEMBERED_S = 3600.0
"""How long the losses of an unused model are remembered at least."""


class CrashBudget:
    """Counts the losses that are the fault of one model version.

    It is spent by ``losses_max`` losses within a window, or in a row without a reply in between:
    a model that hangs takes the whole deadline each time, so few losses fit into the window.
    """

    def __init__(self, *, losses_max: int, window_s: float) -> None:
        self._window_s = window_s
        self._losses_max = losses_max
        self._lost_at: deque[float] = deque(maxlen=losses_max)
        self._in_a_row = 0
        self._releases = 0
        self.spent: str | None = None
        """Why the version must not be called any more; None if it may be."""

    def is_forgettable(self, now: float) -> bool:
        """Whether there was no recent loss; a quarantine has already been recorded."""
        return not self._lost_at or now - self._lost_at[-1] > REMEMBERED_S

    def count(self, lost: WorkerLost, now: float) -> None:
        """Count a loss at a time in seconds, if the model is at fault."""
        if not lost.is_model_fault:
            return
        self._in_a_row += 1
        self._lost_at.append(now)
        is_full = len(self._lost_at) == self._losses_max
        if is_full and now - self._lost_at[0] <= self._window_s:
            self._spend(f"within {self._window_s:g} s", lost)
        elif self._in_a_row >= self._losses_max:
            self._spend("in a row", lost)

    def replied(self) -> None:
        """Note a reply: the next loss is the first in a row."""
        self._in_a_row = 0

    def renew(self, releases: int) -> None:
        """Reset everything, if the version was released from quarantine since the last call."""
        if releases > self._releases:
            self._releases = releases
            self._lost_at.clear()
            self._in_a_row = 0
            self.spent = None

    def _spend(self, how: str, lost: WorkerLost) -> None:
        self.spent = f"{self._losses_max} of its processes were lost {how}, the last because {lost}"
