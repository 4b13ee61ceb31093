"""What a model takes and what it gives, as the fitted estimator or the uploader's sample told it.

A signature is part of the event that takes a version in, so it holds plain values only. Fields that
were added later have defaults, without which events of earlier releases could not be read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from domain.errors import Rejected

Label = str | int | float | bool
Value = Label | None
InputForm = Literal["matrix", "table", "texts"]
ColumnType = Literal["number", "integer", "text", "boolean", "datetime", "any"]
Task = Literal["classification", "regression", "clustering", "outliers", "transformation"]

COLUMNS_MAX = 100_000
LABELS_MAX = 100_000
"""Over all outputs."""
TEXT_CHARACTERS_MAX = 1_000
"""Of a column's name, of a label."""
TOLD_BYTES_MAX = 48_000
"""Of columns that a sample told of, as JSON: every process of the model is sent them."""


@dataclass(frozen=True)
class Column:
    """One input of a model."""

    name: str
    type: ColumnType
    nullable: bool = False


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of one version of a model."""

    form: InputForm
    """A matrix of numbers, a table of named columns (a pandas DataFrame), or a list of texts."""
    columns: tuple[Column, ...]
    """The inputs in the order of fitting; empty where nobody told their number."""
    is_named: bool
    """Whether the names come from the model or the sample; else they are x0, x1, …"""
    task: Task
    labels: tuple[tuple[Label, ...], ...] = ()
    """The classes of each output of a classifier, in the order of its probabilities."""
    outputs: int = 1
    """How many values one row is answered with."""
    has_probabilities: bool = False
    probabilities: int | tuple[int, ...] | None = None
    """How many probabilities a row is answered with; where each output has a list of its own, how
    many are in each; None where there are none, or where nobody counted them."""
    is_sampled: bool = False
    """Whether a sample told of the columns what the model does not, so that it has to be told."""
    example: tuple[Value, ...] = ()
    """A row that the model answered when it was taken in; empty where it answered none."""

    @property
    def width(self) -> int | None:
        """How many values one row has, where somebody told."""
        return len(self.columns) or None

    @property
    def told_columns(self) -> tuple[Column, ...]:
        """The columns that the model's process has to be told, since the model does not tell."""
        return self.columns if self.is_sampled else ()


def check_signature(signature: Signature) -> None:
    """Refuse what a model says of itself if it is too large to be kept, or contradicts itself.

    What a model's process says is not to be trusted: it may have been taken over. Raises Rejected.
    """
    names = [column.name for column in signature.columns]
    labels = [label for part in signature.labels for label in part]
    if len(names) > COLUMNS_MAX:
        raise Rejected(f"{len(names)} columns are more than the limit of {COLUMNS_MAX}")
    if len(labels) > LABELS_MAX or not 1 <= signature.outputs <= LABELS_MAX:
        raise Rejected(f"the model has more than {LABELS_MAX} labels or outputs, or none")
    for text in (*names, *labels, *signature.example):
        if isinstance(text, str) and (len(text) > TEXT_CHARACTERS_MAX or "\0" in text):
            raise Rejected("a name, label or example is too long, or cannot be stored")
    if _told_bytes(signature) > TOLD_BYTES_MAX:
        raise Rejected("the sample tells of more columns than can be kept")
    if not _is_consistent(signature, names):
        raise Rejected("the model describes itself in a way that makes no sense")


def _told_bytes(signature: Signature) -> int:
    columns = [asdict(column) for column in signature.told_columns]
    return len(json.dumps(columns, ensure_ascii=False).encode())


def _is_consistent(signature: Signature, names: list[str]) -> bool:
    counts = signature.probabilities
    counted = counts if isinstance(counts, tuple) else (counts,)
    width = 1 if signature.form == "texts" else signature.width
    return (
        len(set(names)) == len(names)
        and not (signature.form == "texts" and names)
        and len(signature.labels) in (0, signature.outputs)
        and all(count is None or 1 <= count <= LABELS_MAX for count in counted)
        and (not signature.example or width is None or len(signature.example) == width)
    )
