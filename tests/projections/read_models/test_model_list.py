"""The models and their versions, in lists and details."""

from __future__ import annotations

from uuid import UUID

import pytest

from projections.engine.runner import Runner
from projections.queries import BYTES_MAX
from projections.read_models.model_list import versions_of
from projections.read_models.model_search import models_of
from projections.read_models.prediction_search import history_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.projections.model_rows import model_row
from tests.samples import ALICE, BOB, artifact, served, uploaded

pytestmark = pytest.mark.usefixtures("runner")


SIZES = (BYTES_MAX * 2 // 5, BYTES_MAX + 1)
"""Two rows of the first size fit in a page; of the second size, none."""


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


async def test_a_removed_schema_gives_way_to_the_signature(
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


async def test_lists_of_models_and_versions_are_cut_at_their_size_limit(
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


async def test_models_and_versions_have_their_number_of_calls(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.append([served(model.id), served(model.id)], BY_ALICE)
    await catch_up()

    [row] = (await models_of(ALICE, pool)).rows
    [version] = (await versions_of(model.id, pool)).rows

    assert (row.usage_count, version.total_predictions) == (2, 2)


async def test_an_unknown_id_has_no_rows(pool: Pool, runner: Runner) -> None:
    unknown = UUID(int=1)

    assert await model_row(unknown, pool) is None
    assert (await versions_of(unknown, pool)).rows == []
    assert (await history_of(unknown, pool)).rows == []
