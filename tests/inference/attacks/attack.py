"""What a hostile file is: its bytes, and the harm that it does where nothing stops it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from inference.child.libraries import joblib

Harm = Literal[
    "makes",  # a file appears
    "deletes",  # a folder disappears
    "reads",  # an answer or a refusal tells what a file holds
    "connects",  # somebody calls a listener
    "kills",  # another process ends
    "poisons",  # another model of the same process answers wrongly
    "crashes",  # its own process ends by a signal
    "hangs",  # its own process does not answer in time
    "none",
]

Refusal = Literal[
    "by name",  # of something that no model needs
    "somehow",  # in a sentence
    "perhaps",  # or not: it holds what models are made of
]
"""What a list of trusted names has to do about a file."""


@dataclass(frozen=True)
class Attack:
    """One hostile file."""

    name: str
    data: bytes
    harm: Harm = "none"
    refused: Refusal = "perhaps"
    row: Any = 0.0
    """What is asked of it if it opens."""


def dumped(value: Any, **options: Any) -> bytes:
    """Save with joblib, as an honest owner would."""
    buffer = BytesIO()
    joblib.dump(value, buffer, **options)
    return buffer.getvalue()
