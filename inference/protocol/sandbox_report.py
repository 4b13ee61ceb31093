"""What a child reports about its own sandbox, layer by layer, before it opens a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["full", "reduced", "none"]
Layer = Literal[
    "rlimits", "uid", "capabilities", "dumpable", "no_new_privs", "pdeathsig", "landlock", "seccomp"
]

LAYERS: tuple[Layer, ...] = get_args(Layer)
"""In the order in which they are applied; `inference.child.sandbox.layers` describes each."""


@dataclass(frozen=True)
class SandboxReport:
    """The layers of a sandbox: "" for each that is applied, else the reason why it is not."""

    layers: Mapping[str, str]

    @property
    def missing(self) -> dict[str, str]:
        """The layers that are not applied, with the reason."""
        found = {layer: self.layers.get(layer, "not tried") for layer in LAYERS}
        return {layer: reason for layer, reason in found.items() if reason}

    @property
    def is_sufficient(self) -> bool:
        """Whether it can contain a hostile program.

        That takes the filter of system calls and one more layer that denies access to files.
        """
        missing = self.missing
        return "seccomp" not in missing and not {"landlock", "uid"} <= missing.keys()

    @property
    def level(self) -> Level:
        """In one word: whether all layers are applied, enough of them, or too few."""
        if not self.missing:
            return "full"
        return "reduced" if self.is_sufficient else "none"

    def __str__(self) -> str:
        return "; ".join(f"{layer}: {reason}" for layer, reason in self.missing.items())
