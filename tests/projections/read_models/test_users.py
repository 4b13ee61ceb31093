"""The accounts, as their owners and administrators see them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from domain.personal import Personal
from projections.read_models.users import users_page
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE, registered

pytestmark = pytest.mark.usefixtures("runner")


async def test_users_are_read_in_plain_text(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    alice = await registered(events, "alice")
    alice.change_profile(email=Personal("a@example.org"), full_name=None)
    alice.change_password(uuid4())
    alice.grant_admin()
    alice.deactivate()
    [alice] = await events.save([alice], BY_ALICE)
    await registered(events, "bob")
    await catch_up()

    page = await users_page(pool)
    row = page.rows[1]
    assert (row.username, row.email, row.full_name) == ("alice", "a@example.org", None)
    assert (row.is_admin, row.is_active, row.updated_at) == (True, False, alice.modified_on)
    assert ([user.username for user in page.rows], page.total) == (["bob", "alice"], 2)
    assert [u.username for u in (await users_page(pool, before=page.rows[0].id)).rows] == ["alice"]
    found = await users_page(pool, begins="al")
    assert ([user.username for user in found.rows], found.total) == (["alice"], 1)
    assert (await users_page(pool, begins="%")).total == 0
