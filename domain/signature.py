"""The inputs and outputs of a model, read from the fitted estimator or from a sample of rows.

A signature is stored in events, so it consists of plain values. Fields that were added later have
defaults, so that events of earlier releases can be read.
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
SAMPLED_COLUMNS_BYTES_MAX = 48_000
"""Of columns from a sample, as JSON: they are sent to every process of the model."""


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
    """The inputs in the order of fitting; empty if their number is not known."""
    is_named: bool
    """Whether the names come from the model or the sample; otherwise they are x0, x1, …"""
    task: Task
    labels: tuple[tuple[Label, ...], ...] = ()
    """The classes of each output of a classifier, in the order of its probabilities."""
    outputs: int = 1
    """The number of output values per row."""
    has_probabilities: bool = False
    probabilities: int | tuple[int, ...] | None = None
    """The number of probabilities per row, or per row and output if each output has a list; None if
    there are none or the number is not known."""
    is_sampled: bool = False
    """Whether the columns come from a sample, so that the model process has to be sent them."""
    example: tuple[Value, ...] = ()
    """A row that the model accepted during inspection; empty if there was none."""

    @property
    def width(self) -> int | None:
        """The number of values in a row; None if it is not known."""
        return len(self.columns) or None

    @property
    def sampled_columns(self) -> tuple[Column, ...]:
        """The columns that the model process has to be sent; empty if the model has them."""
        return self.columns if self.is_sampled else ()


def check_signature(signature: Signature) -> None:
    """Raise `Rejected` if a signature is too large to store, or contradicts itself.

    It comes from the model process, which an attacker may control.
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
    if _sampled_columns_bytes(signature) > SAMPLED_COLUMNS_BYTES_MAX:
        raise Rejected("the sample has more columns than can be stored")
    if not _is_consistent(signature, names):
        raise Rejected("the model describes itself inconsistently")


def _sampled_columns_bytes(signature: Signature) -> int:
    columns = [asdict(column) for column in signature.sampled_columns]
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
