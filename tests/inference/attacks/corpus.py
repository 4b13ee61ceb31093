"""All hostile files, made for one canary."""

from __future__ import annotations

from collections.abc import Iterable

from tests.inference.attacks import (
    archives,
    chains,
    commands,
    corruption,
    exhaustion,
    gadgets,
    graphs,
    impostors,
    poison,
    predictors,
    tricks,
)
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary

Corpus = dict[str, dict[str, Attack]]
"""Hostile files by kind and name."""

KINDS = (
    "command",
    "chain",
    "gadget",
    "trick",
    "predictor",
    "poison",
    "corruption",
    "exhaustion",
    "impostor",
    "skops",
    "onnx",
)


def corpus(canary: Canary) -> Corpus:
    """Make every attack."""
    kinds = {
        "command": commands.attacks(canary),
        "chain": chains.attacks(canary),
        "gadget": gadgets.attacks(canary),
        "trick": tricks.attacks(canary),
        "predictor": predictors.attacks(canary),
        "poison": poison.attacks(),
        "corruption": corruption.attacks(),
        "exhaustion": exhaustion.attacks(),
        "impostor": impostors.attacks(),
        "skops": archives.attacks(canary),
        "onnx": graphs.attacks(canary),
    }
    assert tuple(kinds) == KINDS
    return {kind: _named(attacks) for kind, attacks in kinds.items()}


def _named(attacks: Iterable[Attack]) -> dict[str, Attack]:
    every = list(attacks)
    named = {attack.name: attack for attack in every}
    assert len(named) == len(every), "two attacks have one name"
    return named
