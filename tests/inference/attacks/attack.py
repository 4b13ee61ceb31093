"""A hostile file: its bytes, and the harm that it does if nothing stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Harm = Literal[
    "makes",  # a file appears
    "deletes",  # a folder disappears
    "reads",  # a result or a refusal contains the content of a file
    "connects",  # a listener accepts a connection
    "kills",  # another process ends
    "poisons",  # another model of the same process predicts wrongly
    "crashes",  # its own process ends by a signal
    "hangs",  # its own process does not reply in time
    "none",
]

Refusal = Literal[
    "by name",  # with the name of something that no model needs
    "somehow",  # with any reason
    "perhaps",  # or not: it only contains parts of models
]
"""How the allow-list has to refuse a file."""


@dataclass(frozen=True)
class Attack:
    """One hostile file."""

    name: str
    data: bytes
    harm: Harm = "none"
    refused: Refusal = "perhaps"
    row: Any = 0.0
    """The row to predict if the file opens."""
