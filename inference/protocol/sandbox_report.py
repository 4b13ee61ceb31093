"""What a child says about its own sandbox: layer by layer, before it opens anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["full", "reduced", "none"]
Layer = Literal[
    "rlimits", "uid", "capabilities", "dumpable", "no_new_privs", "pdeathsig", "landlock", "seccomp"
]

LAYERS: tuple[Layer, ...] = (
    "rlimits",
    "uid",
    "capabilities",
    "dumpable",
    "no_new_privs",
    "pdeathsig",
    "landlock",
    "seccomp",
)
"""In the order in which they are put on; `inference.child.sandbox.layers` says what each is."""


@dataclass(frozen=True)
class SandboxReport:
    """The layers of a sandbox: for each "" where it holds, else the reason why it does not."""

    layers: Mapping[str, str]

    @property
    def missing(self) -> dict[str, str]:
        """The layers that do not hold, with the reason."""
        found = {layer: self.layers.get(layer, "not tried") for layer in LAYERS}
        return {layer: reason for layer, reason in found.items() if reason}

    @property
    def is_sufficient(self) -> bool:
        """Whether it may hold a hostile program.

        A filter of system calls has to be there, and one more layer that keeps files away.
        """
        missing = self.missing
        return "seccomp" not in missing and not {"landlock", "uid"} <= missing.keys()

    @property
    def level(self) -> Level:
        """In one word: whether all layers hold, enough of them, or too few."""
        if not self.missing:
            return "full"
        return "reduced" if self.is_sufficient else "none"

    def __str__(self) -> str:
        return "; ".join(f"{layer}: {reason}" for layer, reason in self.missing.items())
