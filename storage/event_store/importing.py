"""Import of past events, in their order and with their times, into an empty store.

Only the owner of the database may import. An import is one transaction; appends wait for its end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from operator import attrgetter

import asyncpg

from domain.errors import Conflict, Forbidden
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import DirectConnection, connect

IMPORT = """
    SELECT import_events($1::uuid[], $2::int[], $3::text[], $4::json[], $5::json[], $6::json[],
                         $7::timestamptz[])
"""
VALUES = attrgetter(
    "originator_id", "originator_version", "topic", "state", "body", "metadata", "recorded_at"
)


class PastEvent(NewEvent, frozen=True):
    """An event with the time at which it was first recorded."""

    recorded_at: datetime


class Importer:
    """Imports past events, oldest first."""

    def __init__(self, connection: DirectConnection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, owner_dsn: str) -> AsyncGenerator[Importer]:
        """Import within the context; an error rolls everything back."""
        connection = await connect(owner_dsn, application_name="mlplatform import")
        try:
            async with connection.transaction():
                yield cls(connection)
        finally:
            connection.terminate()

    async def add(self, events: Sequence[PastEvent]) -> int:
        """Import the next events and return the position of the last.

        Raises `Conflict` if the store has other events, if times are unordered or in the future,
        or if two events are the same version of a stream; `Forbidden` if the role is not the owner.
        """
        columns = zip(*map(VALUES, events), strict=True)
        try:
            return await self._connection.fetchval(IMPORT, *map(list, columns))
        except asyncpg.ObjectNotInPrerequisiteStateError as error:
            raise Conflict(str(error)) from None
        except asyncpg.UniqueViolationError:
            raise Conflict("two events are the same version of one stream") from None
        except asyncpg.InsufficientPrivilegeError:
            raise Forbidden("only the owner of the database may import events") from None
