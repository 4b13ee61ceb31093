"""An account, as its owner and administrators see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.user import User
from projections.read_models.users import UserRow


@dataclass(frozen=True)
class UserView:
    """An account."""

    id: UUID
    email: str
    username: str
    full_name: str | None
    is_active: bool
    is_admin: bool
    created_at: datetime
    updated_at: datetime


def user_view(user: User) -> UserView:
    """Build the view from the account's events."""
    return UserView(
        id=user.id,
        email=user.email,
        username=user.username,
        full_name=user.full_name,
        is_active=user.is_active,
        is_admin=user.is_admin,
        created_at=user.created_on,
        updated_at=user.modified_on,
    )


def user_row_view(row: UserRow) -> UserView:
    """Build the view from a row of the read table."""
    return UserView(**vars(row))
