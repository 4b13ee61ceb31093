"""The audit log and the activity of users."""

from __future__ import annotations

import pytest

from domain.events import Metadata
from domain.model import Model
from domain.user import User
from projections.read_models.audit_log import AuditFilter, activity_of, audit_page
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.projections.catch_up import CatchUp
from tests.projections.histories import BY_ALICE, registered
from tests.samples import ALICE, BOB, served, uploaded

pytestmark = pytest.mark.usefixtures("runner")


async def test_the_audit_log_has_actors_and_actions_and_keeps_personal_values_sealed(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    alice = await registered(events, "alice")
    by_bob = Metadata(actor_id=BOB, request_id="r-2", causation="Rename")
    [model] = await events.save([uploaded()], BY_ALICE)
    await events.change(Model, model.id, lambda m: m.rename("new", by=ALICE), by_bob)
    await events.append([served(model.id)], BY_ALICE)
    await catch_up()

    page = await audit_page(pool)
    by_bob_only = await audit_page(pool, AuditFilter(user_id=BOB))
    uploads = await audit_page(pool, AuditFilter(action="Model.Uploaded"))

    assert [row.action for row in page.rows] == [
        "Model.Renamed",
        "Model.Uploaded",
        "User.Registered",
    ]
    assert page.total == 3
    assert bytes(page.rows[0].state) == b'{"name":"new"}'
    assert (page.rows[0].request_id, page.rows[0].causation) == ("r-2", "Rename")
    assert page.rows[2].stream_id == alice.id
    assert b"alice" not in bytes(page.rows[2].state)
    assert [row.position for row in by_bob_only.rows] == [page.rows[0].position]
    assert [row.stream_id for row in uploads.rows] == [model.id]
    assert (await audit_page(pool, before=page.rows[2].position)).rows == []


async def test_activity_has_the_events_by_a_user_and_on_their_account_and_models(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    alice, bob = await registered(events, "alice"), await registered(events, "bob")
    by_alice, by_bob = Metadata(actor_id=alice.id), Metadata(actor_id=bob.id)
    [model] = await events.save([uploaded(by=alice.id)], by_alice)
    await events.save([uploaded(by=bob.id)], by_bob)
    await events.change(Model, model.id, lambda m: m.quarantine(1, "it crashed"), Metadata())
    await events.change(User, alice.id, lambda u: u.deactivate(), by_bob)
    await events.append([served(model.id)], by_alice)
    await catch_up()

    page = await activity_of(alice.id, pool)
    of_bob = await activity_of(bob.id, pool)

    assert [(row.action, row.model_name) for row in page.rows] == [
        ("User.Deactivated", None),
        ("Model.Quarantined", "iris"),
        ("Model.Uploaded", "iris"),
        ("User.Registered", None),
    ]
    assert [row.model_id for row in page.rows] == [None, model.id, model.id, None]
    assert (page.rows[0].actor_id, page.rows[1].actor_id, page.total) == (bob.id, None, 4)
    assert [row.action for row in of_bob.rows][:2] == ["User.Deactivated", "Model.Uploaded"]
    older = await activity_of(alice.id, pool, skip=1, limit=1, before=page.rows[0].position)
    assert [row.action for row in older.rows] == ["Model.Uploaded"]
    uploads = await activity_of(alice.id, pool, action="Model.Uploaded")
    assert ([row.stream_id for row in uploads.rows], uploads.total) == ([model.id], 1)


async def test_the_audit_log_is_filtered_by_stream_and_time(
    events: EventStore, pool: Pool, catch_up: CatchUp
) -> None:
    [model] = await events.save([uploaded()], BY_ALICE)
    [other] = await events.save([uploaded()], BY_ALICE)
    await events.change(Model, model.id, lambda m: m.rename("new", by=ALICE), BY_ALICE)
    await catch_up()

    of_model = await audit_page(pool, AuditFilter(stream_id=model.id))
    [last, middle, first] = (await audit_page(pool)).rows
    period = AuditFilter(since=middle.recorded_at, until=last.recorded_at)

    assert [row.action for row in of_model.rows] == ["Model.Renamed", "Model.Uploaded"]
    assert of_model.total == 2
    assert [row.stream_id for row in (await audit_page(pool, period)).rows] == [other.id]
    until = await audit_page(pool, AuditFilter(until=middle.recorded_at))
    assert ([row.position for row in until.rows], until.total) == ([first.position], 1)
