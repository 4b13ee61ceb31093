"""A long history as one file: complete, at constant memory, without delaying other requests."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from storage.embedded.server import running_dsns
from storage.postgres.pool import connect
from tests.conftest import Rounds
from tests.mlplatform.demo_client import API, IRIS, Visitor, visiting
from tests.platform_process import Platform, serving

BATCH = 10_000
GROWTH_MB_MAX = 20.0
RECORD_CALLS = """
    SELECT append_events(
        array_agg(gen_random_uuid()), array_agg(1), array_agg('Prediction.Served'::text),
        array_agg(json_build_object('model_id', $1::uuid, 'number', 1, 'digest', 'd', 'rows', 1,
                                    'queue_us', 10, 'inference_us', n)),
        array_agg('{"inputs": [5.1, 3.5, 1.4, 0.2], "outputs": [0], "probabilities": [[1, 0, 0]]}'
                  ::json),
        array_agg('{}'::json), true)
      FROM generate_series(1, $2::int) n
"""


async def record_calls(data_dir: Path, model_id: str, count: int) -> None:
    """Record a number of calls of a model."""
    dsns = running_dsns(data_dir)
    assert dsns is not None
    connection = await connect(dsns.owner)
    for _ in range(count // BATCH):
        await connection.execute(RECORD_CALLS, UUID(model_id), BATCH)
    await connection.close()


async def exported(visitor: Visitor, platform: Platform, model_id: str, kind: str) -> list[float]:
    """Read a whole file; return its number of lines and the highest memory use in MB."""
    lines, most = 0, 0.0
    path = f"{API}/models/{model_id}/history/export?format={kind}"
    async with visitor.http.get(path) as response:
        async for chunk in response.content.iter_any():
            lines += chunk.count(b"\n")
            most = max(most, platform.resident_mb)
    return [lines, most]


@pytest.mark.rounds
async def test_memory_does_not_grow_with_the_length_of_a_history(
    data_dir: Path, rounds: Rounds
) -> None:
    count = rounds(2 * BATCH, 20 * BATCH)
    with serving(data_dir, "--demo") as platform:
        async with visiting(platform) as visitor:
            model_id = (await visitor.models())["Iris species"]["id"]
            former = len(await visitor.get(f"/models/{model_id}/history?limit=1000"))
            await exported(visitor, platform, model_id, "csv")
            await record_calls(data_dir, model_id, count)
            while (await visitor.get(f"/models/{model_id}"))["usage_count"] < count:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            before = platform.resident_mb
            for kind, header_lines in (("csv", 1), ("jsonl", 0)):
                exporting = asyncio.create_task(exported(visitor, platform, model_id, kind))
                await asyncio.sleep(0.2)
                await asyncio.wait_for(visitor.predict(model_id, IRIS), 5)
                lines, most = await exporting
                print(f"{count} calls as {kind}: {before:.0f} MB to {most:.0f} MB")  # noqa: T201
                assert lines >= count + former + header_lines
                assert most - before < GROWTH_MB_MAX
        assert platform.stop() == 0
