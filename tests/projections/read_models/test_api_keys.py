"""The API keys of an account and their last use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.aggregate import new_id
from domain.api_key import ApiKey, Terms
from domain.events import Metadata
from projections.engine.rebuild import verify
from projections.read_models.api_keys import API_KEY_USES, ApiKeyRow, api_keys_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE
from tests.samples import ALICE, BOB, failed, issued, opened, served

pytestmark = pytest.mark.usefixtures("runner")

MODEL = new_id()


async def given(events: EventStore, *keys: ApiKey) -> list[ApiKey]:
    """Record keys one by one."""
    return [(await events.save([key], BY_ALICE))[0] for key in keys]


def by(key: ApiKey) -> Metadata:
    """The metadata of events that a key causes."""
    return Metadata(actor_id=key.owner_id, access_id=key.id)


async def of_alice(pool: Pool) -> dict[str, ApiKeyRow]:
    page = await api_keys_of(ALICE, pool, with_revoked=True)
    return {str(row.id): row for row in page.rows}


async def test_keys_are_listed_newest_first_and_revoked_ones_on_request(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    limited = issued(terms=Terms(("write", "read"), soon, 7))
    first, second, third, _ = await given(events, issued(), limited, issued(), issued(by=BOB))
    third.revoke(by=ALICE)
    [third] = await events.save([third], BY_ALICE)
    await catch_up()

    live = await api_keys_of(ALICE, pool)
    everything = await api_keys_of(ALICE, pool, with_revoked=True)
    older = await api_keys_of(ALICE, pool, with_revoked=True, before=second.id)
    one = await api_keys_of(ALICE, pool, with_revoked=True, skip=1, limit=1)

    assert ([row.id for row in live.rows], live.total) == ([second.id, first.id], 2)
    assert [row.id for row in everything.rows] == [third.id, second.id, first.id]
    assert everything.total == 3
    assert [row.id for row in older.rows] == [first.id]
    assert [row.id for row in one.rows] == [second.id]
    assert everything.rows[0].revoked_at == third.modified_on
    assert live.rows[0] == ApiKeyRow(
        id=second.id,
        owner_id=ALICE,
        name="nightly",
        scopes=["read", "write"],
        calls_per_minute=7,
        created_at=second.created_on,
        expires_at=soon,
        revoked_at=None,
        last_used_at=None,
    )


async def test_the_last_use_is_the_newest_event_that_names_the_key(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    asking, changing, idle = await given(events, issued(), issued(), issued())
    [session] = await events.save([opened()], by(changing))
    by_session = Metadata(actor_id=ALICE, access_id=session.id)
    await events.append([served(MODEL)], by(asking))
    await catch_up()
    before = (await of_alice(pool))[str(asking.id)].last_used_at
    last = await events.append([failed(MODEL)], by(asking))
    await events.append([served(MODEL)], by_session)
    await catch_up()

    rows = await of_alice(pool)

    assert before is not None
    assert before < last.recorded_at
    assert rows[str(asking.id)].last_used_at == last.recorded_at
    assert rows[str(changing.id)].last_used_at == session.created_on
    assert rows[str(idle.id)].last_used_at is None
    assert await pool.fetchval("SELECT count(*) FROM read.api_key_uses") == 2


@pytest.mark.parametrize("ranges", [1, 2, 3])
async def test_uses_are_the_same_for_any_number_of_ranges(
    events: EventStore, pool: Pool, catch_up: CatchUp, database_dsn: str, ranges: int
) -> None:
    keys = await given(events, *(issued() for _ in range(3)))
    for number in range(60):
        await events.append([served(MODEL)], by(keys[number % 3]))
    await catch_up()

    comparison = await verify(API_KEY_USES, dsn=database_dsn, events=events, ranges=ranges)

    assert comparison.is_same
    assert "api_key_uses=3:" in comparison.digest
