"""Register and change accounts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from commands.account_names import AccountNames
from commands.command import Command
from commands.passwords.account_passwords import AccountPasswords
from domain.aggregate import Aggregate, new_id
from domain.errors import Conflict, Rejected
from domain.personal import email_of, full_name_of, username_of
from domain.user import User
from storage.event_store.cross_stream import Administrators
from storage.event_store.event_store import EventStore


class RegisterUser(Command, frozen=True, kw_only=True):
    """Register an account."""

    username: str
    email: str
    password: str
    full_name: str | None = None


class RegisterAdmin(RegisterUser, frozen=True, kw_only=True):
    """Register an account with the right to administer the platform."""


class ChangeProfile(Command, frozen=True, kw_only=True):
    """Change e-mail address or full name; None keeps the value, "" clears the full name."""

    email: str | None = None
    full_name: str | None = None


class ChangePassword(Command, frozen=True, kw_only=True):
    """Change the password; all sessions end except the one that sends the command."""

    current_password: str
    new_password: str


class SetActive(Command, frozen=True, kw_only=True):
    """Deactivate or reactivate an account."""

    user_id: UUID
    is_active: bool


class GrantAdmin(Command, frozen=True, kw_only=True):
    """Grant a user the right to administer the platform."""

    user_id: UUID


class RevokeAdmin(Command, frozen=True, kw_only=True):
    """Revoke a user's right to administer the platform."""

    user_id: UUID


class UserCommands:
    """Handles the commands on accounts."""

    def __init__(
        self,
        events: EventStore,
        passwords: AccountPasswords,
        names: AccountNames,
        administrators: Administrators,
    ) -> None:
        self._events = events
        self._passwords = passwords
        self._names = names
        self._administrators = administrators

    async def register(self, command: RegisterUser) -> User:
        """Register an account; raises `Conflict` if the username or the address is taken.

        The key and the credential are written before the events that need them. A sweep deletes
        them later if the registration fails.
        """
        username, email = username_of(command.username), email_of(command.email)
        full_name = full_name_of(command.full_name)
        self._passwords.rules.check(command.password, context=(username, email, full_name or ""))
        user_id = new_id()
        await self._names.take(user_id, username=username, email=email)  # refuse before hashing
        credential_id = await self._passwords.store(user_id, command.password, by=command.by)
        await self._events.make_user_key(user_id)

        async def decide() -> list[Aggregate]:
            user = User.register(
                user_id,
                username=username,
                email=email,
                full_name=full_name,
                credential_id=credential_id,
            )
            if isinstance(command, RegisterAdmin):
                user.grant_admin()
            return [user, *await self._names.take(user_id, username=username, email=email)]

        await self._events.change_all(decide, command.metadata)
        return await self._events.load(User, user_id)

    async def change_profile(self, command: ChangeProfile) -> User:
        """Change address or full name; raises `Conflict` if the address is taken."""
        new_email = None if command.email is None else email_of(command.email)

        async def decide() -> list[Aggregate]:
            user = await self._events.load(User, command.actor_id)
            former = user.email
            full_name = (
                user.full_name if command.full_name is None else full_name_of(command.full_name)
            )
            user.change_profile(email=new_email or former, full_name=full_name)
            if user.email == former:
                return [user]
            return [user, *await self._names.exchange_email(user, former)]

        await self._events.change_all(decide, command.metadata)
        return await self._events.load(User, command.actor_id)

    async def change_password(self, command: ChangePassword) -> User:
        """Change the password; raises `Rejected` if the current one is wrong."""
        user = await self._events.load(User, command.actor_id)
        context = (user.username, user.email, user.full_name or "")
        self._passwords.rules.check(command.new_password, context=context)
        is_right = await self._passwords.verify_password(
            command.current_password, user, account=str(user.id), by=command.by
        )
        if not is_right:
            raise Rejected("current_password: this is not your password")
        credential_id = await self._passwords.store(user.id, command.new_password, by=command.by)
        changed = await self._events.change(
            User,
            user.id,
            lambda user: user.change_password(credential_id, command.by.access_id),
            command.metadata,
        )
        await self._passwords.delete_others(changed)
        return changed

    async def set_active(self, command: SetActive) -> User:
        """Deactivate or reactivate an account.

        Raises `Conflict` for the sender's own account and for the last administrator.
        """
        if command.is_active:
            return await self._change(command, User.reactivate)
        if command.user_id == command.by.id:
            raise Conflict("you cannot deactivate your own account")
        async with self._while_others_administer(command.user_id):
            return await self._change(command, User.deactivate)

    async def grant_admin(self, command: GrantAdmin) -> User:
        """Grant the right to administer the platform."""
        return await self._change(command, User.grant_admin)

    async def revoke_admin(self, command: RevokeAdmin) -> User:
        """Revoke the right; raises `Conflict` for the last administrator."""
        async with self._while_others_administer(command.user_id):
            return await self._change(command, User.revoke_admin)

    async def has_had_admin(self) -> bool:
        """Whether the platform has or ever had an administrator."""
        return bool(await self._administrators.ever_granted())

    async def _change(
        self, command: SetActive | GrantAdmin | RevokeAdmin, decide: Callable[[User], None]
    ) -> User:
        return await self._events.change(User, command.user_id, decide, command.metadata)

    @asynccontextmanager
    async def _while_others_administer(self, user_id: UUID) -> AsyncGenerator[None]:
        """Raise `Conflict` if a user is the only active administrator.

        Streams are read under a lock, because a cached aggregate may be out of date: of two
        administrators who revoke each other's right at the same time, only one succeeds.
        """
        if user_id not in await self._administrators.ever_granted():
            yield
            return
        async with self._administrators.lock.hold():
            others = set(await self._administrators.ever_granted()) - {user_id}
            are_left = any([await self._administers(other_id) for other_id in others])
            if not are_left and await self._administers(user_id):
                raise Conflict("this is the last administrator: appoint another one first")
            yield

    async def _administers(self, user_id: UUID) -> bool:
        user: Any = None
        for recorded in await self._events.history(user_id):
            user = recorded.event.mutate(user)
        return user.is_admin and user.is_active
