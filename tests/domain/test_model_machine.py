"""After any sequence of calls, a replay of the history gives the same model."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.errors import DomainError
from tests.domain.given_when_then import replayed, state
from tests.samples import ALICE, BOB, artifact, uploaded

actors = st.sampled_from([ALICE, ALICE, ALICE, BOB])
numbers = st.integers(0, 4)
labels = st.sampled_from(["1", "beta", " beta ", "", "x" * 51])
digests = st.sampled_from("abcd")


class ModelMachine(RuleBasedStateMachine):
    """Compares the model with a simple reference: a few lists and flags."""

    def __init__(self) -> None:
        super().__init__()
        self.model = uploaded(digest="a")
        self.name = "iris"
        self.labels = ["1"]
        self.digests = ["a"]
        self.serving = 1
        self.quarantined: set[int] = set()
        self.is_active, self.is_deleted = True, False

    @rule(name=st.text(st.characters(categories=["L", "Zs", "Cc"]), max_size=130), by=actors)
    def rename(self, name: str, by: UUID) -> None:
        line = normalize("NFC", name.strip())
        allowed = self.is_changeable(by) and 0 < len(line) <= 120 and line.isprintable()
        assert self.accepts(lambda: self.model.rename(name, by=by)) == allowed
        if allowed:
            self.name = line

    @rule(digest=digests, label=labels, by=actors)
    def add_version(self, digest: str, label: str, by: UUID) -> None:
        allowed = self.is_changeable(by) and digest not in self.digests and len(label) <= 50
        given = artifact(digest)
        assert self.accepts(lambda: self.model.add_version(given, label, by=by)) == allowed
        if allowed:
            self.labels.append(label.strip() or str(len(self.labels) + 1))
            self.digests.append(digest)

    @rule(number=numbers, by=actors)
    def promote(self, number: int, by: UUID) -> None:
        exists = 1 <= number <= len(self.labels)
        allowed = self.is_changeable(by) and exists and number not in self.quarantined
        assert self.accepts(lambda: self.model.promote(number, by=by)) == allowed
        if allowed:
            self.serving = number

    @rule(number=numbers)
    def quarantine(self, number: int) -> None:
        exists = 1 <= number <= len(self.labels)
        assert self.accepts(lambda: self.model.quarantine(number, "it crashed")) == exists
        if exists:
            self.quarantined.add(number)

    @rule(number=numbers, by=actors)
    def release(self, number: int, by: UUID) -> None:
        allowed = self.is_changeable(by) and 1 <= number <= len(self.labels)
        assert self.accepts(lambda: self.model.release(number, by=by)) == allowed
        if allowed:
            self.quarantined.discard(number)

    @rule(number=numbers, label=labels, by=actors)
    def relabel(self, number: int, label: str, by: UUID) -> None:
        exists = 1 <= number <= len(self.labels)
        allowed = self.is_changeable(by) and exists and 0 < len(label.strip()) <= 50
        assert self.accepts(lambda: self.model.relabel(number, label, by=by)) == allowed
        if allowed:
            self.labels[number - 1] = label.strip()

    @rule(by=actors, is_active=st.booleans())
    def switch(self, by: UUID, is_active: bool) -> None:
        act = self.model.reactivate if is_active else self.model.deactivate
        allowed = self.is_changeable(by)
        assert self.accepts(lambda: act(by=by)) == allowed
        if allowed:
            self.is_active = is_active

    @rule(by=actors)
    def delete(self, by: UUID) -> None:
        allowed = self.is_changeable(by)
        assert self.accepts(lambda: self.model.delete(by=by)) == allowed
        self.is_deleted |= allowed

    @rule(by=actors)
    def restore(self, by: UUID) -> None:
        assert self.accepts(lambda: self.model.restore(by=by)) == (by == ALICE)
        self.is_deleted &= by != ALICE

    @rule(by=actors, number=st.none() | numbers)
    def serve(self, by: UUID, number: int | None) -> None:
        exists = number is None or 1 <= number <= len(self.labels)
        is_released = (self.serving if number is None else number) not in self.quarantined
        allowed = self.is_changeable(by) and self.is_active and exists and is_released
        assert self.accepts(lambda: self.model.serve(number, by=by)) == allowed

    @invariant()
    def the_model_equals_the_reference(self) -> None:
        versions = self.model.versions
        assert [version.number for version in versions] == [*range(1, len(versions) + 1)]
        assert [version.label for version in versions] == self.labels
        assert [version.artifact.digest for version in versions] == self.digests
        assert {
            version.number for version in versions if version.is_quarantined
        } == self.quarantined
        assert self.model.serving.number == self.serving
        assert self.model.name == self.name
        assert (self.model.is_active, self.model.is_deleted) == (self.is_active, self.is_deleted)

    @invariant()
    def replay_gives_the_same_state(self) -> None:
        assert state(replayed(self.model)) == state(self.model)
        assert self.model.version == len(self.model.pending_events)

    def is_changeable(self, by: UUID) -> bool:
        return by == ALICE and not self.is_deleted

    def accepts(self, act: Callable[[], object]) -> bool:
        """Act; return whether the model accepted it. A refusal adds no event."""
        before = self.model.version
        try:
            act()
        except DomainError:
            assert self.model.version == before
            return False
        return True


TestModelMachine = ModelMachine.TestCase
TestModelMachine.settings = settings(max_examples=60, stateful_step_count=25)
