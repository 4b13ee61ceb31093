"""Tries a fitted estimator with a row before anybody asks it, and describes what came of it.

With the uploader's sample the row is real: what the model does not tell is read from it, and a
model that refuses it is refused. Without one a row is made up, and a refusal says little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from typing import Any, NamedTuple

import msgspec

from domain.errors import DomainError
from domain.signature import TEXT_CHARACTERS_MAX, Signature, Value
from inference.child.estimator_input import decoded, dense, example_of
from inference.child.introspection import Shape, signature_of
from inference.child.loading.loader import BadModel
from inference.child.predictor import Predictor
from inference.child.samples import sampled_shapes
from inference.inputs.row_encoding import Rows, encode_rows, listed

SAMPLE_ROWS_MAX = 1_000
EXAMPLE_WIDTH_MAX = 200
"""Wider rows are no help in a description, and would be in every event that tells of the model."""

_NAMES_SHOWN_MAX = 5


class Tried(NamedTuple):
    """What is known of a model after a trial, and what its owner should know."""

    signature: Signature
    warnings: tuple[str, ...] = ()


def tried_with_sample(estimator: Any, predictor: Predictor, shape: Shape, sample: object) -> Tried:
    """Describe an estimator by itself and by rows that it has to take.

    Raises BadModel, saying what is wrong, if the rows contradict what the model tells, or if it
    refuses them.
    """
    refusal: Exception | None = None
    for candidate in _candidates(shape, sample):
        unanswered = signature_of(estimator, candidate, None)
        try:
            rows = encode_rows(unanswered, sample, SAMPLE_ROWS_MAX)
        except DomainError as error:
            raise BadModel(f"the sample does not fit the model: {error}") from None
        try:
            return Tried(_answered(estimator, predictor, candidate, rows))
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            refusal = refusal or error
    raise BadModel(f"the model refuses its own sample: {type(refusal).__name__}: {refusal}")


def tried_with_example(estimator: Any, predictor: Predictor, shape: Shape) -> Tried:
    """Describe an estimator by itself and by its answer to a made-up row, if it gives one."""
    signature = signature_of(estimator, shape, None)
    warnings = tuple(_untold(shape))
    try:
        rows = encode_rows(signature, [example_of(shape)], 1)
        return Tried(_answered(estimator, predictor, shape, rows), warnings)
    except Exception:  # noqa: BLE001 - the row is made up: a refusal says nothing
        return Tried(signature, warnings)


def _candidates(shape: Shape, sample: object) -> list[Shape]:
    if shape.form == "texts":
        return [shape]
    try:
        rows = listed(len(shape.facts) or None, sample)
    except DomainError as error:
        raise BadModel(f"the sample does not fit the model: {error}") from None
    return sampled_shapes(shape, rows)


def _answered(estimator: Any, predictor: Predictor, shape: Shape, rows: Rows) -> Signature:
    """Describe an estimator by its answer; raises whatever it raises about the rows."""
    payload = rows.payload if rows.form == "matrix" else b"[" + rows.payload + b"]"
    native = decoded(shape, rows.count, payload)
    answer = _answer_of(predictor, native, wants=hasattr(estimator, "predict_proba"))
    signature = signature_of(estimator, shape, answer)
    return replace(signature, example=_example(rows, native))


def _answer_of(predictor: Predictor, native: Any, *, wants: bool) -> tuple[Any, Any]:
    """Give labels, and probabilities where the model can compute them."""
    if wants:
        # Some have a predict_proba that fails for every row of the kind that predict takes.
        try:
            raw = predictor.predict(native, wants_probabilities=True)
            return dense(raw.labels), raw.probabilities
        except Exception:  # noqa: BLE001, S110 - what matters is what predict says
            pass
    return dense(predictor.predict(native, wants_probabilities=False).labels), None


def _example(rows: Rows, native: Any) -> tuple[Value, ...]:
    """Give the first row as JSON has it, unless it is too large to be shown."""
    if rows.form == "matrix":
        row = [None if isnan(value) else value for value in native[0].tolist()]
    else:
        first = msgspec.json.decode(rows.payload)[0]
        row = [first] if rows.form == "texts" else first
    is_long = any(isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX for value in row)
    return () if is_long or len(row) > EXAMPLE_WIDTH_MAX else tuple(row)


def _untold(shape: Shape) -> Iterator[str]:
    if shape.form == "texts":
        return
    if not shape.facts:
        yield (
            "The model does not tell which columns it takes: rows of numbers are passed on to it "
            "as they come. A sample at the upload would tell."
        )
    names = [n for n, fact in zip(shape.names, shape.facts, strict=True) if not fact.is_known]
    if names:
        more = f" and {len(names) - _NAMES_SHOWN_MAX} more" if names[_NAMES_SHOWN_MAX:] else ""
        shown = ", ".join(map(repr, names[:_NAMES_SHOWN_MAX])) + more
        yield (
            f"The model does not tell what it takes as {shown}, so it is guessed. A sample at the "
            "upload would tell."
        )
