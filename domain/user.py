"""A person with an account, and the names that only one account can hold."""

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
    """An account: who it belongs to, what it may do, and which credential opens it."""

    TOPIC = "User"

    class Registered(Aggregate.Event, Created):
        """A person opened an account."""

        TOPIC = "User.Registered"
        username: Personal
        email: Personal
        full_name: Personal | None
        credential_id: UUID

    class ProfileChanged(Aggregate.Event):
        """The e-mail address or the full name is another one; both are given as they are now."""

        TOPIC = "User.ProfileChanged"
        email: Personal
        full_name: Personal | None

    class PasswordChanged(Aggregate.Event):
        """Another credential opens the account from now on.

        Sessions that were opened by a former one are at their end, but for the one named here.
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
        """The user may administer the platform."""

        TOPIC = "User.AdminGranted"

    class AdminRevoked(Aggregate.Event):
        """The user may no longer administer the platform."""

        TOPIC = "User.AdminRevoked"

    class Deactivated(Aggregate.Event):
        """An administrator closed the account for the time being."""

        TOPIC = "User.Deactivated"

    class Reactivated(Aggregate.Event):
        """An administrator opened the account again."""

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
        """Open an account under an id that was drawn before, for its key and its credential."""
        return cls._create(
            cls.Registered,
            id=user_id,
            username=username,
            email=email,
            full_name=full_name,
            credential_id=credential_id,
        )

    def change_profile(self, *, email: Personal, full_name: Personal | None) -> None:
        """Take another e-mail address or full name; the same ones change nothing."""
        self.check_active()
        if (email, full_name) != (self.email, self.full_name):
            self._profile_changed(email, full_name)

    def change_password(self, credential_id: UUID, kept_session_id: UUID | None = None) -> None:
        """Let another credential open the account; of the sessions so far, keep one or none."""
        self.check_active()
        self._password_changed(credential_id, kept_session_id)

    def grant_admin(self) -> None:
        """Let the user administer the platform; an administrator stays one."""
        if not self.is_admin:
            self._admin_granted()

    def revoke_admin(self) -> None:
        """Take the right to administer the platform away, where the user has it."""
        if self.is_admin:
            self._admin_revoked()

    def deactivate(self) -> None:
        """Close the account for the time being, unless it is closed already."""
        if self.is_active:
            self._deactivated()

    def reactivate(self) -> None:
        """Open the account again, unless it is open already."""
        if not self.is_active:
            self._reactivated()

    def check_active(self) -> None:
        """Raise `Forbidden` where the account is closed."""
        if not self.is_active:
            raise Forbidden("this account is deactivated")

    def check_session(self, session: Session, now: datetime) -> None:
        """Raise `Unauthenticated` where the user does not, or no longer, come with a session.

        A session belongs to the credential that opened it. No clock and no list of sessions is
        asked: one that is being opened by the old password while it is changed is at its end, too.
        """
        session.check_open(now)
        if session.user_id != self.id:
            raise Unauthenticated("this session is somebody else's")
        if session.credential_id != self.credential_id and session.id != self.kept_session_id:
            raise Unauthenticated("the password has been changed since: sign in again")
        self.check_open()

    def check_open(self) -> None:
        """Raise `Unauthenticated` where the account is closed, so that nobody calls in its name."""
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
