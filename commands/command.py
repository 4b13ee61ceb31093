"""What every command has: somebody who sent it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from domain.events import Actor, Metadata


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A wish, in the imperative; its name is recorded as the cause of what it brings about."""

    by: Actor

    @property
    def metadata(self) -> Metadata:
        """What is recorded beside the events that this command decides."""
        return Metadata(
            actor_id=self.by.id,
            request_id=self.by.request_id,
            access_id=self.by.access_id,
            causation=type(self).__name__,
        )

    @property
    def actor_id(self) -> UUID:
        """The user who sent the command, for commands that only users send."""
        assert self.by.id is not None, "only a signed-in user sends this command"
        return self.by.id
