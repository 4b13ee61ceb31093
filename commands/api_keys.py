"""Issue and revoke API keys."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from commands.command import Command
from domain.api_key import ApiKey, Terms, key_text, new_secret
from domain.errors import Conflict
from domain.user import User
from storage.event_store.cross_stream import IssuedKeys
from storage.event_store.event_store import EventStore

LIVE_KEYS_MAX = 100


class IssueApiKey(Command, frozen=True, kw_only=True):
    """Issue an API key to the sender."""

    name: str
    terms: Terms


class RevokeApiKey(Command, frozen=True, kw_only=True):
    """Revoke a key of the sender."""

    key_id: UUID


@dataclass(frozen=True)
class IssuedKey:
    """A recorded key and its secret, which is shown only once."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        """Omit the secret."""
        return f"IssuedKey(key={self.key.id})"

    @property
    def text(self) -> str:
        """The text that authenticates a request."""
        return key_text(self.key.id, self.secret)


class ApiKeyCommands:
    """Handles the commands on API keys."""

    def __init__(self, events: EventStore, issued: IssuedKeys) -> None:
        self._events = events
        self._issued = issued

    async def issue(self, command: IssueApiKey) -> IssuedKey:
        """Issue a key; raises `Rejected`, and `Conflict` if the account has too many."""
        user = await self._events.load(User, command.actor_id)
        user.check_active()
        secret = new_secret()
        key = ApiKey.issue(
            owner_id=user.id,
            name=command.name,
            secret=secret,
            terms=command.terms,
            now=await self._events.now(),
        )
        async with self._issued.lock.hold():
            if await self._issued.count_live(user.id) >= LIVE_KEYS_MAX:
                raise Conflict(f"an account has at most {LIVE_KEYS_MAX} API keys: revoke one first")
            [key] = await self._events.save([key], command.metadata)
        return IssuedKey(key, secret)

    async def revoke(self, command: RevokeApiKey) -> None:
        """Revoke a key; raises `NotFound` for a key of another user."""
        await self._events.change(
            ApiKey,
            command.key_id,
            lambda key: key.revoke(by=command.actor_id),
            command.metadata,
        )
