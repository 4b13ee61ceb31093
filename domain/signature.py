"""What a model takes and what it gives, as it was read from the fitted estimator.

A signature is part of the event that takes a version in, so it holds plain values only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Label = str | int | float | bool
InputForm = Literal["matrix", "table", "texts"]
ColumnType = Literal["number", "text", "boolean", "any"]
Task = Literal["classification", "regression", "clustering", "outliers", "transformation"]

JSON_TYPES: dict[ColumnType, list[str]] = {
    "number": ["number"],
    "text": ["string"],
    "boolean": ["boolean"],
    "any": ["number", "string", "boolean"],
}


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
    """The inputs in the order of fitting; empty where the estimator does not tell its width."""
    is_named: bool
    """Whether the names come from the model; else they are x0, x1, …"""
    task: Task
    labels: tuple[tuple[Label, ...], ...] = ()
    """The classes of each output of a classifier, in the order of its probabilities."""
    outputs: int = 1
    """How many values one row is answered with."""
    has_probabilities: bool = False

    @property
    def width(self) -> int | None:
        """How many values one row has, where the estimator tells."""
        return len(self.columns) or None


def input_schema(signature: Signature) -> dict[str, Any]:
    """Describe one row of input as JSON Schema (draft 2020-12)."""
    if signature.form == "texts":
        return {"type": "string", "title": "text"}
    properties = {column.name: _column_schema(column) for column in signature.columns}
    if not properties:
        return {"type": "array", "items": {"type": "number"}, "minItems": 1}
    positional = {
        "type": "array",
        "prefixItems": list(properties.values()),
        "minItems": len(properties),
        "maxItems": len(properties),
    }
    named = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"anyOf": [named, positional]}


def output_schema(signature: Signature) -> dict[str, Any]:
    """Describe the answer to one row as JSON Schema (draft 2020-12)."""
    if signature.task == "classification" and signature.labels:
        values = [{"enum": list(labels)} for labels in signature.labels]
    elif signature.task in ("clustering", "outliers"):
        values = [{"type": "integer"}] * signature.outputs
    else:
        values = [{"type": "number"}] * signature.outputs
    if len(values) == 1:
        return values[0]
    return {
        "type": "array",
        "prefixItems": values,
        "minItems": len(values),
        "maxItems": len(values),
    }


def _column_schema(column: Column) -> dict[str, Any]:
    types = JSON_TYPES[column.type] + (["null"] if column.nullable else [])
    return {"title": column.name, "type": types if len(types) > 1 else types[0]}
