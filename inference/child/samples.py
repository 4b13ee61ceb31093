"""Completes the description of a model's columns by sample rows, in the child.

A sample decides only what the model does not define: names, if it was fitted without any, and the
types behind a function or an estimator that accepts anything. What the model defines stays, so a
sample that contradicts it is refused like any other row that does not fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from domain.signature import Column, ColumnType
from inference.child.columns import ColumnFacts
from inference.child.introspection import Shape, default_names
from inference.inputs.value_checks import is_datetime

_UNKNOWN = ColumnFacts("number", nullable=True, is_known=False)


def sampled_shapes(shape: Shape, rows: list[Any]) -> list[Shape]:
    """List the shapes that sample rows, each a list or a dict, may have; the likeliest first.

    Texts that look like dates may be dates or texts: the model shows which it refuses.
    """
    with_datetimes = _columns_of(shape, rows)
    with_texts = tuple(
        replace(column, type="text") if column.type == "datetime" else column
        for column in with_datetimes
    )
    return [
        with_sample_columns(shape, columns)
        for columns in dict.fromkeys((with_datetimes, with_texts))
    ]


def with_sample_columns(shape: Shape, columns: tuple[Column, ...]) -> Shape:
    """Complete a shape by columns that were read from a sample.

    Raises ValueError if their number differs from the model's.
    """
    pairs = zip(shape.facts or (_UNKNOWN,) * len(columns), columns, strict=True)
    facts = tuple(_with_sample_column(fact, column) for fact, column in pairs)
    names = tuple(column.name for column in columns)
    is_named = shape.is_named or names != default_names(len(names))
    if shape.facts:
        wants_table = shape.form == "table"
        wants_frame = shape.is_named or all(fact.is_known for fact in shape.facts)
    else:  # The width is unknown, too: a sample with names suggests a DataFrame.
        wants_table = wants_frame = is_named
    is_table = wants_table or any(fact.type != "number" for fact in facts)
    completed = replace(
        shape,
        form="table" if is_table else "matrix",
        names=names,
        is_named=is_named,
        facts=facts,
        is_array=is_table and not wants_frame,
    )
    return replace(completed, is_sampled=completed.columns != shape.columns)


def _with_sample_column(fact: ColumnFacts, column: Column) -> ColumnFacts:
    if not fact.is_known:
        return ColumnFacts(column.type, column.nullable, is_known=False)
    # Models often accept booleans as numbers, and do not record which they were fitted with.
    return replace(fact, type="boolean") if _is_flag(fact, column.type) else fact


def _is_flag(fact: ColumnFacts, kind: ColumnType) -> bool:
    return fact.type == "number" and kind == "boolean"


def _columns_of(shape: Shape, rows: list[Any]) -> tuple[Column, ...]:
    names = _names_of(shape, rows[0])
    facts = shape.facts or (_UNKNOWN,) * len(names)
    columns = tuple(
        _column(shape, name, fact, [_value(row, name, position) for row in rows])
        for position, (name, fact) in enumerate(zip(names, facts, strict=True))
    )
    if shape.is_named or not (shape.facts or names == default_names(len(names))):
        return columns
    # All numbers of an array have one type; only a DataFrame has integer columns.
    return tuple(replace(c, type="number") if c.type == "integer" else c for c in columns)


def _names_of(shape: Shape, row: Any) -> tuple[str, ...]:
    """Use the names of the model, else those of the sample, else numbers."""
    if not isinstance(row, dict):
        return shape.names or default_names(len(row))
    given = tuple(cast("dict[str, Any]", row))
    is_unfit = len(given) != len(shape.names) or set(given) == set(shape.names)
    return shape.names if shape.is_named or (shape.names and is_unfit) else given


def _column(shape: Shape, name: str, fact: ColumnFacts, values: list[Any]) -> Column:
    present = [value for value in values if value is not None]
    kind = _type_of(present)
    if not fact.is_known:
        return Column(name, kind, nullable=len(present) < len(values))
    is_flag = shape.is_named and _is_flag(fact, kind)
    return Column(name, kind if is_flag else fact.type, fact.nullable)


def _type_of(values: list[Any]) -> ColumnType:
    kinds = set(map(type, values))
    if kinds == {str}:
        return "datetime" if all(map(is_datetime, values)) else "text"
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "integer"
    return "number" if kinds and kinds <= {int, float} else "any"


def _value(row: Any, name: str, position: int) -> Any:
    if isinstance(row, dict):
        return cast("dict[str, Any]", row).get(name)
    return row[position] if position < len(row) else None
