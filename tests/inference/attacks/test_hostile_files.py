"""Hostile model files: refused by the allow-list, and contained by the sandbox without it."""

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
from tests.inference.attacks.attack import Attack, Harm
from tests.inference.attacks.attack_pool import AttackPool, failures_of
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.containers import CONTAINERS
from tests.inference.attacks.corpus import KINDS, Corpus, corpus
from tests.inference.attacks.unprotected_loader import UnprotectedLoader
from tests.inference.conftest import ModelStore
from tests.inference.sample_models import SampleModels

pytestmark = pytest.mark.asyncio(loop_scope="module")

_DEADLINES_S = {"deadline_s": 1.0, "load_deadline_s": 1.0}
_SHORT_WAIT_S, _LONG_WAIT_S = 0.3, 20.0
_OF_CODE = ("command", "chain", "gadget", "evasion")
"""These do their harm while they are opened, in any container."""

_OF_OTHER_FORMATS = ("skops", "onnx")
"""These have no container."""

_TWO_AT_A_TIME = 2
"""As many as the pool opens; others would wait beyond their deadline."""


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with Canary.open() as opened:
        yield opened


@pytest.fixture(scope="module")
def attacks(canary: Canary) -> Corpus:
    return corpus(canary)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["allow-list", "sandbox alone"])
async def target(
    request: pytest.FixtureRequest, store: ModelStore, canary: Canary
) -> AsyncGenerator[AttackPool]:
    """A pool with the allow-list, and one with the sandbox alone."""
    trusted = (ANYTHING,) if request.param == "sandbox alone" else ()
    async with AttackPool.open(store, canary, trusted=trusted, **_DEADLINES_S) as opened:
        yield opened


def wrapped(kind: str, attacks: Corpus, several: int) -> Iterator[tuple[Attack, bytes]]:
    """Return the attacks of a kind that end by themselves, each in several containers."""
    names = ["raw"] if kind in _OF_OTHER_FORMATS else list(CONTAINERS)
    for number, attack in enumerate(attacks[kind].values()):
        if attack.harm == "hangs":
            continue
        first = number if kind in _OF_CODE else 0
        for which in range(first, first + min(several, len(names))):
            container = names[which % len(names)]
            # This container is always refused.
            refused = "somehow" if container == "old joblib" else attack.refused
            name = f"{attack.name} in {container}"
            data = CONTAINERS[container](attack.data)
            yield replace(attack, name=name, refused=refused), data


async def test_the_harm_is_real_without_protection(
    attacks: Corpus, canary: Canary, tmp_path: Path
) -> None:
    failed: list[str] = []
    every = [attack for kind in attacks.values() for attack in kind.values()]
    with UnprotectedLoader.open() as loader:
        for attack in every:
            if attack.harm == "none":
                continue
            (tmp_path / "model").write_bytes(attack.data)
            is_waiting = attack.harm in {"hangs", "connects"}
            outcome = loader.open_file(
                tmp_path / "model", attack.row, _SHORT_WAIT_S if is_waiting else _LONG_WAIT_S
            )
            if attack.harm not in outcome.harms() | canary.harms(outcome.output):
                failed.append(f"{attack.name}: {outcome}")
            canary.reset()
    assert failed == []
    assert {attack.harm for attack in every} == set(get_args(Harm))


@pytest.mark.rounds
@pytest.mark.parametrize("kind", KINDS)
async def test_a_hostile_file_is_refused_or_contained(
    target: AttackPool, attacks: Corpus, kind: str, rounds: Rounds
) -> None:
    failures: list[str] = []
    for attack, data in wrapped(kind, attacks, rounds(1, len(CONTAINERS))):
        failures += failures_of(attack, await target.attack(target.store.put(data), attack.row))
    assert failures == []


async def test_a_file_that_never_ends_is_killed(target: AttackPool, attacks: Corpus) -> None:
    failures: list[str] = []
    turns = asyncio.Semaphore(_TWO_AT_A_TIME)

    async def attack(attack: Attack) -> None:
        async with turns:
            file = target.store.put(attack.data)
            failures.extend(failures_of(attack, await target.attack(file, attack.row)))

    endless = [a for kind in attacks.values() for a in kind.values() if a.harm == "hangs"]
    await asyncio.gather(*map(attack, endless))
    assert failures == []


async def test_a_hostile_file_in_place_of_an_honest_one_is_not_opened(
    target: AttackPool, attacks: Corpus, models: SampleModels
) -> None:
    file = target.store.save(models["logistic"].estimator)
    signature = (await target.pool.inspect(file)).signature
    attack = attacks["command"]["os.system"]
    for data in (attack.data, attack.data.ljust(file.size, b"."), b""):
        target.store.path(file.artifact_id).write_bytes(data)
        with pytest.raises(Unavailable, match="is not the one that was uploaded"):
            await target.pool.inspect(file)
        output = await target.predict(file, signature, [0.0] * 4)
        assert "is not the one that was uploaded" in output
        assert target.canary.harms(output) == set()
