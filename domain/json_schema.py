"""A signature as JSON Schema (draft 2020-12): of a row of input, and of a result."""

from __future__ import annotations

from typing import Any

from domain.signature import Column, ColumnType, Signature

JSON_TYPES: dict[ColumnType, list[str]] = {
    "number": ["number"],
    "integer": ["integer"],
    "text": ["string"],
    "boolean": ["boolean"],
    "datetime": ["string"],
    "any": ["number", "string", "boolean"],
}
NUMBER: dict[str, Any] = {"type": ["number", "null"]}
"""A number in a result; a number that is not finite becomes null."""


def input_schema(signature: Signature) -> dict[str, Any]:
    """Describe one row of input, with an example that the model accepted."""
    schema = _row_schema(signature)
    if signature.example:
        schema["examples"] = [example_row(signature)]
    return schema


def output_schema(signature: Signature) -> dict[str, Any]:
    """Describe the members of a result that come from the model: lists with one entry per row."""
    members = {"predictions": _list_of(_prediction(signature))}
    if signature.has_probabilities:
        members["probabilities"] = _list_of(_probabilities(signature))
    return {"type": "object", "properties": members, "required": list(members)}


def example_row(signature: Signature) -> Any:
    """Give an example row: one that the model accepted, or one with plausible values."""
    example = signature.example or tuple(_EXAMPLES[column.type] for column in signature.columns)
    if signature.form == "texts":
        return next(iter(example), "text")
    if not signature.columns or not signature.is_named:
        return list(example) or [0.0]
    names = (column.name for column in signature.columns)
    return dict(zip(names, example, strict=True))


_EXAMPLES: dict[ColumnType, Any] = {
    "number": 0.0,
    "integer": 0,
    "text": "text",
    "boolean": False,
    "datetime": "2026-01-01T00:00:00",
    "any": 0.0,
}


def _row_schema(signature: Signature) -> dict[str, Any]:
    if signature.form == "texts":
        return {"type": "string", "title": "text"}
    properties = {column.name: _column_schema(column) for column in signature.columns}
    if not properties:
        # Only the model knows whether it accepts nulls.
        return {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 1}
    named = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    values = list(properties.values())
    # A row of one value may be given without brackets.
    return {"anyOf": [named, _exactly(values), *(values if len(values) == 1 else [])]}


def _column_schema(column: Column) -> dict[str, Any]:
    types = JSON_TYPES[column.type] + (["null"] if column.nullable else [])
    schema = {"title": column.name, "type": types if len(types) > 1 else types[0]}
    return schema | ({"format": "date-time"} if column.type == "datetime" else {})


def _prediction(signature: Signature) -> dict[str, Any]:
    values = _values(signature)
    return values[0] if len(values) == 1 else _exactly(values)


def _values(signature: Signature) -> list[dict[str, Any]]:
    """Describe each value of the result for one row."""
    if signature.task == "classification":
        known = [{"enum": list(labels)} for labels in signature.labels]
        return known or [{"type": JSON_TYPES["any"]}] * signature.outputs
    whole = signature.task in ("clustering", "outliers")
    return [{"type": "integer"} if whole else NUMBER] * signature.outputs


def _probabilities(signature: Signature) -> dict[str, Any]:
    """Describe the probabilities of one row, in the order of the labels."""
    counts = signature.probabilities
    if counts is None:  # unknown in events of earlier releases
        return {"type": "array"}
    if isinstance(counts, int):
        return _numbers(counts)
    return _exactly([_numbers(count) for count in counts])


def _numbers(count: int) -> dict[str, Any]:
    return _list_of(NUMBER) | {"minItems": count, "maxItems": count}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _exactly(items: list[dict[str, Any]]) -> dict[str, Any]:
    count = len(items)
    return {"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}
