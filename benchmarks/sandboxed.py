"""The cost of running a model in a sandboxed process.

    uv run python benchmarks/sandboxed.py [--rounds 20]

* one row through the child process over a blocking socket, compared with the same prediction in
  this process; then through the event loop, and through the pool with its batching, as the
  platform does it
* the first prediction after an upload, over HTTP
* the private memory of a child process: after opening a model as it reports it, and as the kernel
  reports it (to root only) after some predictions
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from lib_child import Child, LocalModel, PooledModel, UnconfinedChild
from lib_contestants import Sample
from lib_cpu import Processes
from lib_platform import Client, serving
from lib_process import run
from rich.console import Console
from rich.table import Table

from inference.pool.limits import MIB, PoolLimits
from storage.embedded.server import EmbeddedPostgres

TRAIN = Path(__file__).with_name("lib_train.py")
CALLS = 200
"""In a row, before the next way is measured."""

HERE = "in this process"
MODELS = {"iris": "a small numeric model", "table": "a DataFrame pipeline"}
LIMITS = PoolLimits(
    deadline_s=10,
    load_deadline_s=60,
    queue_rows_max=1_000,
    processes_max=4,
    memory_bytes_max=2048 * MIB,
    allow_unsandboxed=True,  # The model is trusted, and missing layers are printed.
)

console = Console(highlight=False)


async def main(rounds: int) -> None:
    """Measure all three costs."""
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        await run([sys.executable, str(TRAIN), str(folder)])
        samples = {name: Sample.read(folder / f"{name}.json") for name in MODELS}
        await compare_one_row(folder / "iris.joblib", samples["iris"], rounds)
        await print_memory(folder, samples)
        await print_first_predictions(folder, samples["iris"], rounds)


async def compare_one_row(path: Path, sample: Sample, rounds: int) -> None:
    """Predict for one row in every way, by turns, and print the medians."""
    async with (
        UnconfinedChild.of(path) as unconfined,
        Child.of(path, LIMITS) as child,
        PooledModel.of(path, LIMITS) as pooled,
    ):
        ways = {
            HERE: LocalModel(path).time_calls,
            "a process without a sandbox": unconfined.time_blocking_calls,
            "sandboxed, blocking socket": child.time_blocking_calls,
            "sandboxed, event loop": child.time_calls,
            "sandboxed, the pool": pooled.time_calls,
        }
        times_us: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                times_us[name] += await way(sample.rows[0], CALLS)
        if (sandbox_report := pooled.pool.sandbox_report) is not None:
            console.print(f"sandbox: {sandbox_report.level}", *sandbox_report.missing)
    grid = _grid("one row, labels and probabilities", "way", "median µs", "adds µs", "p99 µs")
    base_us = statistics.median(times_us[HERE])
    for name, each in times_us.items():
        median_us = statistics.median(each)
        p99_us = statistics.quantiles(each, n=100)[-1]
        grid.add_row(name, *(f"{us:.1f}" for us in (median_us, median_us - base_us, p99_us)))
    console.print(grid)


async def print_memory(folder: Path, samples: dict[str, Sample]) -> None:
    """Print the private memory of the child process of each model."""
    grid = _grid("private memory of a child process", "model", "after opening", "later")
    for name, what in MODELS.items():
        async with PooledModel.of(folder / f"{name}.joblib", LIMITS) as model:
            for row in samples[name].rows:
                await model.time_calls(row, CALLS)
            pool = model.pool
            private = [_private_bytes(pid) for pid in Processes().below(pool.zygote_pid)]
            grid.add_row(what, _mb(pool.statistics().memory_bytes), _mb(max(private, default=0)))
    console.print(grid)


async def print_first_predictions(folder: Path, sample: Sample, rounds: int) -> None:
    """Print how long an upload takes, and the predictions immediately after it."""
    times_ms: dict[str, list[float]] = {"upload": [], "first prediction": [], "second": []}
    model = (folder / "iris.joblib").read_bytes()
    body = {"input_data": sample.rows[0]}
    async with (
        EmbeddedPostgres.open(folder / "postgres") as postgres,
        serving(folder, postgres.owner_dsn) as server,
        Client.signed_in(await server.announced_address()) as client,
    ):
        for number in range(rounds):
            began = time.perf_counter()
            url = f"models/{await client.upload(f'model {number}', model)}/predict"
            times_ms["upload"].append(_ms_since(began))
            for which in ("first prediction", "second"):
                began = time.perf_counter()
                async with client.session.post(url, json=body) as response:
                    result: dict[str, Any] = await response.json()
                times_ms[which].append(_ms_since(began))
                assert result["predictions"] == sample.labels[:1], result
    grid = _grid(f"over HTTP, {rounds} uploads", "call", "median ms", "slowest ms")
    for which, each in times_ms.items():
        grid.add_row(which, f"{statistics.median(each):.1f}", f"{max(each):.1f}")
    console.print(grid)


def _private_bytes(pid: int) -> int:
    """The private memory of a process; 0 if it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "unknown"


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1_000


def _grid(title: str, first: str, *others: str) -> Table:
    grid = Table(title=title, title_justify="left")
    grid.add_column(first)
    for heading in others:
        grid.add_column(heading, justify="right")
    return grid


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args().rounds))
