"""A stale aggregate is never kept in the cache: one test for each race."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
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
    """An empty cache that is up to date."""
    return as_current(AggregateCache(mapper.to_domain_event, aggregates_max=3))


def as_current(cache: AggregateCache) -> AggregateCache:
    cache.mark_current(float("inf"))
    return cache


def recorded(mapper: EventMapper, events: Sequence[Any]) -> list[RecordedEvent]:
    """Events as rows, as the follower reads them."""
    rows = [mapper.to_new_event(event, b"{}") for event in events]
    return [
        RecordedEvent(*msgspec.structs.astuple(row), position=n, recorded_at=UNRECORDED)
        for n, row in enumerate(rows, 1)
    ]


def renamed(times: int = 1) -> tuple[Model, list[Any]]:
    """An uploaded model, and later events that rename it."""
    model = uploaded()
    model.collect_events()
    copy = model.copy()
    for number in range(times):
        copy.rename(f"name {number + 2}", by=ALICE)
    return model, list(copy.collect_events())


def cache_model(cache: AggregateCache, model: Model) -> None:
    with cache.fill(model.id) as fill:
        cache.put(model, fill)


def cached_name(cache: AggregateCache, stream_id: UUID) -> str | None:
    model = cache.get(stream_id)
    assert model is None or isinstance(model, Model)
    return model.name if model else None


async def test_the_next_version_is_applied(cache: AggregateCache, mapper: EventMapper) -> None:
    model, events = renamed(2)
    cache_model(cache, model)
    cache.apply(recorded(mapper, events))
    assert cached_name(cache, model.id) == "name 3"
    assert model.name == "iris"  # The object that a caller holds does not change.


async def test_versions_that_were_applied_before_are_skipped(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    cache_model(cache, model)
    cache.apply(recorded(mapper, events))
    cache.apply(recorded(mapper, events))
    assert cached_name(cache, model.id) == "name 3"


async def test_a_gap_evicts_the_aggregate(cache: AggregateCache, mapper: EventMapper) -> None:
    model, events = renamed(2)
    cache_model(cache, model)
    cache.apply(recorded(mapper, events[1:]))
    assert cache.get(model.id) is None


async def test_a_load_older_than_the_follower_is_not_cached(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    """The follower applied a revocation while an older version was being loaded."""
    model, events = renamed()
    with cache.fill(model.id) as fill:
        cache.apply(recorded(mapper, events))
        cache.put(model, fill)
    assert cache.get(model.id) is None


async def test_a_load_as_recent_as_the_follower_is_cached(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    with cache.fill(model.id) as fill:
        cache.apply(recorded(mapper, events))
        cache.put(events[0].mutate(model.copy()), fill)
    assert cached_name(cache, model.id) == "name 2"


async def test_each_of_two_concurrent_loads_is_checked(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    with cache.fill(model.id) as first:
        with cache.fill(model.id) as second:
            cache.apply(recorded(mapper, events))
        cache.put(model, second)
        cache.put(model, first)
    assert cache.get(model.id) is None
    cache_model(cache, model)  # A later fill has seen no version.
    assert cached_name(cache, model.id) == "iris"


async def test_an_own_commit_followed_by_another_is_not_cached(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    with cache.fill(model.id) as fill:
        cache.apply(recorded(mapper, events))
        cache.put(events[0].mutate(model.copy()), fill)
    assert cache.get(model.id) is None


async def test_an_own_commit_that_the_follower_applied_first_is_kept(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed(2)
    cache_model(cache, model)
    with cache.fill(model.id) as fill:
        cache.apply(recorded(mapper, events[:1]))
        cache.put(events[0].mutate(model.copy()), fill)
        cache.apply(recorded(mapper, events[1:]))
    assert cached_name(cache, model.id) == "name 3"


async def test_a_newer_aggregate_is_not_replaced_by_an_older_load(
    cache: AggregateCache, mapper: EventMapper
) -> None:
    model, events = renamed()
    cache_model(cache, events[0].mutate(model.copy()))
    cache_model(cache, model)
    assert cached_name(cache, model.id) == "name 2"


async def test_the_least_recently_used_aggregate_is_evicted(cache: AggregateCache) -> None:
    models = [uploaded() for _ in range(4)]
    for model in models[:3]:
        cache_model(cache, model)
    assert cache.get(models[0].id)
    cache_model(cache, models[3])
    assert [cache.get(model.id) is not None for model in models] == [True, False, True, True]


async def test_every_look_up_misses_when_the_follower_is_behind_for_a_second(
    cache: AggregateCache,
) -> None:
    model = uploaded()
    cache_model(cache, model)
    cache.mark_current(float("-inf"))
    assert cache.get(model.id) is None
    as_current(cache)
    assert cache.get(model.id) is model


async def test_a_discarded_aggregate_is_evicted(cache: AggregateCache) -> None:
    model = uploaded()
    cache_model(cache, model)
    cache.discard(model.id)
    cache.discard(uuid4())
    assert cache.get(model.id) is None


@pytest.mark.parametrize(
    "facts", [{"topic": "Model.OfALaterRelease"}, {"state": b"{}"}], ids=["topic", "state"]
)
async def test_an_event_that_cannot_be_applied_evicts_its_aggregate_only(
    cache: AggregateCache, mapper: EventMapper, facts: dict[str, Any]
) -> None:
    model, events = renamed()
    other, events_of_other = renamed()
    cache_model(cache, model)
    cache_model(cache, other)
    [bad], good = recorded(mapper, events), recorded(mapper, events_of_other)
    cache.apply([msgspec.structs.replace(bad, **facts), *good])
    assert cache.get(model.id) is None
    assert cached_name(cache, other.id) == "name 2"


@pytest.fixture
def one_cached_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed before the fixture `keys`, which then caches one key."""
    monkeypatch.setattr("storage.event_store.sealing.KEYS_CACHED_MAX", 1)


@pytest.mark.usefixtures("one_cached_key")
async def test_a_user_whose_key_is_not_in_memory_is_evicted_and_not_shown_as_erased(
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
    copy = user.copy()
    copy.change_profile(email=Personal("a@example.com"), full_name=None)
    change = recorded(mapper, copy.collect_events())
    with cache.fill(user.id) as fill:
        cache.put(user, fill)
    await keys.make(uuid4())
    cache.apply(change)
    assert cache.get(user.id) is None
