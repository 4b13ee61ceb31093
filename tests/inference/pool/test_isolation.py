"""The API process is isolated from the libraries that open models."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from tests.inference.conftest import ModelStore
from tests.inference.processes import is_running, until_gone
from tests.inference.sample_models import SampleModels

PARENT = ("inference.pool.pool", "api.app", "mlplatform.wiring")
FOREIGN = ("numpy", "pandas", "sklearn", "joblib", "scipy")


def test_the_parent_process_imports_nothing_that_unpickles() -> None:
    check = f"import sys, {', '.join(PARENT)}; print([m for m in {FOREIGN} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


async def test_zygote_and_children_die_with_a_killed_parent(
    store: ModelStore, models: SampleModels
) -> None:
    path = store.path(store.save(models["logistic"].estimator).artifact_id)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.inference.orphaned_pool", str(path)), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    try:
        while not (line := (await parent.stdout.readline()).split())[0].isdigit():
            pass  # The first lines may be log lines.
        zygote, child = map(int, line)
        assert is_running(zygote)
        assert is_running(child)
    finally:
        parent.kill()
        await parent.wait()
    await until_gone(zygote, child)
