"""Usernames and e-mail addresses: unique over all accounts, and not readable in the store."""

from __future__ import annotations

from uuid import UUID

from domain.personal import Personal
from domain.reservation import NameKind, Reservation, reservation_id
from domain.user import User
from storage.event_store.event_store import EventStore


class AccountNames:
    """Finds accounts by name, and takes and releases names."""

    def __init__(self, events: EventStore, identity_key: bytes) -> None:
        self._events = events
        self._identity_key = identity_key

    def limit_key(self, name: Personal) -> str:
        """Give the key under which failed logins with a name are counted.

        It reveals neither the name nor whether there is such an account. The username and the
        e-mail address of one user have different keys, so limits do not link them.
        """
        return str(reservation_id(self._identity_key, _kind_of(name), name))

    async def find_user(self, name: Personal) -> User | None:
        """Find the user who holds a normalised username or e-mail address."""
        reservation = await self._find(_kind_of(name), name)
        if reservation is None or reservation.user_id is None:
            return None
        return await self._events.find(User, reservation.user_id)

    async def take(
        self, user_id: UUID, *, username: Personal, email: Personal
    ) -> list[Reservation]:
        """Reserve the names of a new user; raises `Conflict` if another account holds one.

        The caller appends the events of the reservations together with those of the user.
        """
        return [
            await self._taken("username", username, user_id),
            await self._taken("email", email, user_id),
        ]

    async def exchange_email(self, user: User, former: Personal) -> list[Reservation]:
        """Reserve the user's e-mail address and release the former one; raises `Conflict`."""
        taken = await self._taken("email", user.email, user.id)
        released = await self._find("email", former)
        if released is None:
            return [taken]
        released.release(by=user.id)
        return [taken, released]

    async def _taken(self, kind: NameKind, name: Personal, user_id: UUID) -> Reservation:
        reservation = await self._find(kind, name)
        if reservation is None:
            stream_id = reservation_id(self._identity_key, kind, name)
            return Reservation.open(stream_id, kind, by=user_id)
        reservation.take(by=user_id)
        return reservation

    async def _find(self, kind: NameKind, name: Personal) -> Reservation | None:
        return await self._events.find(Reservation, reservation_id(self._identity_key, kind, name))


def _kind_of(name: Personal) -> NameKind:
    return "email" if "@" in name else "username"
