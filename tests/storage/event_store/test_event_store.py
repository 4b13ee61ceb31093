"""The contract of the event store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.errors import Conflict, NotFound
from domain.events import Metadata
from domain.model import Model
from domain.prediction import Prediction
from storage.event_store.event_store import EventStore
from tests.samples import ALICE, artifact, served, uploaded

BY_ALICE = Metadata(actor_id=ALICE, request_id="r-1", causation="Test")


async def test_an_aggregate_is_loaded_as_it_was_saved(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)

    assert await events.load(Model, model.id) == model


async def test_the_second_of_two_writers_from_one_version_conflicts(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    first, second = await events.load(Model, model.id), await events.load(Model, model.id)
    first.rename("first", by=ALICE)
    second.rename("second", by=ALICE)

    await events.save([first], BY_ALICE)
    with pytest.raises(Conflict):
        await events.save([second], BY_ALICE)

    assert (await events.load(Model, model.id)).name == "first"


async def test_concurrent_changes_are_all_made(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)

    await asyncio.gather(
        *(
            events.change(
                Model, model.id, lambda m, n=n: m.add_version(artifact(f"{n}"), by=ALICE), BY_ALICE
            )
            for n in range(4)
        )
    )

    changed = await events.load(Model, model.id)
    assert sorted(v.artifact.digest for v in changed.versions[1:]) == ["0", "1", "2", "3"]


async def test_a_change_without_events_records_nothing(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)

    await events.change(Model, model.id, lambda m: m.rename(m.name, by=ALICE), BY_ALICE)

    assert (await events.load(Model, model.id)).version == 1


async def test_an_unknown_stream_is_not_found(events: EventStore) -> None:
    with pytest.raises(NotFound):
        await events.load(Model, uuid4())


async def test_a_prediction_is_not_a_model(events: EventStore) -> None:
    prediction = served(uuid4())
    await events.append([prediction], BY_ALICE)

    with pytest.raises(NotFound):
        await events.load(Model, prediction.originator_id)


async def test_history_has_position_time_and_metadata_of_an_event(events: EventStore) -> None:
    prediction = served(uuid4())
    await events.append([prediction], BY_ALICE)

    [recorded] = await events.history(prediction.originator_id)

    assert isinstance(recorded.event, Prediction.Served)
    assert recorded.event.inputs == prediction.inputs
    assert recorded.event.timestamp == recorded.recorded_at
    assert (recorded.position, recorded.metadata) == (1, BY_ALICE)


async def test_a_page_of_a_history_is_limited_in_events_and_bytes(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    for name in ("a", "b" * 100, "c", "d"):
        await events.change(Model, model.id, lambda m, n=name: m.rename(n, by=ALICE), BY_ALICE)

    async def versions(after: int, limit: int, bytes_max: int) -> list[int]:
        part = await events.history_page(
            model.id, after_version=after, limit=limit, bytes_max=bytes_max
        )
        return [recorded.event.originator_version for recorded in part]

    assert await versions(0, 10, 10_000) == [1, 2, 3, 4, 5]
    assert await versions(1, 2, 10_000) == [2, 3]
    assert await versions(1, 10, 100) == [2]
    assert await versions(2, 10, 100) == [3]
    assert await versions(3, 10, 100) == [4, 5]
    assert await versions(5, 10, 100) == []


async def test_times_are_those_of_the_database(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    changed = await events.change(
        Model, model.id, lambda m: m.add_version(artifact("e"), by=ALICE), BY_ALICE
    )

    history = await events.history(model.id)

    assert [recorded.recorded_at for recorded in history] == [
        changed.created_on,
        changed.modified_on,
    ]
    assert changed.versions[1].uploaded_at == changed.modified_on


async def test_a_model_is_loaded_as_of_a_time(events: EventStore) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    await asyncio.sleep(0.01)
    time = datetime.now(UTC)
    await asyncio.sleep(0.01)
    await events.change(Model, model.id, lambda m: m.rename("new", by=ALICE), BY_ALICE)

    assert (await events.load_as_of(Model, model.id, time)).name == model.name
    with pytest.raises(NotFound):
        await events.load_as_of(Model, model.id, datetime(2000, 1, 1, tzinfo=UTC))


async def test_a_repeated_prediction_succeeds_and_a_different_one_conflicts(
    events: EventStore,
) -> None:
    prediction = served(uuid4())
    first = await events.append([prediction], BY_ALICE)

    assert await events.append([prediction], BY_ALICE) == first
    other = served(uuid4(), stream_id=prediction.originator_id)
    with pytest.raises(Conflict):
        await events.append([other], BY_ALICE)
