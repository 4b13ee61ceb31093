"""What belongs to one user, and to everybody else is not there."""

from __future__ import annotations

from uuid import UUID

from domain.aggregate import Aggregate
from domain.errors import NotFound


class Owned(Aggregate):
    """Has an owner, who may withdraw it."""

    owner_id: UUID
    is_deleted: bool

    def check_owner(self, by: UUID) -> None:
        """Raise `NotFound` for a stranger, who may not know that it exists."""
        if by != self.owner_id:
            raise NotFound(f"there is no such {self.noun()}")

    def check_changeable(self, by: UUID) -> None:
        """Raise `NotFound` for a stranger, and for all once it is deleted."""
        self.check_owner(by)
        if self.is_deleted:
            raise NotFound(f"this {self.noun()} was deleted")
