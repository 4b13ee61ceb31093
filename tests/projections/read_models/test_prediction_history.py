"""The predictions of a model, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

import pytest

from domain.aggregate import new_id
from domain.prediction import Prediction
from projections.queries import BYTES_MAX
from projections.read_models.prediction_history import prediction_row
from projections.read_models.prediction_search import history_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.samples import failed, served

pytestmark = pytest.mark.usefixtures("runner")


SIZES = (BYTES_MAX * 2 // 5, BYTES_MAX + 1)
"""Two events of the first size fit in a page; of the second size, none."""


async def test_history_is_newest_first_with_inputs_and_outputs(
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


async def test_a_page_of_history_is_cut_at_its_size_limit(
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
