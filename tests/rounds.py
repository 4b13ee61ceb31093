"""How often the tests go round that chance has a part in: a few times, or many in `make soak`."""

from __future__ import annotations

import os

SOAK_ROUNDS = int(os.environ.get("SOAK_ROUNDS", "0"))


def rounds(few: int) -> int:
    """Give the number of rounds: few, unless the environment asks for many (SOAK_ROUNDS)."""
    return max(few, SOAK_ROUNDS)
