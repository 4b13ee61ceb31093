"""Accounts are registered, changed and deactivated."""

from __future__ import annotations

import asyncio

import pytest

from commands.account_names import AccountNames
from commands.users import (
    ChangePassword,
    ChangeProfile,
    GrantAdmin,
    RegisterAdmin,
    RegisterUser,
    RevokeAdmin,
    SetActive,
    UserCommands,
)
from domain.errors import Conflict, DomainError, Forbidden, NotFound, Rejected
from domain.events import OPERATOR, Actor
from domain.personal import login_name_of
from domain.user import User
from storage.event_store.event_store import EventStore
from storage.postgres.pool import Pool
from tests.samples import ALICE

PASSWORD = "correct horse"


def registration(username: str = "alice", email: str = "alice@example.com") -> RegisterUser:
    """A command that registers an account."""
    return RegisterUser(by=OPERATOR, username=username, email=email, password=PASSWORD)


async def test_a_registered_user_is_found_by_either_name(
    users: UserCommands, names: AccountNames
) -> None:
    user = await users.register(registration("Alice", "Alice@Example.COM"))

    for name in ("ALICE", "alice@example.com"):
        found = await names.find_user(login_name_of(name))
        assert found is not None
        assert found.id == user.id
    assert (user.username, user.email) == ("alice", "alice@example.com")


async def test_no_user_is_found_by_an_unused_name(names: AccountNames) -> None:
    assert await names.find_user(login_name_of("nobody")) is None


@pytest.mark.parametrize(
    ("username", "email", "field"),
    [("ALICE", "other@example.com", "username"), ("other", "alice@example.com", "email")],
)
async def test_a_name_that_is_taken_is_refused(
    users: UserCommands, username: str, email: str, field: str
) -> None:
    await users.register(registration())
    with pytest.raises(Conflict, match=field):
        await users.register(registration(username, email))


async def test_of_many_concurrent_registrations_of_a_name_one_succeeds(
    users: UserCommands, pool: Pool
) -> None:
    outcomes = await asyncio.gather(
        *(users.register(registration("alice", f"{n}@example.com")) for n in range(8)),
        return_exceptions=True,
    )

    assert [type(each) for each in outcomes if not isinstance(each, Conflict)] == [User]
    topics = await pool.fetch("SELECT topic FROM events")
    assert sorted(row["topic"] for row in topics) == [
        "Reservation.Taken",
        "Reservation.Taken",
        "User.Registered",
    ]


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaa", "alice@example.com", "x" * 1_001])
async def test_a_poor_password_is_refused(users: UserCommands, password: str) -> None:
    command = RegisterUser(
        by=OPERATOR, username="alice", email="alice@example.com", password=password
    )
    with pytest.raises(Rejected, match="password"):
        await users.register(command)


async def test_a_former_address_can_be_used_by_another_account(
    users: UserCommands, names: AccountNames
) -> None:
    alice = await users.register(registration())

    changed = await users.change_profile(
        ChangeProfile(by=Actor(alice.id), email="new@example.com", full_name="Alice A.")
    )
    bob = await users.register(registration("bob", "alice@example.com"))

    assert (changed.email, changed.full_name) == ("new@example.com", "Alice A.")
    assert bob.email == "alice@example.com"
    found = await names.find_user(login_name_of("new@example.com"))
    assert found is not None
    assert found.id == alice.id


async def test_an_address_cannot_be_changed_to_a_taken_one(users: UserCommands) -> None:
    alice = await users.register(registration())
    await users.register(registration("bob", "bob@example.com"))

    with pytest.raises(Conflict, match="email"):
        await users.change_profile(ChangeProfile(by=Actor(alice.id), email="bob@example.com"))


async def test_a_full_name_is_kept_and_cleared(users: UserCommands) -> None:
    alice = await users.register(registration())
    by = Actor(alice.id)

    named = await users.change_profile(ChangeProfile(by=by, full_name="Alice A."))
    kept = await users.change_profile(ChangeProfile(by=by))
    cleared = await users.change_profile(ChangeProfile(by=by, full_name=""))

    assert (named.full_name, kept.full_name, cleared.full_name) == ("Alice A.", "Alice A.", None)
    assert kept.version == named.version


async def test_a_changed_password_replaces_the_old_one(users: UserCommands, pool: Pool) -> None:
    alice = await users.register(registration())
    changed = await users.change_password(
        ChangePassword(by=Actor(alice.id), current_password=PASSWORD, new_password="battery staple")
    )

    assert changed.credential_id != alice.credential_id
    assert await pool.fetchval("SELECT count(*) FROM credentials") == 1


async def test_a_password_is_not_changed_without_the_current_one(users: UserCommands) -> None:
    alice = await users.register(registration())
    with pytest.raises(Rejected, match="current_password"):
        await users.change_password(
            ChangePassword(
                by=Actor(alice.id), current_password="guess", new_password="battery staple"
            )
        )


async def test_a_deactivated_account_cannot_change_anything(users: UserCommands) -> None:
    alice = await users.register(registration())
    admin = Actor(ALICE)
    deactivated = await users.set_active(SetActive(by=admin, user_id=alice.id, is_active=False))
    with pytest.raises(Forbidden):
        await users.change_profile(ChangeProfile(by=Actor(alice.id), full_name="x"))
    reactivated = await users.set_active(SetActive(by=admin, user_id=alice.id, is_active=True))

    assert (deactivated.is_active, reactivated.is_active) == (False, True)


async def test_users_cannot_deactivate_their_own_account(users: UserCommands) -> None:
    alice = await users.register(registration())
    with pytest.raises(Conflict):
        await users.set_active(SetActive(by=Actor(alice.id), user_id=alice.id, is_active=False))


async def test_the_right_to_administer_is_granted_once(
    users: UserCommands, events: EventStore
) -> None:
    alice = await users.register(registration())
    command = GrantAdmin(by=OPERATOR, user_id=alice.id)
    await users.grant_admin(command)

    assert (await users.grant_admin(command)).is_admin
    assert [type(each.event).__name__ for each in await events.history(alice.id)] == [
        "Registered",
        "AdminGranted",
    ]


async def test_an_unknown_user_cannot_become_an_administrator(users: UserCommands) -> None:
    with pytest.raises(NotFound):
        await users.grant_admin(GrantAdmin(by=OPERATOR, user_id=ALICE))


async def test_a_registered_administrator_has_the_right_from_the_start(
    users: UserCommands, events: EventStore
) -> None:
    assert not await users.has_had_admin()
    admin = await users.register(
        RegisterAdmin(by=OPERATOR, username="ada", email="ada@example.com", password=PASSWORD)
    )

    assert admin.is_admin
    assert await users.has_had_admin()
    recorded = await events.history(admin.id)
    assert [each.metadata.causation for each in recorded] == ["RegisterAdmin"] * 2
    assert recorded[0].recorded_at == recorded[1].recorded_at


async def test_the_last_administrator_cannot_be_revoked(users: UserCommands) -> None:
    alice = await users.register(registration())
    bob = await users.register(registration("bob", "bob@example.com"))
    revoke_alice = RevokeAdmin(by=OPERATOR, user_id=alice.id)
    deactivate_alice = SetActive(by=Actor(bob.id), user_id=alice.id, is_active=False)
    await users.grant_admin(GrantAdmin(by=OPERATOR, user_id=alice.id))
    for refused in (users.revoke_admin(revoke_alice), users.set_active(deactivate_alice)):
        with pytest.raises(Conflict, match="last administrator"):
            await refused

    await users.grant_admin(GrantAdmin(by=OPERATOR, user_id=bob.id))
    await users.set_active(SetActive(by=Actor(alice.id), user_id=bob.id, is_active=False))
    with pytest.raises(Conflict, match="last administrator"):
        await users.revoke_admin(revoke_alice)

    await users.set_active(SetActive(by=Actor(alice.id), user_id=bob.id, is_active=True))
    assert not (await users.revoke_admin(revoke_alice)).is_admin
    assert not (await users.set_active(deactivate_alice)).is_active
    with pytest.raises(Conflict, match="last administrator"):
        await users.revoke_admin(RevokeAdmin(by=OPERATOR, user_id=bob.id))


async def test_events_contain_neither_names_nor_passwords(users: UserCommands, pool: Pool) -> None:
    await users.register(registration())
    rows = await pool.fetch("SELECT e::text AS line FROM events e")
    dump = "\n".join(row["line"] for row in rows)

    assert len(rows) == 3
    assert not any(secret in dump for secret in ("alice", "example.com", PASSWORD, "$2b$"))


async def test_a_refused_registration_leaves_no_events(users: UserCommands, pool: Pool) -> None:
    with pytest.raises(DomainError):
        await users.register(registration("al", "alice@example.com"))
    assert await pool.fetchval("SELECT count(*) FROM events") == 0
