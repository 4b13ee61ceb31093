"""How many losses are too many, and what resets them."""

from __future__ import annotations

import pytest

from inference.pool.crash_budget import REMEMBERED_S, CrashBudget
from inference.pool.process import WorkerLost

CRASH = WorkerLost("crashed", "the model process was killed by SIGSEGV")
STOPPED_BY_US = WorkerLost("crashed", "the model process was stopped", is_model_fault=False)


@pytest.fixture
def budget() -> CrashBudget:
    return CrashBudget(losses_max=3, window_s=60.0)


def lose(budget: CrashBudget, *times: float, lost: WorkerLost = CRASH) -> None:
    """Lose processes at these times, each after a reply."""
    for now in times:
        budget.replied()
        budget.count(lost, now)


def test_too_many_losses_within_the_window_spend_the_budget(budget: CrashBudget) -> None:
    lose(budget, 0.0, 30.0)
    assert budget.spent is None
    lose(budget, 60.0)
    assert budget.spent == (
        "3 of its processes were lost within 60 s, "
        "the last because the model process was killed by SIGSEGV"
    )


def test_rare_losses_with_replies_between_do_not_spend_the_budget(budget: CrashBudget) -> None:
    lose(budget, *(40.0 * n for n in range(20)))
    assert budget.spent is None


def test_losses_in_a_row_spend_the_budget_however_rare(budget: CrashBudget) -> None:
    budget.replied()
    for hour in range(3):
        assert budget.spent is None
        budget.count(WorkerLost("timed_out", "the model did not reply within 30 s"), 3600.0 * hour)
    assert "lost in a row, the last because the model did not reply" in (budget.spent or "")


def test_processes_that_the_platform_ended_never_count(budget: CrashBudget) -> None:
    for now in range(10):
        budget.count(STOPPED_BY_US, float(now))
    assert budget.spent is None
    assert budget.is_forgettable(10.0)


def test_the_losses_of_an_unused_model_are_forgotten_after_a_while(budget: CrashBudget) -> None:
    lose(budget, 0.0)
    assert not budget.is_forgettable(REMEMBERED_S)
    assert budget.is_forgettable(REMEMBERED_S + 1)


def test_a_spent_budget_stays_spent_until_the_next_release(budget: CrashBudget) -> None:
    lose(budget, 0.0, 1.0, 2.0)
    budget.replied()
    budget.renew(0)
    assert budget.spent
    budget.renew(1)
    assert budget.spent is None
    lose(budget, 3.0, 4.0)
    assert budget.spent is None
    budget.renew(1)
    lose(budget, 5.0)
    assert budget.spent


def test_a_release_resets_the_budget_only_once(budget: CrashBudget) -> None:
    budget.renew(2)
    lose(budget, 0.0, 1.0, 2.0)
    for stale in (0, 1, 2):
        budget.renew(stale)
    assert budget.spent
