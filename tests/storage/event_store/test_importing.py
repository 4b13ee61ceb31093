"""Imports: times in order, an empty store only, all or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.aggregate import new_id
from domain.errors import Conflict
from domain.events import Metadata
from storage.event_store.event_store import EventStore
from storage.event_store.importing import Importer, PastEvent
from tests.samples import ALICE, served, uploaded

LAST_WEEK = datetime(2026, 1, 5, 12, tzinfo=UTC)


def past(at: datetime = LAST_WEEK, *, stream_id: UUID | None = None) -> PastEvent:
    return PastEvent(
        stream_id or new_id(), 1, "Model.Renamed", b'{"name":"a"}', None, b"{}", recorded_at=at
    )


async def imported(dsn: str, *batches: list[PastEvent]) -> list[int]:
    async with Importer.open(dsn) as importer:
        return [await importer.add(batch) for batch in batches]


async def test_past_events_keep_their_order_their_times_and_every_byte(
    events: EventStore, owner_dsn: str
) -> None:
    first = past()
    second = PastEvent(
        new_id(), 1, "Prediction.Served", b'{"a": -0.0}', b"[1.50]", b'{"b":1}', LAST_WEEK
    )
    assert await imported(owner_dsn, [first], [second]) == [1, 2]

    rows = await events.recorder.select_notifications(None, 10)

    assert [(row.originator_id, row.recorded_at) for row in rows] == [
        (first.originator_id, LAST_WEEK),
        (second.originator_id, LAST_WEEK),
    ]
    assert (rows[1].state, rows[1].body, rows[1].metadata) == (
        second.state,
        second.body,
        second.metadata,
    )


async def test_later_appends_follow_the_import(events: EventStore, owner_dsn: str) -> None:
    await imported(owner_dsn, [past()])

    appended = await events.append([served(new_id())], Metadata())

    assert appended.first_position == 2
    assert appended.recorded_at > LAST_WEEK


async def test_an_import_into_a_store_with_other_events_is_refused(
    events: EventStore, owner_dsn: str
) -> None:
    await events.save([uploaded()], Metadata(actor_id=ALICE))

    with pytest.raises(Conflict, match="empty store only"):
        await imported(owner_dsn, [past()])


@pytest.mark.parametrize("shift", [timedelta(seconds=-1), timedelta(days=36_500)])
async def test_times_that_go_back_or_lie_in_the_future_are_refused(
    events: EventStore, owner_dsn: str, shift: timedelta
) -> None:
    with pytest.raises(Conflict, match="in the order of their times"):
        await imported(owner_dsn, [past()], [past(LAST_WEEK + shift)])

    assert await events.recorder.max_notification_id() is None, "and nothing of it is kept"


async def test_the_same_version_twice_is_refused(events: EventStore, owner_dsn: str) -> None:
    stream_id = new_id()
    with pytest.raises(Conflict, match="same version"):
        await imported(owner_dsn, [past(stream_id=stream_id), past(stream_id=stream_id)])
