"""The sessions of users."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.session import TokenDigests
from projections.read_models.sessions import sessions_of
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE, registered
from tests.samples import opened

pytestmark = pytest.mark.usefixtures("runner")


async def test_only_sessions_that_can_be_used_are_listed(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    now = datetime.now(UTC)
    soon = now + timedelta(days=1)
    alice = await registered(events, "alice")
    sessions = [
        opened(alice.id, alice.credential_id, at) for at in (soon, soon, soon - timedelta(days=2))
    ]
    sessions = await events.save(sessions, BY_ALICE)
    sessions[0].close("logout")
    presented = TokenDigests("family", "a")
    sessions[1].refresh(presented=presented, token_digest="b", expires_at=soon, now=now)
    await events.save(sessions[:2], BY_ALICE)
    await catch_up()

    [session] = await sessions_of(alice, pool)

    assert session.id == sessions[1].id
    assert session.last_used_at > session.created_at


async def test_a_changed_password_keeps_only_the_session_it_was_changed_in(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    alice = await registered(events, "alice")
    former = alice.credential_id
    kept, other = await events.save([opened(alice.id, former) for _ in range(2)], BY_ALICE)
    alice.change_password(uuid4(), kept.id)
    [alice] = await events.save([alice], BY_ALICE)
    [too_late, new] = await events.save(
        [opened(alice.id, former), opened(alice.id, alice.credential_id)], BY_ALICE
    )
    await catch_up()

    listed = {session.id for session in await sessions_of(alice, pool)}

    assert listed == {kept.id, new.id}
    assert not listed & {other.id, too_late.id}
