"""Hostile model files: refused for what they name, and held by the sandbox if that is not asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio

from domain.errors import Unavailable
from inference.child.loading.allowlist import ANYTHING
from tests.conftest import Rounds
from tests.inference.attacks.arena import Arena, faults_of
from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.containers import CONTAINERS
from tests.inference.attacks.corpus import KINDS, Corpus, corpus
from tests.inference.attacks.victim import Victim
from tests.inference.conftest import ModelStore
from tests.inference.sample_models import SampleModels

pytestmark = pytest.mark.asyncio(loop_scope="module")

_DEADLINES_S = {"deadline_s": 1.0, "load_deadline_s": 1.0}
_HASTE_S, _PATIENCE_S = 0.3, 20.0
_OF_CODE = ("command", "chain", "gadget", "trick")
"""Their files do their harm while they are opened, whatever they lie in."""

_OF_OTHER_FORMATS = ("skops", "onnx")
"""Their files lie in nothing."""

_TWO_AT_A_TIME = 2
"""As many as the pool opens; others would wait for longer than they may."""


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with Canary.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def attacks(canary: Canary) -> Corpus:
    return corpus(canary)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["guarded", "bare"])
async def arena(
    request: pytest.FixtureRequest, store: ModelStore, canary: Canary
) -> AsyncGenerator[Arena]:
    """A pool as it serves, and one where nothing but the sandbox stands in the way."""
    trusted = (ANYTHING,) if request.param == "bare" else ()
    async with Arena.open(store, canary, trusted=trusted, **_DEADLINES_S) as opened:
        yield opened


def wrapped(kind: str, attacks: Corpus, several: int) -> Iterator[tuple[Attack, bytes]]:
    """Give the attacks of a kind that end by themselves, each in so many containers."""
    names = ["raw"] if kind in _OF_OTHER_FORMATS else list(CONTAINERS)
    for number, attack in enumerate(attacks[kind].values()):
        if attack.harm == "hangs":
            continue
        first = number if kind in _OF_CODE else 0
        for which in range(first, first + min(several, len(names))):
            container = names[which % len(names)]
            # The oldest kind is refused for what it is.
            refused = "somehow" if container == "old joblib" else attack.refused
            name = f"{attack.name} in {container}"
            data = CONTAINERS[container](attack.data)
            yield replace(attack, name=name, refused=refused), data


async def test_the_harm_is_real_where_nothing_is_in_the_way(
    attacks: Corpus, canary: Canary, tmp_path: Path
) -> None:
    """Else all that follows would show nothing."""
    failed: list[str] = []
    every = [attack for kind in attacks.values() for attack in kind.values()]
    with Victim.open() as victim:
        for attack in every:
            if attack.harm == "none":
                continue
            (tmp_path / "model").write_bytes(attack.data)
            is_waiting = attack.harm in {"hangs", "connects"}
            outcome = victim.opens(
                tmp_path / "model", attack.row, _HASTE_S if is_waiting else _PATIENCE_S
            )
            if attack.harm not in outcome.harms() | canary.harms(outcome.told):
                failed.append(f"{attack.name}: {outcome}")
            canary.reset()
    assert failed == []
    assert {attack.harm for attack in every} == set(get_args(Harm))


@pytest.mark.rounds
@pytest.mark.parametrize("kind", KINDS)
async def test_a_hostile_file_is_refused_or_held(
    arena: Arena, attacks: Corpus, kind: str, rounds: Rounds
) -> None:
    faults: list[str] = []
    for attack, data in wrapped(kind, attacks, rounds(1, len(CONTAINERS))):
        faults += faults_of(attack, await arena.meet(arena.store.put(data), attack.row))
    assert faults == []


async def test_a_file_that_never_ends_is_ended(arena: Arena, attacks: Corpus) -> None:
    faults: list[str] = []
    turns = asyncio.Semaphore(_TWO_AT_A_TIME)

    async def meet(attack: Attack) -> None:
        async with turns:
            file = arena.store.put(attack.data)
            faults.extend(faults_of(attack, await arena.meet(file, attack.row)))

    endless = [a for kind in attacks.values() for a in kind.values() if a.harm == "hangs"]
    await asyncio.gather(*map(meet, endless))
    assert faults == []


async def test_a_hostile_file_in_the_place_of_an_honest_one_is_not_opened(
    arena: Arena, attacks: Corpus, models: SampleModels
) -> None:
    file = arena.store.save(models["logistic"].estimator)
    signature = (await arena.pool.inspect(file)).signature
    attack = attacks["command"]["os.system"]
    for data in (attack.data, attack.data.ljust(file.size, b"."), b""):
        arena.store.path(file.artifact_id).write_bytes(data)
        with pytest.raises(Unavailable, match="is not the one that was uploaded"):
            await arena.pool.inspect(file)
        told = await arena.asked(file, signature, [0.0] * 4)
        assert "is not the one that was uploaded" in told
        assert arena.canary.harms(told) == set()
