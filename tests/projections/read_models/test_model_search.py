"""An owner's models, searched and sorted."""

from __future__ import annotations

from typing import Any

import pytest

from projections.read_models.model_search import ModelFilter, models_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.samples import ALICE, artifact, served, uploaded

pytestmark = pytest.mark.usefixtures("runner")


async def test_a_search_follows_the_changes_of_a_model(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded(name="Ünser Iris")], BY_ALICE)
    model.describe("of the Field", by=ALICE)
    model.add_version(artifact("e" * 64), "Second", by=ALICE)
    model.relabel(1, "First", by=ALICE)
    [model] = await events.save([model], BY_ALICE)
    await catch_up()

    async def finds(text: str) -> bool:
        return bool((await models_of(ALICE, pool, ModelFilter(search=text))).rows)

    for text in ("ünser", "IRIS", "the field", "logisticreg", "first"):
        assert await finds(text)
    for text in ("second", "%", "_", "iris%", "iris of"):
        assert not await finds(text)
    model.promote(2, by=ALICE)
    model.rename("Flowers 100%", by=ALICE)
    await events.save([model], BY_ALICE)
    await catch_up()
    assert await finds("SECOND")
    assert await finds("100%")
    assert not await finds("first")
    assert not await finds("iris")


async def test_models_are_sorted_and_counted_over_all_pages(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    models = [(await events.save([uploaded(name=n)], BY_ALICE))[0] for n in ("b", "C", "a")]
    await events.append([served(models[1].id), served(models[1].id)], BY_ALICE)
    await events.append([served(models[0].id)], BY_ALICE)
    models[1].deactivate(by=ALICE)
    await events.save([models[1]], BY_ALICE)
    await catch_up()

    async def names(**conditions: Any) -> list[str]:
        return [row.name for row in (await models_of(ALICE, pool, ModelFilter(**conditions))).rows]

    assert await names() == ["a", "C", "b"]
    assert await names(order="asc") == ["b", "C", "a"]
    assert await names(sort="name", order="asc") == ["a", "b", "C"]
    assert await names(sort="usage_count") == ["C", "b", "a"]
    assert await names(sort="updated_at") == ["C", "a", "b"]
    assert await names(is_active=True) == ["a", "b"]
    assert await names(is_active=False) == ["C"]
    beyond = await models_of(ALICE, pool, ModelFilter(sort="name"), skip=5)
    assert (beyond.rows, beyond.total) == ([], 3)
