"""Events that cannot be applied are parked; all others are applied."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from domain.aggregate import new_id
from domain.errors import NotFound
from projections.engine.checkpoints import status
from projections.engine.parked_events import parked_page
from projections.engine.rebuild import rebuild, verify
from projections.engine.retry import retry_parked, skip_parked
from projections.engine.runner import Runner
from projections.registry import PROJECTIONS
from storage.event_store.event_store import EventStore
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE, MODELS
from tests.projections.model_rows import model_row
from tests.samples import served, uploaded

pytestmark = pytest.mark.usefixtures("runner")

MODEL_LIST = PROJECTIONS["model_list"]
COUNT = "SELECT count(*) FROM read.prediction_history"


async def recorded(
    events: EventStore, topic: str, state: dict[str, Any], stream_id: UUID, version: int = 1
) -> int:
    """Record an event that no release records."""
    raw = json.dumps(state).encode()
    event = NewEvent(stream_id, version, topic, raw, None, b"{}")
    return (await events.recorder.append([event])).first_position


async def parked(pool: Pool) -> Sequence[tuple[str, int]]:
    """The parked events: projection and position."""
    return [(row.projection, row.position) for row in (await parked_page(pool)).rows]


async def test_an_unreadable_prediction_is_parked_and_the_others_are_applied(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    await events.append([served(MODELS[0]) for _ in range(40)], BY_ALICE)
    state = {"model_id": "no uuid", "number": 1, "rows": 1, "queue_us": 1, "inference_us": 1}
    poison = await recorded(events, "Prediction.Served", state, new_id())
    # JSON may contain U+0000, but a text of PostgreSQL may not.
    nul = await recorded(events, "Prediction.Failed", state | {"model_id": "\0"}, new_id())
    await events.append([served(MODELS[0]) for _ in range(40)], BY_ALICE)
    await catch_up()

    assert await parked(pool) == [
        ("model_stats", poison),
        ("model_stats", nul),
        ("model_traffic", poison),
        ("model_traffic", nul),
        ("prediction_history", poison),
        ("prediction_history", nul),
    ]
    assert await pool.fetchval(COUNT) == 80
    assert [one.parked for one in await status(pool, PROJECTIONS) if one.name == "model_stats"] == [
        2
    ]


async def test_later_events_of_the_stream_are_parked_behind_it_and_retried_in_order(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    first = await recorded(events, "Model.Renamed", {"nome": "x"}, model.id, 2)
    second = await recorded(events, "Model.Renamed", {"name": "second"}, model.id, 3)
    [other] = await events.save([uploaded(name="other")], BY_ALICE)
    await catch_up()
    third = await recorded(events, "Model.Renamed", {"name": "third"}, model.id, 4)
    await catch_up()

    assert await parked(pool) == [("model_list", n) for n in (first, second, third)]
    assert [row.error for row in (await parked_page(pool)).rows][1:] == [
        f"waits for position {first}",
        f"waits for position {first}",
    ]
    assert await retry_parked(MODEL_LIST, second, events, pool) == 0
    assert (await parked_page(pool)).rows[0].attempts == 2
    await skip_parked(MODEL_LIST, first, pool)
    assert await retry_parked(MODEL_LIST, third, events, pool) == 2

    renamed, untouched = await model_row(model.id, pool), await model_row(other.id, pool)
    assert renamed is not None
    assert untouched is not None
    assert (renamed.name, untouched.name) == ("third", "other")
    await recorded(events, "Model.Renamed", {"name": "fourth"}, model.id, 5)
    await catch_up()
    assert (renamed := await model_row(model.id, pool)) is not None
    assert renamed.name == "fourth"
    assert [row.is_skipped for row in (await parked_page(pool)).rows] == [True]


async def test_an_event_of_an_unknown_topic_is_parked(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    position = await recorded(events, "Model.Frozen", {}, model.id, 2)
    await catch_up()

    assert await parked(pool) == [("model_list", position)]
    assert (await parked_page(pool)).rows[0].error == "UnknownTopic: Model.Frozen"


async def test_a_rebuild_parks_and_skips_like_the_live_tables(
    database_dsn: str, events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    skipped = await recorded(events, "Model.Renamed", {"nome": "x"}, model.id, 2)
    await recorded(events, "Model.Renamed", {"name": "second"}, model.id, 3)
    [other] = await events.save([uploaded(name="other")], BY_ALICE)
    waiting = await recorded(events, "Model.Renamed", {"nome": "y"}, other.id, 2)
    await catch_up()
    await skip_parked(MODEL_LIST, skipped, pool)
    await retry_parked(MODEL_LIST, skipped + 1, events, pool)

    assert (await verify(MODEL_LIST, dsn=database_dsn, events=events)).is_same
    assert (await rebuild(MODEL_LIST, dsn=database_dsn, events=events)).is_same
    assert await parked(pool) == [("model_list", skipped), ("model_list", waiting)]
    assert (row := await model_row(model.id, pool)) is not None
    assert row.name == "second"


async def test_only_parked_events_are_retried_or_skipped(
    events: EventStore, pool: Pool, runner: Runner
) -> None:
    with pytest.raises(NotFound):
        await retry_parked(MODEL_LIST, 1, events, pool)
    with pytest.raises(NotFound):
        await skip_parked(MODEL_LIST, 1, pool)
