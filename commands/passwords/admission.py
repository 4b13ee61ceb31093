"""Whether a password is compared at all: not too soon after failures, and in fair turns.

Everything that hashes comes through here, and says from where it comes.
"""

from __future__ import annotations

from commands.passwords.hashing import Passwords
from domain.errors import TooMany
from domain.events import Actor
from storage.credentials import Credential
from storage.redis.login_attempts import LoginAttempts


class Admission:
    """Compares passwords for those who may try."""

    def __init__(self, attempts: LoginAttempts, passwords: Passwords) -> None:
        self._attempts = attempts
        self._passwords = passwords

    async def hash(self, password: str, *, by: Actor) -> Credential:
        """Hash a new password; raises `Unavailable` where too many wait already."""
        return await self._passwords.hash(password, who=by.address)

    async def opens(
        self, password: str, credential: Credential | None, *, account: str, by: Actor
    ) -> bool:
        """Compare a password; without a credential it takes as long and is False.

        ``account`` is what the caller claims to be, in a form that tells nobody anything. Raises
        `TooMany` after failures, whether or not there is such an account, and `Unavailable`.
        """
        left_s = await self._attempts.begin(account, by.address)
        if left_s > 0:
            raise TooMany("too many attempts have failed: wait before the next one", left_s)
        try:
            is_right = await self._passwords.matches(password, credential, who=by.address)
        except BaseException:
            await self._attempts.undo(account, by.address)
            raise
        if is_right:
            await self._attempts.succeed(account, by.address)
        return is_right
