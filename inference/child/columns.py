"""The type of each input column of a fitted estimator, read from the steps that use it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import nan
from typing import Any

import numpy as np

from domain.signature import ColumnType
from inference.child.libraries import (
    pandas,
    sklearn_compose,
    sklearn_dummy,
    sklearn_impute,
    sklearn_pipeline,
    sklearn_preprocessing,
    sklearn_text,
    sklearn_utils,
)

_ENCODERS = (
    sklearn_preprocessing.OneHotEncoder,
    sklearn_preprocessing.OrdinalEncoder,
    sklearn_preprocessing.TargetEncoder,
)
_REPLACES_NULLS = (
    sklearn_impute.SimpleImputer,
    sklearn_impute.KNNImputer,
    sklearn_impute.MissingIndicator,
    sklearn_preprocessing.OneHotEncoder,
    sklearn_preprocessing.TargetEncoder,
)
_PASSES_NULLS = (sklearn_preprocessing.FunctionTransformer, str, type(None))
_ACCEPTS_ANYTHING = (sklearn_dummy.DummyClassifier, sklearn_dummy.DummyRegressor)
_VALIDATING = ("sklearn", "lightgbm", "xgboost")
"""Libraries whose estimators check that their input is numeric, unless documented otherwise."""


@dataclass(frozen=True)
class ColumnFacts:
    """One input column."""

    type: ColumnType
    nullable: bool = False
    marker: Any = nan
    """The value that represents null: the one that its encoder or imputer was fitted with."""
    is_object: bool = False
    """Whether numbers or booleans must be Python objects, as they were when fitting."""
    dtype: Any = None
    """Of a datetime column: its pandas dtype when fitting; None if that is not known."""
    example: Any = None
    """A value it was fitted on, if the fitted steps keep one; a datetime as text."""
    is_known: bool = True
    """Whether fitted steps define the type; else it is a guess that a sample can correct."""


UNUSED = ColumnFacts("any", nullable=True)


def is_vectorizer(step: Any) -> bool:
    """Whether a step takes texts: CountVectorizer, TfidfVectorizer or HashingVectorizer."""
    return isinstance(step, sklearn_text.CountVectorizer | sklearn_text.HashingVectorizer)


def flattened(step: Any) -> list[Any]:
    """List the steps of a pipeline and of the pipelines in it; anything else is one step."""
    if not isinstance(step, sklearn_pipeline.Pipeline):
        return [step]
    return [inner for _, child in step.steps for inner in flattened(child)]


def describe_columns(steps: list[Any], width: int, rest: Sequence[Any] = ()) -> list[ColumnFacts]:
    """Describe ``width`` columns that pass through fitted steps; the first step that knows decides.

    ``rest`` are the steps that process the output of these.
    """
    imputer = None
    for index, step in enumerate(steps):
        if _does_nothing(step):
            continue
        if imputer is None and isinstance(step, sklearn_impute.SimpleImputer):
            imputer = step
            continue
        return _of_steps(imputer, steps[index:], width, rest)
    return _of_numbers(imputer, rest, width)


def _of_steps(imputer: Any, steps: list[Any], width: int, rest: Sequence[Any]) -> list[ColumnFacts]:
    step, following = steps[0], [*steps[1:], *rest]
    if imputer is None and not _defines_types(step):
        return [replace(fact, is_known=False) for fact in _guessed(step, following, width)]
    if isinstance(step, sklearn_compose.ColumnTransformer):
        return _of_column_transformer(step, following, width)
    if isinstance(step, sklearn_pipeline.FeatureUnion):
        branches = (flattened(branch) for _, branch in step.transformer_list)
        return _merged([describe_columns(branch, width, following) for branch in branches])
    if is_vectorizer(step):
        return [ColumnFacts("text")] * width
    if isinstance(step, _ENCODERS):
        return [_of_encoder(step, j, imputer) for j in range(width)]
    return _of_numbers(imputer, [step, *following], width)


def _does_nothing(step: Any) -> bool:
    if isinstance(step, sklearn_preprocessing.FunctionTransformer):
        return step.func is None
    return isinstance(step, str | type(None))


def _defines_types(step: Any) -> bool:
    """Whether a step defines the types of its input; functions and unknown classes do not."""
    if isinstance(step, (sklearn_preprocessing.FunctionTransformer, *_ACCEPTS_ANYTHING)):
        return False
    return type(step).__module__.partition(".")[0] in _VALIDATING


def _guessed(step: Any, rest: list[Any], width: int) -> list[ColumnFacts]:
    """Guess that a function keeps the types, and that any other step takes numbers."""
    if not isinstance(step, sklearn_preprocessing.FunctionTransformer):
        return _of_numbers(None, [step, *rest], width)
    try:
        return describe_columns(rest, width)
    except (IndexError, ValueError):  # It changes the number of columns.
        return _of_numbers(None, [], width)


def _of_numbers(imputer: Any, steps: Sequence[Any], width: int) -> list[ColumnFacts]:
    if imputer is None:
        return [ColumnFacts("number", nullable=_accept_nulls(steps))] * width
    nullable = _is_null(imputer.missing_values)
    if imputer.statistics_.dtype.kind != "O":
        return [ColumnFacts("number", nullable)] * width
    return [
        replace(
            _of_values([value], is_object=True), nullable=nullable, marker=imputer.missing_values
        )
        for value in imputer.statistics_
    ]


def _of_column_transformer(transformer: Any, following: list[Any], width: int) -> list[ColumnFacts]:
    """Follow each column into the branches that use it; unused columns may hold anything."""
    described: list[list[ColumnFacts]] = []
    for name, branch, selection in transformer.transformers_:
        if isinstance(branch, str) and branch == "drop":
            continue
        positions = _positions(transformer, selection, width)
        steps = flattened(branch)
        if all(map(_does_nothing, steps)):
            facts = _passed_on(transformer, name, following)
        else:
            facts = describe_columns(steps, len(positions), following)
        row = [UNUSED] * width
        for position, fact in zip(positions, facts, strict=True):
            row[position] = fact
        described.append(row)
    return _merged(described) if described else [UNUSED] * width


def _positions(transformer: Any, selection: Any, width: int) -> list[int]:
    """Resolve what a branch selects: a name or number, a list or slice of them, or a mask."""
    chosen: Any = selection
    if isinstance(selection, slice):
        is_by_name = isinstance(chosen.start or chosen.stop, str)
    else:
        chosen = np.atleast_1d(selection)
        if not chosen.size:
            return []
        is_by_name = chosen.dtype.kind in "OU"
    positions: Any = np.arange(width)
    if is_by_name:
        positions = pandas.Series(positions, index=transformer.feature_names_in_).loc
    return [int(position) for position in positions[chosen]]


def _passed_on(transformer: Any, name: str, following: list[Any]) -> list[ColumnFacts]:
    """Describe the columns that a branch passes through, by the steps that follow."""
    slices: dict[str, slice] = transformer.output_indices_
    return describe_columns(following, max(each.stop for each in slices.values()))[slices[name]]


def _merged(branches: list[list[ColumnFacts]]) -> list[ColumnFacts]:
    """Combine what several branches define for the same columns."""
    return [
        _agreed([fact for fact in facts if fact is not UNUSED])
        for facts in zip(*branches, strict=True)
    ]


def _agreed(facts: list[ColumnFacts]) -> ColumnFacts:
    if not facts:
        return UNUSED
    facts = [fact for fact in facts if fact.is_known] or facts
    types: set[ColumnType] = {fact.type for fact in facts if fact.type != "any"}
    markers = [fact.marker for fact in facts if not isinstance(fact.marker, float)]
    return ColumnFacts(
        type=types.pop() if len(types) == 1 else "any",
        nullable=all(fact.nullable for fact in facts),
        marker=markers[0] if markers else nan,
        is_object=any(fact.is_object for fact in facts),
        dtype=next((fact.dtype for fact in facts if fact.dtype is not None), None),
        example=next((fact.example for fact in facts if fact.example is not None), None),
        is_known=facts[0].is_known,
    )


def _of_encoder(encoder: Any, position: int, imputer: Any) -> ColumnFacts:
    categories = encoder.categories_[position]
    nulls = [category for category in categories if _is_null(category)]
    values = [category for category in categories if not _is_null(category)]
    takes_unknown = getattr(encoder, "handle_unknown", "ignore") != "error"
    facts = _of_values(values, is_object=categories.dtype.kind == "O")
    if categories.dtype.kind == "M":  # NaT equals nothing, so it is not found as a category.
        return replace(facts, nullable=takes_unknown, dtype=categories.dtype)
    if imputer is None:
        nullable = bool(nulls) or takes_unknown
        return replace(facts, nullable=nullable, marker=nulls[0] if nulls else nan)
    marker = imputer.missing_values
    return replace(facts, nullable=_is_null(marker), marker=marker)


def _of_values(values: list[Any], *, is_object: bool) -> ColumnFacts:
    """Describe a column by the values that it was fitted on, without nulls."""
    kind = _type_of(values)
    example = _plain(values[0]) if values else None
    if kind != "datetime":
        return ColumnFacts(kind, is_object=is_object, example=example)
    timestamp = pandas.Timestamp(values[0])
    dtype = pandas.Series([timestamp]).dtype
    return ColumnFacts(kind, is_object=is_object, dtype=dtype, example=timestamp.isoformat())


def _type_of(values: list[Any]) -> ColumnType:
    if values and all(_is_timestamp(value) for value in values):
        return "datetime"
    plain: set[Any] = {type(_plain(value)) for value in values}
    if plain == {str}:
        return "text"
    if plain == {bool}:
        return "boolean"
    return "number" if plain and plain <= {int, float} else "any"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, datetime) or getattr(getattr(value, "dtype", None), "kind", "") == "M"


def _is_null(value: Any) -> bool:
    return bool(pandas.isna(value))


def accepts_nan(estimator: Any) -> bool:
    """Whether an estimator's tags say that it accepts NaN."""
    return bool(sklearn_utils.get_tags(estimator).input_tags.allow_nan)


def _accept_nulls(steps: Sequence[Any]) -> bool:
    """Whether nulls are accepted: by every step up to one that replaces them."""
    for step in steps:
        if isinstance(step, _PASSES_NULLS):
            continue
        if not accepts_nan(step):
            return False
        if isinstance(step, _REPLACES_NULLS):
            return True
    return bool(steps)
