"""The processor time of a prediction by process and stage, with 64 concurrent callers.

    uv run python benchmarks/costs.py [--model iris] [--seconds 10] [--connections 64]

Starts the platform on its own PostgreSQL, loads it with wrk, and prints the processor time of
each process for one prediction, the highest rate that this allows, and how the time of the server
process is divided among the stages of a prediction. `lib_sampled.py` describes the sampling; it
slows the server down by a few percent, so the processor times are measured in another round.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from lib_contestants import Case, Contestant, Sample
from lib_cpu import Cpu, Processes, used_below
from lib_platform import PROGRAM
from lib_process import run
from lib_recorders import run_platform
from lib_stages import stages_of
from lib_wrk import Measured, executable
from rich.console import Console
from rich.table import Table

from storage.embedded.server import EmbeddedPostgres

SAMPLED = Path(__file__).with_name("lib_sampled.py")
TRAIN = Path(__file__).with_name("lib_train.py")
WARM_UP_S = 2
US_PER_S = 1_000_000

console = Console(highlight=False)


class Costs(NamedTuple):
    """The processor time of a round of predictions, by process."""

    measured: Measured
    cpu: dict[str, Cpu]


async def main(arguments: argparse.Namespace) -> None:
    """Load once for the processes' times, once for the stages."""
    executable()
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
    async with platform(arguments.model, PROGRAM) as (contestant, postgres_pid):
        costs = await measure(contestant, postgres_pid, arguments)
    print_processes(costs)
    with tempfile.NamedTemporaryFile(prefix="mlp-stacks-") as stacks:
        sampled = (sys.executable, str(SAMPLED), stacks.name)
        async with platform(arguments.model, sampled) as (contestant, _):
            await contestant.wrk.run(arguments.connections, WARM_UP_S)
            stacks.seek(0, os.SEEK_END)
            await contestant.wrk.run(arguments.connections, arguments.seconds)
            found = stages_of(stacks.read().decode())
    print_stages(found, costs)


@asynccontextmanager
async def platform(model: str, program: Sequence[str]) -> AsyncGenerator[tuple[Contestant, int]]:
    """The platform with a model, and the process id of its PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        await run([sys.executable, str(TRAIN), str(folder)])
        async with EmbeddedPostgres.open(folder / "postgres") as postgres:
            sample = Sample.read(folder / f"{model}.json")
            case = Case(folder, postgres.owner_dsn, model, sample)
            assert postgres.pid is not None
            async with run_platform(case, program) as contestant:
                yield contestant, postgres.pid


async def measure(
    contestant: Contestant, postgres_pid: int, arguments: argparse.Namespace
) -> Costs:
    """Load the server and measure what each process used."""
    await contestant.wrk.run(arguments.connections, WARM_UP_S)
    server_pid = contestant.server.pid
    before = Processes()
    measured = await contestant.wrk.run(arguments.connections, arguments.seconds)
    after = Processes()
    cpu = {
        "server": after.of(server_pid).since(before.of(server_pid)),
        "model process": used_below(before, after, server_pid),
        "PostgreSQL": used_below(before, after, postgres_pid),
        "wrk": after.ended_children.since(before.ended_children),
    }
    return Costs(measured, cpu)


def print_processes(costs: Costs) -> None:
    """Print the processor time of one prediction by process, and the rate that it allows."""
    measured = costs.measured
    console.print(
        f"{measured.requests_per_s:,.0f} predictions/s, p50 {measured.p50_ms:.1f} ms, "
        f"p99 {measured.p99_ms:.1f} ms, {measured.errors} errors"
    )
    grid = _grid("processor time of one prediction", "process", "user µs", "system µs", "all µs")
    for name, cpu in costs.cpu.items():
        times = (cpu.user_s, cpu.system_s, cpu.total_s)
        grid.add_row(name, *(f"{_us_each(each, costs):.1f}" for each in times))
    console.print(grid)
    server_us = _us_each(costs.cpu["server"].total_s, costs)
    all_us = _us_each(sum(cpu.total_s for cpu in costs.cpu.values()), costs)
    cores = os.cpu_count() or 1
    console.print(
        f"at most {US_PER_S / server_us:,.0f}/s, if the server has its own core, and "
        f"{cores * US_PER_S / all_us:,.0f}/s, if {cores} cores do nothing else"
    )


def print_stages(found: Counter[str], costs: Costs) -> None:
    """Print the stages, the most expensive first."""
    samples = found.total()
    server_us = _us_each(costs.cpu["server"].total_s, costs)
    grid = _grid(f"the server's stages, from {samples} samples", "stage", "%", "µs")
    for stage, count in found.most_common():
        fraction = count / samples
        grid.add_row(stage, f"{fraction:.1%}", f"{fraction * server_us:.1f}")
    console.print(grid)


def _us_each(seconds: float, costs: Costs) -> float:
    return seconds / costs.measured.responses * US_PER_S


def _grid(title: str, first: str, *others: str) -> Table:
    grid = Table(title=title, title_justify="left")
    grid.add_column(first)
    for heading in others:
        grid.add_column(heading, justify="right")
    return grid


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", choices=("iris", "forest"), default="iris")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=10, help="of each round")
    asyncio.run(main(parser.parse_args()))
