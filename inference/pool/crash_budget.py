"""How many processes one model version may lose before it is asked nothing more."""

from __future__ import annotations

from collections import deque

from inference.pool.process import WorkerLost

REMEMBERED_S = 3600.0
"""How long a loss is remembered of a model that nobody asks, where memory is wanted."""


class CrashBudget:
    """Counts the losses that one model version is to blame for.

    So many are too many within a window of time, and also in a row, without an answer in between:
    of a model that hangs, each takes as long as the deadline, and few fit into the window.
    """

    def __init__(self, *, losses_max: int, window_s: float) -> None:
        self._window_s = window_s
        self._losses_max = losses_max
        self._lost_at: deque[float] = deque(maxlen=losses_max)
        self._in_a_row = 0
        self._releases = 0
        self.spent: str | None = None
        """Why the version is to be asked nothing more; None for as long as it may be asked."""

    def is_forgettable(self, now: float) -> bool:
        """Whether nothing was lost, or not for long; what is spent was recorded by then."""
        return not self._lost_at or now - self._lost_at[-1] > REMEMBERED_S

    def count(self, lost: WorkerLost, now: float) -> None:
        """Take note of a loss, at a time in seconds."""
        if not lost.is_to_blame:
            return
        self._in_a_row += 1
        self._lost_at.append(now)
        is_full = len(self._lost_at) == self._losses_max
        if is_full and now - self._lost_at[0] <= self._window_s:
            self._spend(f"within {self._window_s:g} s", lost)
        elif self._in_a_row >= self._losses_max:
            self._spend("in a row", lost)

    def answered(self) -> None:
        """Take note of an answer: the next loss is the first in a row."""
        self._in_a_row = 0

    def renew(self, releases: int) -> None:
        """Forgive everything, if the version was released once more since the last time."""
        if releases > self._releases:
            self._releases = releases
            self._lost_at.clear()
            self._in_a_row = 0
            self.spent = None

    def _spend(self, how: str, lost: WorkerLost) -> None:
        self.spent = f"{self._losses_max} of its processes were lost {how}, the last because {lost}"
