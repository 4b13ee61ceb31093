"""User accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, Created
from domain.errors import Forbidden, Unauthenticated
from domain.personal import Personal
from domain.session import Session


class User(Aggregate):
    """An account: its holder, its rights and its credential."""

    TOPIC = "User"

    class Registered(Aggregate.Event, Created):
        """A person registered an account."""

        TOPIC = "User.Registered"
        username: Personal
        email: Personal
        full_name: Personal | None
        credential_id: UUID

    class ProfileChanged(Aggregate.Event):
        """The e-mail address or the full name changed; the event has both."""

        TOPIC = "User.ProfileChanged"
        email: Personal
        full_name: Personal | None

    class PasswordChanged(Aggregate.Event):
        """The password changed to another credential.

        All sessions of former credentials end, except the one that is named here.
        """

        TOPIC = "User.PasswordChanged"
        class_version: ClassVar[int] = 2
        credential_id: UUID
        kept_session_id: UUID | None

        @staticmethod
        def upcast_v1_v2(state: dict[str, Any]) -> None:
            """Keep no session."""
            state["kept_session_id"] = None

    class AdminGranted(Aggregate.Event):
        """The user became an administrator."""

        TOPIC = "User.AdminGranted"

    class AdminRevoked(Aggregate.Event):
        """The user is not an administrator any more."""

        TOPIC = "User.AdminRevoked"

    class Deactivated(Aggregate.Event):
        """An administrator deactivated the account."""

        TOPIC = "User.Deactivated"

    class Reactivated(Aggregate.Event):
        """An administrator reactivated the account."""

        TOPIC = "User.Reactivated"

    @event(Registered)
    def __init__(
        self, username: Personal, email: Personal, full_name: Personal | None, credential_id: UUID
    ) -> None:
        self.username = username
        self.email = email
        self.full_name = full_name
        self.credential_id = credential_id
        self.kept_session_id: UUID | None = None
        self.is_admin = False
        self.is_active = True

    @classmethod
    def register(
        cls,
        user_id: UUID,
        *,
        username: Personal,
        email: Personal,
        full_name: Personal | None,
        credential_id: UUID,
    ) -> User:
        """Register an account; its id is given, because its key and credential exist already."""
        return cls._create(
            cls.Registered,
            id=user_id,
            username=username,
            email=email,
            full_name=full_name,
            credential_id=credential_id,
        )

    def change_profile(self, *, email: Personal, full_name: Personal | None) -> None:
        """Change e-mail address or full name; the same values change nothing."""
        self.check_active()
        if (email, full_name) != (self.email, self.full_name):
            self._profile_changed(email, full_name)

    def change_password(self, credential_id: UUID, kept_session_id: UUID | None = None) -> None:
        """Change the credential; all sessions end except the one to keep."""
        self.check_active()
        self._password_changed(credential_id, kept_session_id)

    def grant_admin(self) -> None:
        """Make the user an administrator."""
        if not self.is_admin:
            self._admin_granted()

    def revoke_admin(self) -> None:
        """Revoke the rights of an administrator."""
        if self.is_admin:
            self._admin_revoked()

    def deactivate(self) -> None:
        """Deactivate the account, if it is active."""
        if self.is_active:
            self._deactivated()

    def reactivate(self) -> None:
        """Reactivate the account, if it is deactivated."""
        if not self.is_active:
            self._reactivated()

    def check_active(self) -> None:
        """Raise `Forbidden` if the account is deactivated."""
        if not self.is_active:
            raise Forbidden("this account is deactivated")

    def check_session(self, session: Session, now: datetime) -> None:
        """Raise `Unauthenticated` if a session does not authenticate the user (any more).

        A session is valid with the credential that opened it only. A session that is opened with
        the old password while it is changed is therefore invalid, too.
        """
        session.check_open(now)
        if session.user_id != self.id:
            raise Unauthenticated("this session belongs to another user")
        if session.credential_id != self.credential_id and session.id != self.kept_session_id:
            raise Unauthenticated("the password has changed: log in again")
        self.check_open()

    def check_open(self) -> None:
        """Raise `Unauthenticated` if the account is deactivated."""
        if not self.is_active:
            raise Unauthenticated("this account is deactivated")

    @event(ProfileChanged)
    def _profile_changed(self, email: Personal, full_name: Personal | None) -> None:
        self.email = email
        self.full_name = full_name

    @event(PasswordChanged)
    def _password_changed(self, credential_id: UUID, kept_session_id: UUID | None) -> None:
        self.credential_id = credential_id
        self.kept_session_id = kept_session_id

    @event(AdminGranted)
    def _admin_granted(self) -> None:
        self.is_admin = True

    @event(AdminRevoked)
    def _admin_revoked(self) -> None:
        self.is_admin = False

    @event(Deactivated)
    def _deactivated(self) -> None:
        self.is_active = False

    @event(Reactivated)
    def _reactivated(self) -> None:
        self.is_active = True
