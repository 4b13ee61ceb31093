"""What is in memory never outlives what was recorded: each race by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.events import EVENTS
from domain.model import Model
from domain.personal import Personal
from domain.prediction import UNRECORDED
from domain.user import User
from storage.event_store.aggregate_cache import AggregateCache
from storage.event_store.mapper import EventMapper, RecordedEvent
from storage.event_store.sealing import UserKeys
from storage.postgres.pool import Pool
from tests.samples import ALICE, uploaded


@pytest.fixture
def keys(pool: Pool) -> UserKeys:
    return UserKeys(pool, bytes(32))


@pytest.fixture
def mapper(keys: UserKeys) -> EventMapper:
    return EventMapper(EVENTS, keys)


@pytest.fixture
async def cache(mapper: EventMapper) -> AggregateCache:
    """An empty cache, which has just looked."""
    return looked(AggregateCache(mapper.to_domain_event, aggregates_max=3))


def looked(cache: AggregateCache) -> AggregateCache:
    cache.looked(float("inf"))
    return cache


def recorded(mapper: EventMapper, events: Sequence[Any]) -> list[RecordedEvent]:
    """The events as the follower reads them."""
    rows = [mapper.to_new_event(event, b"{}") for event in events]
    return [
        RecordedEvent(**vars(row), position=n, recorded_at=UNRECORDED)
        for n, row in enumerate(rows, 1)
    ]


def renamed(times: int = 1) -> tuple[Model, list[Any]]:
    """A model as it was uploaded, and the events by which others have renamed it since."""
    model = uploaded()
    model.collect_events()
    twin = model.copy()
    for number in range(times):
        twin.rename(f"name {number + 2}", by=ALICE)
    return model, list(twin.collect_events())


def hold(cache: AggregateCache, model: Model) -> None:
    with cache.watch(model.id) as watch:
        cache.offer(model, watch)


def name_held(cache: AggregateCache, stream_id: UUID) -> str | None:
    model = cache.get(stream_id)
    assert model is None or isinstance(model, Model)
    return model.name if model else None


async def test_the_next_version_is_applied_to_what_is_held(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    hold(cache, model)
    cache.apply(recorded(mapper, events))
    assert name_held(cache, model.id) == "name 3"
    assert model.name == "iris"  # nobody's copy changes under their hands


async def test_what_is_there_already_is_passed_over(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    hold(cache, model)
    cache.apply(recorded(mapper, events))
    cache.apply(recorded(mapper, events))
    assert name_held(cache, model.id) == "name 3"


async def test_a_gap_drops_what_is_held(cache: AggregateCache, mapper: EventMapper) -> None:
    model, events = renamed(2)
    hold(cache, model)
    cache.apply(recorded(mapper, events[1:]))
    assert cache.get(model.id) is None


async def test_a_load_older_than_the_tail_is_not_held(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    """The stream was read before a revocation, which was followed before the load had ended."""
    model, events = renamed()
    with cache.watch(model.id) as watch:
        cache.apply(recorded(mapper, events))
        cache.offer(model, watch)
    assert cache.get(model.id) is None


async def test_a_load_that_saw_what_the_tail_saw_is_held(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    with cache.watch(model.id) as watch:
        cache.apply(recorded(mapper, events))
        cache.offer(events[0].mutate(model.copy()), watch)
    assert name_held(cache, model.id) == "name 2"


async def test_each_of_two_loads_at_once_is_watched(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    with cache.watch(model.id) as first:
        with cache.watch(model.id) as second:
            cache.apply(recorded(mapper, events))
        cache.offer(model, second)
        cache.offer(model, first)
    assert cache.get(model.id) is None
    hold(cache, model)  # a watch that was opened later knows nothing of it
    assert name_held(cache, model.id) == "iris"


async def test_an_own_commit_overtaken_by_another_is_not_held(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    with cache.watch(model.id) as watch:
        cache.apply(recorded(mapper, events))
        cache.offer(events[0].mutate(model.copy()), watch)
    assert cache.get(model.id) is None


async def test_an_own_commit_that_the_tail_applied_first_stays(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    hold(cache, model)
    with cache.watch(model.id) as watch:
        cache.apply(recorded(mapper, events[:1]))
        cache.offer(events[0].mutate(model.copy()), watch)
        cache.apply(recorded(mapper, events[1:]))
    assert name_held(cache, model.id) == "name 3"


async def test_what_is_newer_is_not_replaced_by_an_older_load(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    hold(cache, events[0].mutate(model.copy()))
    hold(cache, model)
    assert name_held(cache, model.id) == "name 2"


async def test_the_least_recently_used_goes_first(cache: AggregateCache) -> None:
    models = [uploaded() for _ in range(4)]
    for model in models[:3]:
        hold(cache, model)
    assert cache.get(models[0].id)
    hold(cache, models[3])
    assert [cache.get(model.id) is not None for model in models] == [True, False, True, True]


async def test_nothing_is_answered_without_a_look_for_a_second(cache: AggregateCache) -> None:
    model = uploaded()
    hold(cache, model)
    cache.looked(float("-inf"))
    assert cache.get(model.id) is None
    looked(cache)
    assert cache.get(model.id) is model


async def test_what_was_dropped_is_gone(cache: AggregateCache) -> None:
    model = uploaded()
    hold(cache, model)
    cache.drop(model.id)
    cache.drop(uuid4())
    assert cache.get(model.id) is None


@pytest.mark.parametrize(
    "facts", [{"topic": "Model.OfALaterRelease"}, {"state": b"{}"}], ids=["topic", "state"]
)
async def test_an_event_that_cannot_be_applied_drops_its_aggregate_only(
    cache: AggregateCache, mapper: EventMapper, facts: dict[str, Any]
) -> None:
    model, events = renamed()
    other, events_of_other = renamed()
    hold(cache, model)
    hold(cache, other)
    [bad], good = recorded(mapper, events), recorded(mapper, events_of_other)
    cache.apply([RecordedEvent(**{**vars(bad), **facts}), *good])
    assert cache.get(model.id) is None
    assert name_held(cache, other.id) == "name 2"


async def test_a_user_whose_key_is_not_at_hand_is_dropped_rather_than_shown_as_erased(
    cache: AggregateCache, mapper: EventMapper, keys: UserKeys
) -> None:
    user = User.register(
        uuid4(),
        username=Personal("alice"),
        email=Personal("alice@example.com"),
        full_name=None,
        credential_id=uuid4(),
    )
    await keys.make(user.id)
    user.collect_events()
    twin = user.copy()
    twin.change_profile(email=Personal("a@example.com"), full_name=None)
    change = recorded(mapper, twin.collect_events())
    with cache.watch(user.id) as watch:
        cache.offer(user, watch)
    keys.forget(user.id)
    cache.apply(change)
    assert cache.get(user.id) is None
