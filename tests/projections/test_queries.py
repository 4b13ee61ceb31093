"""What the read tables tell, once the runner has seen the events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from domain.identity import new_id
from domain.personal import Personal
from domain.prediction import Prediction
from projections.engine.runner import Runner
from projections.queries import BYTES_MAX
from projections.read_models.model_list import model_row, versions_of
from projections.read_models.model_search import models_of
from projections.read_models.model_stats import stats_of
from projections.read_models.overview import platform_days, platform_stats
from projections.read_models.prediction_history import prediction_row
from projections.read_models.prediction_search import history_of
from projections.read_models.users import users_page
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catching_up import CatchUp
from tests.projections.streams import BY_ALICE, registered
from tests.samples import ALICE, BOB, artifact, failed, served, uploaded

pytestmark = pytest.mark.usefixtures("runner")

SIZES = (BYTES_MAX * 2 // 5, BYTES_MAX + 1)
"""Of which two have room in a page, and none."""


async def test_a_model_is_listed_as_its_events_left_it(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    model.add_version(artifact("e" * 64), "second", by=ALICE)
    model.promote(2, by=ALICE)
    model.rename("flowers", by=ALICE)
    model.describe("of the field", by=ALICE)
    model.relabel(2, "2.0", by=ALICE)
    model.describe_schema(2, {"type": "array"}, None, by=ALICE)
    model.deactivate(by=ALICE)
    [model] = await events.save([model], BY_ALICE)
    await catch_up()

    row = await model_row(model.id, pool)
    versions = (await versions_of(model.id, pool)).rows

    assert row is not None
    assert (row.name, row.description, row.version) == ("flowers", "of the field", "2.0")
    assert (row.is_active, row.is_deleted, row.serving_number, row.version_count) == (
        False,
        False,
        2,
        2,
    )
    assert row.input_schema == {"type": "array"}
    assert row.output_schema["properties"]["predictions"]["items"] == {"enum": [0, 1, 2]}
    assert (row.created_at, row.updated_at) == (model.created_on, model.modified_on)
    assert [(v.number, v.label, v.is_serving) for v in versions] == [
        (1, "1", False),
        (2, "2.0", True),
    ]
    assert "anyOf" in versions[0].input_schema


async def test_a_version_is_shown_as_quarantined_until_it_is_released(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    model.add_version(artifact("e" * 64), by=ALICE)
    model.quarantine(1, "it crashed")
    model.quarantine(2, "it crashed too")
    [model] = await events.save([model], BY_ALICE)
    await catch_up()
    quarantined = [v.quarantine_reason for v in (await versions_of(model.id, pool)).rows]
    model.release(2, by=ALICE)
    [model] = await events.save([model], BY_ALICE)
    await catch_up()
    released = [v.quarantine_reason for v in (await versions_of(model.id, pool)).rows]
    row = await model_row(model.id, pool)

    assert quarantined == ["it crashed", "it crashed too"]
    assert released == ["it crashed", None]
    assert row is not None
    assert row.updated_at == model.modified_on


async def test_a_schema_that_is_taken_back_gives_way_to_the_signature(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    model.describe_schema(1, {"type": "array"}, {}, by=ALICE)
    model.describe_schema(1, None, {}, by=ALICE)
    await events.save([model], BY_ALICE)
    await catch_up()

    row = await model_row(model.id, pool)

    assert row is not None
    assert "anyOf" in row.input_schema
    assert row.output_schema == {}


async def test_lists_are_newest_first_and_show_neither_deleted_models_nor_those_of_others(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    models = [(await events.save([uploaded(name=f"m{n}")], BY_ALICE))[0] for n in range(4)]
    await events.save([uploaded(by=BOB)], BY_ALICE)
    models[1].delete(by=ALICE)
    await events.save([models[1]], BY_ALICE)
    await catch_up()

    page = await models_of(ALICE, pool, skip=1, limit=1)
    after = await models_of(ALICE, pool, before=page.rows[0].id)

    assert page.total == 3
    assert [row.name for row in page.rows] == ["m2"]
    assert [row.name for row in after.rows] == ["m0"]


async def test_stats_count_calls_rows_failures_and_latency(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    model_id = new_id()
    await events.append([served(model_id, rows=3) for _ in range(98)], BY_ALICE)
    await events.append(
        [failed(model_id, number=2), served(model_id, inference_us=10_000)], BY_ALICE
    )
    await catch_up()

    stats = await stats_of(model_id, pool)

    assert (stats.total.calls, stats.total.rows, stats.total.failures) == (100, 296, 1)
    assert stats.total.latency_us == 99 * 320 + 10_020
    assert [(v.number, v.calls, v.failures) for v in stats.versions] == [(1, 99, 0), (2, 1, 1)]
    assert [day.calls for day in stats.days] == [100]
    assert stats.last_at is not None
    assert stats.total.p50_ms == pytest.approx(0.32, rel=0.2)
    assert stats.total.p99_ms == pytest.approx(0.32, rel=0.2)
    assert stats.versions[0].mean_ms == pytest.approx((98 * 0.32 + 10.02) / 99)
    assert (await stats_of(uuid4(), pool)).total.p50_ms is None


async def test_history_is_newest_first_with_what_went_in_and_out(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    model_id = new_id()
    first, second = served(model_id), failed(model_id)
    await events.append([first], BY_ALICE)
    await events.append([second, served(new_id())], BY_ALICE)
    await catch_up()

    page = await history_of(model_id, pool)
    older = await history_of(model_id, pool, before=second.originator_id)

    assert page.total == 2
    assert [(row.id, row.status) for row in page.rows] == [
        (second.originator_id, "error"),
        (first.originator_id, "success"),
    ]
    assert page.rows[0].error == "ValueError: no"
    assert json.loads(bytes(page.rows[1].inputs)) == first.inputs
    assert json.loads(bytes(page.rows[1].outputs)) == first.outputs
    assert [row.id for row in older.rows] == [first.originator_id]
    assert (await prediction_row(first.originator_id, pool)) == page.rows[1]
    assert await prediction_row(model_id, pool) is None


def ids_of(calls: Sequence[Prediction.Served]) -> list[UUID]:
    return [each.originator_id for each in calls]


async def test_a_page_of_history_ends_where_it_grows_too_large(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    model_id = new_id()
    half, whole = ([served(model_id, inputs="x" * size) for _ in range(3)] for size in SIZES)
    await events.append([*whole, *half], BY_ALICE)
    await catch_up()

    page = await history_of(model_id, pool)
    skipped = await history_of(model_id, pool, skip=2)
    before = await history_of(model_id, pool, before=half[0].originator_id)

    assert ([row.id for row in page.rows], page.total) == (ids_of(half[:0:-1]), 6)
    assert [row.id for row in skipped.rows] == ids_of(half[:1])
    assert [row.id for row in before.rows] == ids_of(whole[2:])
    assert (page.before, before.before) == (half[1].originator_id, whole[2].originator_id)


async def test_lists_of_models_and_versions_end_where_they_grow_too_large(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    models = [uploaded(name=f"m{number}") for number in range(5)]
    for model, size in zip(models, (*SIZES, *SIZES[:1] * 3), strict=True):
        model.add_version(artifact("e" * 64), "second", by=ALICE)
        for number in (1, 2):
            model.describe_schema(number, {"title": "x" * size}, None, by=ALICE)
        await events.save([model], BY_ALICE)
    await catch_up()
    newest = [model.id for model in reversed(models)]

    first = await models_of(ALICE, pool)
    second = await models_of(ALICE, pool, before=newest[1])
    skipped = await models_of(ALICE, pool, skip=3)
    whole = await versions_of(newest[3], pool)
    half = await versions_of(newest[4], pool)

    assert ([row.id for row in first.rows], first.before) == (newest[:2], newest[1])
    assert first.total == len(models)
    assert ([row.id for row in second.rows], second.before) == (newest[2:3], newest[2])
    assert ([row.id for row in skipped.rows], skipped.before) == (newest[3:4], newest[3])
    assert ([row.number for row in whole.rows], whole.total) == ([1], 2)
    assert [row.number for row in half.rows] == [1, 2]
    assert [row.number for row in (await versions_of(newest[3], pool, after=1)).rows] == [2]


async def test_users_are_told_in_the_clear(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    alice = await registered(events, "alice")
    alice.change_profile(email=Personal("a@example.org"), full_name=None)
    alice.change_password(uuid4())
    alice.grant_admin()
    alice.deactivate()
    [alice] = await events.save([alice], BY_ALICE)
    await registered(events, "bob")
    await catch_up()

    page = await users_page(pool)
    row = page.rows[1]
    assert (row.username, row.email, row.full_name) == ("alice", "a@example.org", None)
    assert (row.is_admin, row.is_active, row.updated_at) == (True, False, alice.modified_on)
    assert ([user.username for user in page.rows], page.total) == (["bob", "alice"], 2)
    assert [u.username for u in (await users_page(pool, before=page.rows[0].id)).rows] == ["alice"]
    found = await users_page(pool, begins="al")
    assert ([user.username for user in found.rows], found.total) == (["alice"], 1)
    assert (await users_page(pool, begins="%")).total == 0


async def test_the_platform_as_a_whole(events: EventStore, pool: Pool, catch_up: CatchUp) -> None:
    await registered(events, "alice")
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.append([served(model.id), failed(model.id)], BY_ALICE)
    await catch_up()

    stats = await platform_stats(pool)
    days = await platform_days(pool, days=7)

    assert (stats.users, stats.models, stats.versions) == (1, 1, 1)
    assert (stats.predictions, stats.failures, stats.mean_ms) == (2, 1, 0.32)
    assert len(days) == 7
    assert (days[-1].predictions, days[-1].new_users, days[-1].new_models) == (2, 1, 1)
    assert days[0].predictions == 0


async def test_usage_stands_beside_models_and_versions(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.append([served(model.id), served(model.id)], BY_ALICE)
    await catch_up()

    [row] = (await models_of(ALICE, pool)).rows
    [version] = (await versions_of(model.id, pool)).rows

    assert (row.usage_count, version.total_predictions) == (2, 2)


async def test_what_is_not_there_is_none(pool: Pool, runner: Runner) -> None:
    unknown = UUID(int=1)

    assert await model_row(unknown, pool) is None
    assert (await versions_of(unknown, pool)).rows == []
    assert (await history_of(unknown, pool)).rows == []
