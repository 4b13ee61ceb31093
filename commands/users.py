"""Open and change accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from commands.command import Command
from commands.passwords.admission import Admission
from commands.passwords.rules import PasswordRules
from domain.aggregate import Aggregate, new_id
from domain.errors import Conflict, Rejected
from domain.personal import Personal, email_of, full_name_of, username_of
from domain.reservation import NameKind, Reservation, reservation_id
from domain.user import User
from storage.credentials import Credentials
from storage.event_store.cross_stream import Administrators
from storage.event_store.event_store import EventStore


class RegisterUser(Command, frozen=True, kw_only=True):
    """Open an account."""

    username: str
    email: str
    password: str
    full_name: str | None = None


class RegisterAdmin(RegisterUser, frozen=True, kw_only=True):
    """Open an account that may administer the platform from its first moment on."""


class ChangeProfile(Command, frozen=True, kw_only=True):
    """Take another e-mail address or full name; None leaves as it is, "" clears the name."""

    email: str | None = None
    full_name: str | None = None


class ChangePassword(Command, frozen=True, kw_only=True):
    """Let another password open the account; only the session that it is sent in stays."""

    current_password: str
    new_password: str


class SetActive(Command, frozen=True, kw_only=True):
    """Close an account for the time being, or open it again."""

    user_id: UUID
    is_active: bool


class GrantAdmin(Command, frozen=True, kw_only=True):
    """Let a user administer the platform."""

    user_id: UUID


class RevokeAdmin(Command, frozen=True, kw_only=True):
    """Take a user's right to administer the platform away."""

    user_id: UUID


class UserCommands:
    """Handles the commands on accounts."""

    def __init__(
        self,
        events: EventStore,
        credentials: Credentials,
        admission: Admission,
        rules: PasswordRules,
        administrators: Administrators,
        *,
        identity_key: bytes,
    ) -> None:
        self._events = events
        self._credentials = credentials
        self._admission = admission
        self._rules = rules
        self._administrators = administrators
        self._identity_key = identity_key

    async def register(self, command: RegisterUser) -> User:
        """Open an account; raises `Conflict` where the username or the address is taken.

        The key and the credential are written before the events that need them. What is left of
        a registration that did not come about is swept later.
        """
        username, email = username_of(command.username), email_of(command.email)
        full_name = full_name_of(command.full_name)
        self._rules.check(command.password, context=(username, email, full_name or ""))
        user_id = new_id()
        await self._names_taken(user_id, username, email)
        credential = await self._admission.hash(command.password, by=command.by)
        await self._events.make_user_key(user_id)
        credential_id = await self._credentials.add(user_id, credential)

        async def decided() -> list[Aggregate]:
            user = User.register(
                user_id,
                username=username,
                email=email,
                full_name=full_name,
                credential_id=credential_id,
            )
            if isinstance(command, RegisterAdmin):
                user.grant_admin()
            return [user, *await self._names_taken(user_id, username, email)]

        await self._events.change_all(decided, command.metadata)
        return await self._events.load(User, user_id)

    async def change_profile(self, command: ChangeProfile) -> User:
        """Take another address or name; raises `Conflict` where the address is taken."""
        new_email = None if command.email is None else email_of(command.email)

        async def decided() -> list[Aggregate]:
            user = await self._events.load(User, command.actor_id)
            former = user.email
            email = new_email or former
            full_name = (
                user.full_name if command.full_name is None else full_name_of(command.full_name)
            )
            user.change_profile(email=email, full_name=full_name)
            if email == former:
                return [user]
            released = await self._reservation("email", former)
            taken = await self._taken("email", email, by=user.id)
            if released is None:
                return [user, taken]
            released.release(by=user.id)
            return [user, taken, released]

        await self._events.change_all(decided, command.metadata)
        return await self._events.load(User, command.actor_id)

    async def change_password(self, command: ChangePassword) -> User:
        """Let another password open the account; raises `Rejected` on a wrong one."""
        user = await self._events.load(User, command.actor_id)
        self._rules.check(
            command.new_password, context=(user.username, user.email, user.full_name or "")
        )
        former = await self._credentials.get(user.credential_id, user.id)
        is_right = await self._admission.opens(
            command.current_password, former, account=str(user.id), by=command.by
        )
        if not is_right:
            raise Rejected("current_password: this is not your password")
        credential = await self._admission.hash(command.new_password, by=command.by)
        credential_id = await self._credentials.add(user.id, credential)
        changed = await self._events.change(
            User,
            user.id,
            lambda user: user.change_password(credential_id, command.by.access_id),
            command.metadata,
        )
        await self._credentials.keep_only(credential_id, user.id)
        return changed

    async def set_active(self, command: SetActive) -> User:
        """Close an account or open it.

        Raises `Conflict` where somebody would lock themselves out, or all administrators.
        """
        if command.is_active:
            return await self._change(command, User.reactivate)
        if command.user_id == command.by.id:
            raise Conflict("nobody deactivates the account they are signed in with")
        async with self._while_others_administer(command.user_id):
            return await self._change(command, User.deactivate)

    async def grant_admin(self, command: GrantAdmin) -> User:
        """Let a user administer the platform."""
        return await self._change(command, User.grant_admin)

    async def revoke_admin(self, command: RevokeAdmin) -> User:
        """Take the right away; raises `Conflict` where nobody else has it."""
        async with self._while_others_administer(command.user_id):
            return await self._change(command, User.revoke_admin)

    async def has_had_admin(self) -> bool:
        """Say whether there was ever anybody who may administer the platform."""
        return bool(await self._administrators.ever_granted())

    def account_of(self, name: Personal) -> str:
        """Give a name that is safe to keep anywhere for whoever holds, or does not hold, a name.

        A user's two names give two, so that nobody learns from limits that they are one user's.
        """
        return str(reservation_id(self._identity_key, _kind_of(name), name))

    async def user_named(self, name: Personal) -> User | None:
        """Find who holds a normalised username or e-mail address."""
        reservation = await self._reservation(_kind_of(name), name)
        if reservation is None or reservation.user_id is None:
            return None
        return await self._events.find(User, reservation.user_id)

    async def _change(
        self, command: SetActive | GrantAdmin | RevokeAdmin, decide: Callable[[User], None]
    ) -> User:
        return await self._events.change(User, command.user_id, decide, command.metadata)

    @asynccontextmanager
    async def _while_others_administer(self, user_id: UUID) -> AsyncGenerator[None]:
        """Raise `Conflict` where a user is the only administrator whose account is open.

        Asked of the streams themselves, for memory may be a moment behind, and under a lock: two
        who take each other's right away at the same moment must not both succeed.
        """
        if user_id not in await self._administrators.ever_granted():
            yield
            return
        async with self._administrators.lock.hold():
            others = set(await self._administrators.ever_granted()) - {user_id}
            are_left = any([await self._administers(other_id) for other_id in others])
            if not are_left and await self._administers(user_id):
                raise Conflict("this is the last administrator: make another one first")
            yield

    async def _administers(self, user_id: UUID) -> bool:
        user: Any = None
        for recorded in await self._events.history(user_id):
            user = recorded.event.mutate(user)
        return user.is_admin and user.is_active

    async def _names_taken(
        self, user_id: UUID, username: Personal, email: Personal
    ) -> list[Reservation]:
        return [
            await self._taken("username", username, by=user_id),
            await self._taken("email", email, by=user_id),
        ]

    async def _taken(self, kind: NameKind, name: Personal, *, by: UUID) -> Reservation:
        reservation = await self._reservation(kind, name)
        if reservation is None:
            return Reservation.open(reservation_id(self._identity_key, kind, name), kind, by=by)
        reservation.take(by=by)
        return reservation

    async def _reservation(self, kind: NameKind, name: Personal) -> Reservation | None:
        return await self._events.find(Reservation, reservation_id(self._identity_key, kind, name))


def _kind_of(name: Personal) -> NameKind:
    return "email" if "@" in name else "username"
