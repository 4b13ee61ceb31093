"""Describes a fitted estimator by a trial prediction, when it is uploaded.

With the uploader's sample the rows are real: they complete the description, and a model that
refuses them is refused. Without a sample a row is made up, and a refusal means little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from typing import Any, NamedTuple

import msgspec

from domain.errors import DomainError
from domain.signature import TEXT_CHARACTERS_MAX, Signature, Value
from inference.child.estimator_input import decode_rows, dense, example_of
from inference.child.introspection import Shape, signature_of
from inference.child.loading.formats import BadModel
from inference.child.predictor import Predictor
from inference.child.samples import sampled_shapes
from inference.inputs.input_shapes import as_row_list
from inference.inputs.row_encoding import Rows, encode_rows

SAMPLE_ROWS_MAX = 1_000
EXAMPLE_WIDTH_MAX = 200
"""A wider example is of little help, and it is stored in every event that describes the model."""

_NAMES_SHOWN_MAX = 5


class TrialResult(NamedTuple):
    """The result of a trial, and warnings for the owner of the model."""

    signature: Signature
    warnings: tuple[str, ...] = ()


def try_sample(estimator: Any, predictor: Predictor, shape: Shape, sample: object) -> TrialResult:
    """Describe an estimator by itself and by rows that it must accept.

    Raises BadModel if the rows contradict what the model defines, or if it refuses them.
    """
    refusal: Exception | None = None
    try:
        for candidate in _candidates(shape, sample):
            rows = encode_rows(signature_of(estimator, candidate, None), sample, SAMPLE_ROWS_MAX)
            try:
                return TrialResult(_described(estimator, predictor, candidate, rows))
            except Exception as error:  # noqa: BLE001 - a model may raise anything
                refusal = refusal or error
    except DomainError as error:
        raise BadModel(f"the sample does not fit the model: {error}") from None
    raise BadModel(f"the model refuses its own sample: {type(refusal).__name__}: {refusal}")


def try_example(estimator: Any, predictor: Predictor, shape: Shape) -> TrialResult:
    """Describe an estimator by itself and by its prediction for a made-up row, if there is one."""
    signature = signature_of(estimator, shape, None)
    warnings = tuple(_warnings(shape))
    try:
        rows = encode_rows(signature, [example_of(shape)], 1)
        return TrialResult(_described(estimator, predictor, shape, rows), warnings)
    except Exception:  # noqa: BLE001 - the row is made up: a refusal says nothing
        return TrialResult(signature, warnings)


def _candidates(shape: Shape, sample: object) -> list[Shape]:
    if shape.form == "texts":
        return [shape]
    return sampled_shapes(shape, as_row_list(len(shape.facts) or None, sample))


def _described(estimator: Any, predictor: Predictor, shape: Shape, rows: Rows) -> Signature:
    """Describe an estimator by its prediction; raises whatever it raises about the rows."""
    payload = rows.payload if rows.form == "matrix" else b"[" + rows.payload + b"]"
    native = decode_rows(shape, rows.count, payload)
    result = _predict(predictor, native, wants=hasattr(estimator, "predict_proba"))
    signature = signature_of(estimator, shape, result)
    return replace(signature, example=_example(rows, native))


def _predict(predictor: Predictor, native: Any, *, wants: bool) -> tuple[Any, Any]:
    """Return labels, and probabilities if the model can compute them."""
    if wants:
        # The predict_proba of some models fails for rows that their predict accepts.
        try:
            raw = predictor.predict(native, wants_probabilities=True)
            return dense(raw.labels), raw.probabilities
        except Exception:  # noqa: BLE001, S110 - predict decides
            pass
    return dense(predictor.predict(native, wants_probabilities=False).labels), None


def _example(rows: Rows, native: Any) -> tuple[Value, ...]:
    """Return the first row as JSON values, unless it is too large to be shown."""
    if rows.form == "matrix":
        row = [None if isnan(value) else value for value in native[0].tolist()]
    else:
        first = msgspec.json.decode(rows.payload)[0]
        row = [first] if rows.form == "texts" else first
    is_long = any(isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX for value in row)
    return () if is_long or len(row) > EXAMPLE_WIDTH_MAX else tuple(row)


def _warnings(shape: Shape) -> Iterator[str]:
    if shape.form == "texts":
        return
    if not shape.facts:
        yield (
            "The model does not define its columns: rows of numbers are passed to it unchecked. "
            "Upload it with a sample to define them."
        )
    names = [n for n, fact in zip(shape.names, shape.facts, strict=True) if not fact.is_known]
    if names:
        more = f" and {len(names) - _NAMES_SHOWN_MAX} more" if names[_NAMES_SHOWN_MAX:] else ""
        shown = ", ".join(map(repr, names[:_NAMES_SHOWN_MAX])) + more
        yield (
            f"The model does not define the type of {shown}, so it is guessed. Upload it with a "
            "sample to define it."
        )
