"""How long the first prediction after an upload or a promotion takes, end to end over HTTP.

``uv run python benchmarks/first_prediction.py`` starts its own platform, uploads one model after
the other, and calls each once immediately after the response to the upload, and another one a
moment later, when the model has been opened in the background. It does the same after promotions,
and also prints the time of the second prediction of a model.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
from lib_contestants import Sample
from lib_platform import Client, serving
from predict import MODELS, train
from rich.console import Console
from rich.table import Table

from storage.embedded.server import EmbeddedPostgres

PAUSE_S = 0.2
"""Enough time to open a model in the background."""
HEADINGS = ("model", "after", "median ms", "p95 ms", "worst ms")

console = Console(highlight=False)


async def main() -> None:
    """Measure with each model."""
    rounds = _arguments().rounds
    with tempfile.TemporaryDirectory(prefix="mlp-bench-") as name:
        folder = Path(name)
        console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} (best: 0)")
        samples = await train(folder)
        async with (
            EmbeddedPostgres.open(folder / "postgres") as postgres,
            serving(folder, postgres.dsn("postgres")) as server,
            Client.signed_in(await server.announced_address()) as client,
        ):
            grid = Table(title=f"the first prediction, {rounds} times each", title_justify="left")
            for heading in HEADINGS:
                grid.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right")
            for model, sample in samples.items():
                data = (folder / f"{model}.joblib").read_bytes()
                for what, times in (await measured(client, data, sample, rounds)).items():
                    grid.add_row(MODELS[model], what, *_figures(times))
            console.print(grid)


async def measured(
    client: Client, data: bytes, sample: Sample, rounds: int
) -> dict[str, list[float]]:
    """Upload and call, round after round; milliseconds by the preceding action."""
    times: dict[str, list[float]] = {
        "the upload, at once": [],
        "the upload, a moment later": [],
        "a prediction": [],
        "a promotion, at once": [],
    }
    for number in range(rounds):
        at_once = await client.upload(f"at once {number}", data)
        times["the upload, at once"].append(await call(client, at_once, sample))
        times["a prediction"].append(await call(client, at_once, sample))
        later = await client.upload(f"later {number}", data)
        await asyncio.sleep(PAUSE_S)
        times["the upload, a moment later"].append(await call(client, later, sample))
        await promote_another(client, later, data)
        times["a promotion, at once"].append(await call(client, later, sample))
    return times


async def call(client: Client, model_id: str, sample: Sample) -> float:
    """Predict one row; milliseconds until the response was read."""
    began = time.perf_counter()
    body = {"input_data": sample.rows[0]}
    async with client.session.post(f"models/{model_id}/predict", json=body) as response:
        result: dict[str, Any] = await response.json()
    latency_ms = (time.perf_counter() - began) * 1000
    assert result["predictions"] == sample.labels[:1], result
    return latency_ms


async def promote_another(client: Client, model_id: str, data: bytes) -> None:
    """Add a version, which differs by a byte that is not read, and promote it."""
    form = aiohttp.FormData()
    form.add_field("file", data + b"\0", filename="model")
    async with client.session.post(f"models/{model_id}/versions", data=form):
        pass
    async with client.session.post(f"models/{model_id}/versions/2/promote"):
        pass


def _figures(times: Sequence[float]) -> tuple[str, str, str]:
    ordered = sorted(times)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    return f"{statistics.median(ordered):.1f}", f"{p95:.1f}", f"{ordered[-1]:.1f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
