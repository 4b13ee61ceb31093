"""The corpus of all hostile files."""

from __future__ import annotations

from collections.abc import Iterable

from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.files import (
    chains,
    commands,
    corruption,
    evasion,
    exhaustion,
    gadgets,
    malformed,
    onnx_graphs,
    poisoning,
    predictors,
    skops_archives,
)

Corpus = dict[str, dict[str, Attack]]
"""Hostile files by kind and name."""

KINDS = (
    "command",
    "chain",
    "gadget",
    "evasion",
    "predictor",
    "poison",
    "corruption",
    "exhaustion",
    "malformed",
    "skops",
    "onnx",
)


def corpus(canary: Canary) -> Corpus:
    """Make every attack."""
    kinds = {
        "command": commands.attacks(canary),
        "chain": chains.attacks(canary),
        "gadget": gadgets.attacks(canary),
        "evasion": evasion.attacks(canary),
        "predictor": predictors.attacks(canary),
        "poison": poisoning.attacks(),
        "corruption": corruption.attacks(),
        "exhaustion": exhaustion.attacks(),
        "malformed": malformed.attacks(),
        "skops": skops_archives.attacks(canary),
        "onnx": onnx_graphs.attacks(canary),
    }
    assert tuple(kinds) == KINDS
    return {kind: _named(attacks) for kind, attacks in kinds.items()}


def _named(attacks: Iterable[Attack]) -> dict[str, Attack]:
    every = list(attacks)
    named = {attack.name: attack for attack in every}
    assert len(named) == len(every), "two attacks have one name"
    return named
