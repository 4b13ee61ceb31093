"""After any sequence of tokens, a replay of the history gives the same session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.errors import Unauthenticated
from domain.session import REUSE_GRACE, SESSION_LIFETIME_MAX, Session, TokenDigests
from tests.domain.given_when_then import replayed, state

LIFETIME = timedelta(days=7)
pauses = st.sampled_from(
    [timedelta(0), REUSE_GRACE, timedelta(minutes=1), timedelta(days=6), timedelta(days=8)]
)


class SessionMachine(RuleBasedStateMachine):
    """Compares the session with a reference: the issued tokens, and whether the last is valid."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime.now(UTC)
        self.session = Session.open(
            user_id=uuid4(),
            credential_id=uuid4(),
            token=TokenDigests("family", "0"),
            expires_at=self.now + LIFETIME,
            user_agent="",
        )
        self.tokens = ["0"]
        self.is_open = True
        self.expires_at = self.now + LIFETIME

    @rule(pause=pauses)
    def wait(self, pause: timedelta) -> None:
        self.now += pause

    @rule(age=st.integers(0, 5), family=st.sampled_from(["family", "another"]))
    def present(self, age: int, family: str) -> None:
        """Present the newest token (0), an earlier one, or one that never existed."""
        is_family = family == "family"
        presented = self.tokens[-1 - age] if age < len(self.tokens) else "never"
        token = str(len(self.tokens))
        try:
            is_exchanged = self.session.refresh(
                presented=TokenDigests(family, presented),
                token_digest=token,
                expires_at=self.now + LIFETIME,
                now=self.now,
            )
        except Unauthenticated:
            is_previous = age == 1 and len(self.tokens) > 1
            is_forgiven = is_previous and self.now - self.session.modified_on <= REUSE_GRACE
            assert not self.is_valid() or not is_family or is_forgiven
            return
        assert self.is_valid()
        assert is_exchanged == (age == 0)
        if is_exchanged:
            self.tokens.append(token)
            latest = self.session.created_on + SESSION_LIFETIME_MAX
            self.expires_at = min(self.now + LIFETIME, latest)
        else:
            self.is_open = False

    @rule()
    def close(self) -> None:
        self.session.close("logout")
        self.is_open = False

    @invariant()
    def only_the_newest_token_of_an_open_session_is_valid(self) -> None:
        assert self.session.token_digest == self.tokens[-1]
        assert self.session.is_open == self.is_open
        assert self.session.expires_at == self.expires_at

    @invariant()
    def replay_gives_the_same_state(self) -> None:
        assert state(replayed(self.session)) == state(self.session)

    def is_valid(self) -> bool:
        return self.is_open and self.now < self.expires_at


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(max_examples=60, stateful_step_count=20)
