"""The base of all commands."""

from __future__ import annotations

from uuid import UUID

import msgspec

from domain.events import Actor, Metadata


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction in the imperative; its class name is recorded as the cause of its events."""

    by: Actor

    def __repr__(self) -> str:
        """Omit the fields: passwords and tokens are among them."""
        return f"{type(self).__name__}(by={self.by.id})"

    @property
    def metadata(self) -> Metadata:
        """The metadata of the events that this command causes."""
        by = self.by
        return Metadata(by.id, by.request_id, by.access_id, causation=type(self).__name__)

    @property
    def actor_id(self) -> UUID:
        """The id of the sender, for commands that only users send."""
        assert self.by.id is not None, "only a user who is logged in sends this command"
        return self.by.id
