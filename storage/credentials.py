"""Password hashes, in a table of their own: events only refer to them by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.aggregate import new_id
from storage.postgres.pool import Pool

INSERT = """
    INSERT INTO credentials (credential_id, user_id, hash, pepper_id) VALUES ($1, $2, $3, $4)
"""
SELECT = "SELECT hash, pepper_id FROM credentials WHERE credential_id = $1 AND user_id = $2"
DELETE_OTHERS = """
    DELETE FROM credentials WHERE user_id = $1 AND credential_id <> $2
"""
# Deletes hashes whose user was never registered, or has another hash now. A recent one may belong
# to a command in progress.
SWEEP = """
    DELETE FROM credentials c
    WHERE c.created_at < clock_timestamp() - interval '1 hour'
      AND c.credential_id::text IS DISTINCT FROM (
        SELECT e.state ->> 'credential_id' FROM events e
        WHERE e.stream_id = c.user_id
          AND e.topic IN ('User.Registered', 'User.PasswordChanged')
        ORDER BY e.version DESC LIMIT 1)
"""


@dataclass(frozen=True)
class Credential:
    """A hashed password, and the id of the pepper that was used."""

    hash: str = field(repr=False)
    pepper_id: str


class Credentials:
    """Stores password hashes; the valid one is the one that the user's stream refers to."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, user_id: UUID, credential: Credential) -> UUID:
        """Store a hash and return its id, before an event refers to it."""
        credential_id = new_id()
        await self._pool.execute(
            INSERT, credential_id, user_id, credential.hash, credential.pepper_id
        )
        return credential_id

    async def get(self, credential_id: UUID, user_id: UUID) -> Credential | None:
        """A hash of a user, or None."""
        row = await self._pool.fetchrow(SELECT, credential_id, user_id)
        return None if row is None else Credential(row["hash"], row["pepper_id"])

    async def keep_only(self, credential_id: UUID, user_id: UUID) -> None:
        """Delete the user's other hashes."""
        await self._pool.execute(DELETE_OTHERS, user_id, credential_id)

    async def sweep(self) -> None:
        """Delete hashes that no account uses, if they are more than an hour old."""
        await self._pool.execute(SWEEP)
