"""Events as earlier releases wrote them are read as what they mean today."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.errors import Unauthenticated
from domain.events import EVENTS
from domain.personal import Personal
from domain.session import Session, TokenDigests
from domain.user import User
from storage.event_store.mapper import EventMapper, RecordedEvent
from tests.storage.test_mapper import Reversing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAPPER = EventMapper(EVENTS, Reversing())


def recorded(topic: str, stream_id: Any, version: int, **state: Any) -> Any:
    """An event as it was written then, read as it is now."""
    raw = msgspec.json.encode(state)
    row = RecordedEvent(stream_id, version, topic, raw, None, b"{}", position=1, recorded_at=NOW)
    return MAPPER.to_domain_event(row)


def test_a_session_of_before_credentials_were_named_is_at_its_end() -> None:
    user = User(Personal("alice"), Personal("alice@example.org"), None, uuid4())
    later = NOW.replace(year=2027)
    facts = {"user_id": user.id, "token_digest": "a", "expires_at": later, "user_agent": ""}
    session = recorded("Session.Opened", uuid4(), 1, **facts).mutate(None)

    assert isinstance(session, Session)
    with pytest.raises(Unauthenticated, match="sign in again"):
        user.check_session(session, NOW)
    with pytest.raises(Unauthenticated, match="not valid"):
        session.refresh(
            presented=TokenDigests("guessed", "a"), token_digest="b", expires_at=later, now=NOW
        )


def test_a_password_changed_before_sessions_were_kept_keeps_none() -> None:
    changed = recorded("User.PasswordChanged", uuid4(), 2, credential_id=uuid4())

    assert changed.kept_session_id is None
