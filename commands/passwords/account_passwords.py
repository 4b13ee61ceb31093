"""The passwords of accounts: rules, hashes, and limits on failed attempts."""

from __future__ import annotations

from uuid import UUID

from commands.passwords.hashing import PasswordHasher
from commands.passwords.rules import PasswordRules
from domain.errors import TooMany
from domain.events import Actor
from domain.user import User
from storage.credentials import Credentials
from storage.redis.login_attempts import LoginAttempts


class AccountPasswords:
    """Checks, stores and verifies the passwords of accounts."""

    def __init__(
        self,
        credentials: Credentials,
        attempts: LoginAttempts,
        hasher: PasswordHasher,
        rules: PasswordRules,
    ) -> None:
        self._credentials = credentials
        self._attempts = attempts
        self._hasher = hasher
        self.rules = rules

    async def store(self, user_id: UUID, password: str, *, by: Actor) -> UUID:
        """Hash a new password and give the id of its credential.

        Raises `Unavailable` if the queue for hashing is full.
        """
        credential = await self._hasher.hash(password, address=by.address)
        return await self._credentials.add(user_id, credential)

    async def verify_password(
        self, password: str, user: User | None, *, account: str, by: Actor
    ) -> bool:
        """Compare a password; without a user the result is False after the same time.

        ``account`` identifies whatever the caller claims to be, and reveals nothing about it.
        Raises `TooMany` after failed attempts, whether or not the account exists, and `Unavailable`
        if the queue for hashing is full; that does not count as an attempt.
        """
        wait_s = await self._attempts.begin(account, by.address)
        if wait_s > 0:
            raise TooMany("too many attempts have failed: wait before the next one", wait_s)
        try:
            credential = user and await self._credentials.get(user.credential_id, user.id)
            is_right = await self._hasher.matches(password, credential, address=by.address)
        except BaseException:
            await self._attempts.undo(account, by.address)
            raise
        if is_right:
            await self._attempts.succeed(account, by.address)
        return is_right

    async def delete_others(self, user: User) -> None:
        """Delete all hashes of the user but the current one."""
        await self._credentials.keep_only(user.credential_id, user.id)
