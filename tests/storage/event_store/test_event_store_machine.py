"""Two stores on one database behave like a simple reference of lists."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.aggregate import new_id
from domain.errors import Conflict, NotFound
from domain.events import Metadata
from domain.model import Model
from domain.prediction import Prediction
from storage.event_store.event_store import EventStore
from storage.postgres.pool import open_pool
from tests.samples import ALICE, served, uploaded

T = TypeVar("T")

NOBODY = Metadata()
names = st.sampled_from(["iris", "wine", "digits"])
either = st.integers(0, 1)


def request() -> Metadata:
    """Unique metadata, because a repeated event of the same request is no conflict."""
    return Metadata(request_id=str(new_id()))


class Stores:
    """Two stores, as in two processes, for synchronous callers."""

    def __init__(self, runner: asyncio.Runner, both: list[EventStore]) -> None:
        self._runner = runner
        self.both = both

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)


@pytest.fixture
def two_stores(database_dsn: str) -> Iterator[Stores]:
    with asyncio.Runner() as runner:
        contexts: list[Any] = []
        stores: list[EventStore] = []
        for _ in range(2):
            pool_context = open_pool(database_dsn, min_size=1, max_size=2)
            pool = runner.run(enter(pool_context))
            store_context = EventStore.open(database_dsn, pool, sealing_key=bytes(32))
            stores.append(runner.run(enter(store_context)))
            contexts += [pool_context, store_context]
        yield Stores(runner, stores)
        for context in reversed(contexts):
            runner.run(context.__aexit__(None, None, None))


async def enter(context: Any) -> Any:
    return await context.__aenter__()


class StoreMachine(RuleBasedStateMachine):
    """The reference: for each stream, the names of its model by version."""

    models: Bundle[UUID] = Bundle("models")
    loaded: Bundle[Model] = Bundle("loaded")
    predictions: Bundle[Prediction.Served] = Bundle("predictions")

    stores: ClassVar[Stores]

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[UUID, list[str]] = {}
        self.count = 0

    @initialize()
    def begin(self) -> None:
        self.before = self.run(self.store(0).recorder.max_notification_id()) or 0

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.stores.run(coroutine)

    def store(self, number: int) -> EventStore:
        return self.stores.both[number]

    @rule(target=models, number=either, name=names)
    def upload(self, number: int, name: str) -> UUID:
        [model] = self.run(self.store(number).save([uploaded(name=name)], request()))
        self.names[model.id] = [name]
        self.count += 1
        return model.id

    @rule(stream=models, number=either, name=names)
    def change(self, stream: UUID, number: int, name: str) -> None:
        changing = self.store(number).change(
            Model, stream, lambda model: model.rename(name, by=ALICE), request()
        )
        changed = self.run(changing)
        if changed.version > len(self.names[stream]):
            self.names[stream].append(name)
            self.count += 1
        assert self.names[stream][changed.version - 1] == changed.name == name

    @rule(target=loaded, stream=models, number=either)
    def load(self, stream: UUID, number: int) -> Model:
        """A cached model may be slightly old, but it is a version that existed."""
        model = self.run(self.store(number).load(Model, stream))
        assert model.name == self.names[stream][model.version - 1]
        return model

    @rule(model=consumes(loaded), number=either, name=names)
    def save_what_was_loaded_before(self, model: Model, number: int, name: str) -> None:
        is_current = model.version == len(self.names[model.id])
        model.rename(name, by=ALICE)
        try:
            [saved] = self.run(self.store(number).save([model], request()))
        except Conflict:
            assert not is_current
            assert model.pending_events
        else:
            assert is_current or not model.pending_events
            self.note(saved, name)

    @rule(model=consumes(loaded), number=either, names=st.tuples(names, names))
    def save_two_at_once(self, model: Model, number: int, names: tuple[str, str]) -> None:
        """Both or neither: a new model beside one that was loaded before."""
        is_current = model.version == len(self.names[model.id])
        model.rename(names[0], by=ALICE)
        new = uploaded(name=names[1])
        try:
            saved, _ = self.run(self.store(number).save([model, new], request()))
        except Conflict:
            assert not is_current
            with pytest.raises(NotFound):
                self.run(self.store(number).load(Model, new.id))
        else:
            self.note(saved, names[0])
            self.names[new.id] = [names[1]]
            self.count += 1

    @rule(target=predictions, number=either, rows=st.integers(1, 3))
    def predict(self, number: int, rows: int) -> Prediction.Served:
        prediction = served(new_id(), rows=rows)
        self.run(self.store(number).append([prediction], NOBODY))
        self.count += 1
        return prediction

    @rule(prediction=predictions, number=either)
    def repeat(self, prediction: Prediction.Served, number: int) -> None:
        """The same append again succeeds and adds nothing."""
        appended = self.run(self.store(number).append([prediction], NOBODY))
        assert appended.first_position <= self.before + self.count

    @rule(prediction=predictions, number=either)
    def contradict(self, prediction: Prediction.Served, number: int) -> None:
        other = served(new_id(), stream_id=prediction.originator_id)
        with pytest.raises(Conflict):
            self.run(self.store(number).append([other], NOBODY))

    @rule(stream=models, number=either)
    def read_around_memory(self, stream: UUID, number: int) -> None:
        replayed: Any = None
        names: list[str] = []
        for recorded in self.run(self.store(number).history(stream)):
            replayed = recorded.event.mutate(replayed)
            names.append(replayed.name)
        assert names == self.names[stream]

    @invariant()
    def positions_are_dense(self) -> None:
        head = self.run(self.store(0).recorder.max_notification_id()) or 0
        assert head == self.before + self.count

    def teardown(self) -> None:
        """At the end both stores return the newest version."""
        for stream, names in self.names.items():
            for number in (0, 1):
                assert self.run(self.caught_up(number, stream, len(names))) == names[-1]

    async def caught_up(self, number: int, stream: UUID, version: int) -> str:
        for _ in range(400):
            model = await self.store(number).load(Model, stream)
            if model.version == version:
                return model.name
            await asyncio.sleep(0.005)
        raise AssertionError("the store does not catch up")

    def note(self, saved: Model, name: str) -> None:
        assert saved.name == name
        if saved.version > len(self.names[saved.id]):
            self.names[saved.id].append(name)
            self.count += 1


def test_two_stores_behave_like_a_few_lists(two_stores: Stores) -> None:
    class Machine(StoreMachine):
        stores = two_stores

    run_state_machine_as_test(
        Machine,
        settings=settings(max_examples=50, stateful_step_count=30),
    )
