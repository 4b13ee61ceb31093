"""Real files with changed bytes: opened, or refused with a reason, but no process crashes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Rounds

ROOT = Path(__file__).parents[4]
_PER_PROCESS = 10_000
_MEMORY_BYTES_MAX = 4 << 30
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))


@pytest.mark.rounds
def test_mutated_files_crash_no_process(rounds: Rounds) -> None:
    predicted = refused = 0
    count = rounds(500, 100_000)
    for seed in range(max(1, count // _PER_PROCESS)):
        program = [sys.executable, "-m", "tests.inference.child.loading.mutate_files"]
        arguments = [str(seed), str(min(count, _PER_PROCESS))]
        completed = subprocess.run(
            [*program, *arguments],
            cwd=ROOT,
            env=_ENVIRONMENT,
            preexec_fn=_limit,
            capture_output=True,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed
        counts = [int(number) for number in completed.stdout.split()]
        predicted, refused = predicted + counts[0], refused + counts[1]
    assert predicted > count // 10
    assert refused > count // 10
