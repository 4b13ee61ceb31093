"""Turns the payload of a question into what an estimator takes, in the child."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from inference.columns import Facts
from inference.introspection import Shape
from inference.libraries import pandas

_ROW_BATCHES = msgspec.json.Decoder(list[list[list[Any]]])
_TEXT_BATCHES = msgspec.json.Decoder(list[list[str]])
_DTYPES: dict[str, Any] = {"number": np.float64, "boolean": np.bool_}
_SAMPLES: dict[str, Any] = {"number": 0.0, "text": "", "boolean": False, "any": 0.0}


def decoded(shape: Shape, count: int, payload: bytes) -> Any:
    """Make the array, DataFrame or list of texts that ``count`` rows are given as.

    A matrix comes as float64 in row order, the other forms as a JSON list of requests, each a list
    of rows. Raises ValueError if the payload does not hold that many rows.
    """
    if shape.form == "matrix":
        return np.frombuffer(payload, dtype=np.float64).reshape(count, -1)
    if shape.form == "texts":
        texts = [text for request in _TEXT_BATCHES.decode(payload) for text in request]
        return _counted(texts, count)
    rows = [row for request in _ROW_BATCHES.decode(payload) for row in request]
    return frame_of(shape, _counted(rows, count))


def frame_of(shape: Shape, rows: list[list[Any]]) -> Any:
    """Make a DataFrame whose columns have the types that the encoders were fitted with."""
    columns = zip(shape.names, shape.facts, zip(*rows, strict=True), strict=True)
    return pandas.DataFrame({name: _series(fact, values) for name, fact, values in columns})


def sample_of(shape: Shape) -> Any:
    """Make one row that the estimator may be tried with: zeros and values that it was fitted on."""
    if shape.form == "texts":
        return [""]
    if shape.form == "matrix":
        return np.zeros((1, max(1, len(shape.facts))))
    return frame_of(
        shape, [[_SAMPLES[f.type] if f.example is None else f.example for f in shape.facts]]
    )


def _series(fact: Facts, values: tuple[Any, ...]) -> Any:
    has_null = None in values
    if has_null:
        values = tuple(fact.marker if value is None else value for value in values)
    # Booleans leave no room for a null, and an encoder of objects finds only objects.
    as_objects = fact.is_object or (has_null and fact.type == "boolean")
    return pandas.Series(values, dtype=object if as_objects else _DTYPES.get(fact.type, object))


def _counted(rows: list[Any], count: int) -> list[Any]:
    if len(rows) != count:
        raise ValueError(f"{len(rows)} rows came instead of {count}")
    return rows
