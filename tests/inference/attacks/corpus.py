"""All hostile files, made for one canary."""

from __future__ import annotations

from tests.inference.attacks import (
    chains,
    commands,
    corruption,
    exhaustion,
    gadgets,
    impostors,
    poison,
    predictors,
    tricks,
)
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.canary import Canary


def corpus(canary: Canary) -> dict[str, Attack]:
    """Make every attack, by kind and name."""
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
    }
    every = [(f"{kind}: {one.name}", one) for kind, attacks in kinds.items() for one in attacks]
    named = dict(every)
    assert len(named) == len(every), "two attacks have one name"
    return named
