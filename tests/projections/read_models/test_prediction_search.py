"""Filtered predictions: how far one query scans, and what is counted."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.aggregate import new_id
from projections.read_models import prediction_search
from projections.read_models.prediction_search import (
    PredictionFilter,
    history_batches,
    history_of,
)
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.samples import failed, served

pytestmark = pytest.mark.usefixtures("runner")

SLOW = PredictionFilter(latency_us_min=100_000)


async def test_a_scan_stops_at_its_limit_and_the_next_continues_there(
    events: EventStore, pool: Pool, catch_up: CatchUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = new_id()
    slow = served(model_id, inference_us=200_000)
    await events.append([slow, *(served(model_id) for _ in range(7))], BY_ALICE)
    await catch_up()
    monkeypatch.setattr(prediction_search, "SCAN_MAX", 3)

    first = await history_of(model_id, pool, SLOW, limit=5)
    assert isinstance(first.before, UUID)
    second = await history_of(model_id, pool, SLOW, limit=5, before=first.before)
    assert isinstance(second.before, UUID)
    third = await history_of(model_id, pool, SLOW, limit=5, before=second.before)
    parts = [part async for part in history_batches(model_id, pool, SLOW)]

    assert (first.rows, second.rows) == ([], [])
    assert [row.id for row in third.rows] == [slow.originator_id]
    assert third.before is None
    assert first.total is None
    assert [row.id for part in parts for row in part] == [slow.originator_id]


async def test_a_match_at_the_end_of_a_scan_is_returned_once(
    events: EventStore, pool: Pool, catch_up: CatchUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = new_id()
    calls = [served(model_id, inference_us=200_000) for _ in range(6)]
    await events.append(calls, BY_ALICE)
    await catch_up()
    monkeypatch.setattr(prediction_search, "SCAN_MAX", 3)

    parts = [part async for part in history_batches(model_id, pool, SLOW)]

    found = [row.id for part in parts for row in part]
    assert found == [each.originator_id for each in reversed(calls)]


async def test_too_many_matches_have_no_total(
    events: EventStore, pool: Pool, catch_up: CatchUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = new_id()
    await events.append([failed(model_id) for _ in range(4)], BY_ALICE)
    await catch_up()
    errors = PredictionFilter(status="error")
    counted = (await history_of(model_id, pool, errors, limit=1)).total
    monkeypatch.setattr(prediction_search, "COUNT_MAX", 3)

    page = await history_of(model_id, pool, errors, limit=1)
    every = await history_of(model_id, pool, limit=1)

    assert (counted, page.total, every.total) == (4, None, 4)
