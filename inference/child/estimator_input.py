"""Converts between the payload of a request and what an estimator takes, in the child."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from domain.signature import ColumnType, Value
from inference.child.columns import ColumnFacts
from inference.child.introspection import Shape
from inference.child.libraries import pandas

_ROW_BATCHES = msgspec.json.Decoder(list[list[list[Any]]])
_TEXT_BATCHES = msgspec.json.Decoder(list[list[str]])
_DTYPES: dict[str, Any] = {"number": np.float64, "integer": np.int64, "boolean": np.bool_}
_EXAMPLES: dict[ColumnType, Value] = {
    "number": 0.0,
    "integer": 0,
    "text": "",
    "boolean": False,
    "datetime": "2026-01-01",
    "any": 0.0,
}


def decode_rows(shape: Shape, count: int, payload: bytes) -> Any:
    """Build the array, DataFrame or list of texts that the estimator takes for ``count`` rows.

    A matrix is float64 in row order; the other forms are a JSON list of requests, each a list of
    rows. Raises ValueError if the payload does not hold that many rows.
    """
    if shape.form == "matrix":
        return np.frombuffer(payload, dtype=np.float64).reshape(count, -1)
    if shape.form == "texts":
        texts = [text for request in _TEXT_BATCHES.decode(payload) for text in request]
        return _counted(texts, count)
    rows = [row for request in _ROW_BATCHES.decode(payload) for row in request]
    return frame_of(shape, _counted(rows, count))


def frame_of(shape: Shape, rows: list[list[Any]]) -> Any:
    """Build a DataFrame whose columns have the types that the encoders were fitted with.

    For a model that was fitted on an array of unknown types, an array of objects instead.
    """
    columns = zip(shape.names, shape.facts, zip(*rows, strict=True), strict=True)
    if shape.is_array:
        facts_and_values = ((replace(fact, is_object=True), values) for _, fact, values in columns)
        return np.column_stack([_series(*each).to_numpy() for each in facts_and_values])
    return pandas.DataFrame({name: _series(fact, values) for name, fact, values in columns})


def example_of(shape: Shape) -> list[Value]:
    """Make up a row for a trial prediction: zeros, and values that it was fitted on."""
    if shape.form == "texts":
        return ["a text"]
    if not shape.facts:
        return [0.0]
    return [_EXAMPLES[f.type] if f.example is None else f.example for f in shape.facts]


def dense(labels: Any) -> Any:
    """Convert labels to an array; a multi-label classifier may return a sparse matrix."""
    return labels.toarray() if hasattr(labels, "toarray") else np.asarray(labels)


def _series(fact: ColumnFacts, values: tuple[Any, ...]) -> Any:
    if fact.type == "datetime":
        return _datetimes(fact, values)
    has_null = None in values
    if has_null:
        values = tuple(fact.marker if value is None else value for value in values)
    # A boolean array cannot hold a null, and an encoder of objects only finds objects.
    if fact.is_object or (has_null and fact.type == "boolean"):
        return pandas.Series(values, dtype=object)
    if has_null and fact.type == "integer":
        return pandas.Series(values, dtype=np.float64)
    return pandas.Series(values, dtype=_DTYPES.get(fact.type, object))


def _datetimes(fact: ColumnFacts, values: tuple[Any, ...]) -> Any:
    """Parse datetimes; those without an offset are UTC, if the column has a time zone."""
    parsed = pandas.Series(pandas.to_datetime(list(values), format="ISO8601", utc=True))
    zone = getattr(fact.dtype, "tz", None)
    if zone is None:
        parsed = parsed.dt.tz_localize(None)
    if fact.dtype is not None:
        parsed = parsed.astype(fact.dtype)
    return parsed.astype(object) if fact.is_object else parsed


def _counted(rows: list[Any], count: int) -> list[Any]:
    if len(rows) != count:
        raise ValueError(f"{len(rows)} rows came instead of {count}")
    return rows
