"""What each input column of a fitted estimator holds, read from the steps that see it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import nan
from typing import Any

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
_TAKES_NULLS_AWAY = (
    sklearn_impute.SimpleImputer,
    sklearn_impute.KNNImputer,
    sklearn_impute.MissingIndicator,
    sklearn_preprocessing.OneHotEncoder,
    sklearn_preprocessing.TargetEncoder,
)
_SEES_NOTHING = (sklearn_preprocessing.FunctionTransformer, str, type(None))
_TAKES_ANYTHING = (sklearn_dummy.DummyClassifier, sklearn_dummy.DummyRegressor)
_TELLING = ("sklearn", "lightgbm", "xgboost")
"""Libraries whose estimators check that they are given numbers where nothing else is said."""


@dataclass(frozen=True)
class ColumnFacts:
    """One input column."""

    type: ColumnType
    nullable: bool = False
    marker: Any = nan
    """What stands for null in it: what its encoder or imputer was fitted with."""
    is_object: bool = False
    """Whether numbers or booleans must come as Python objects, as they did in the fitting."""
    dtype: Any = None
    """Of a datetime: what pandas held it as in the fitting; None if that is not known."""
    example: Any = None
    """A value that it was fitted on, where the fitted steps remember one; a datetime as text."""
    is_known: bool = True
    """Whether fitted steps tell the type; else it is a guess, and a sample may know better."""


UNUSED = ColumnFacts("any", nullable=True)


def is_vectorizer(step: Any) -> bool:
    """Whether a step takes texts: CountVectorizer, TfidfVectorizer, HashingVectorizer."""
    return isinstance(step, sklearn_text.CountVectorizer | sklearn_text.HashingVectorizer)


def flattened(step: Any) -> list[Any]:
    """List the steps of a pipeline and of the pipelines in it; anything else is one step."""
    if not isinstance(step, sklearn_pipeline.Pipeline):
        return [step]
    return [inner for _, child in step.steps for inner in flattened(child)]


def describe_columns(steps: list[Any], width: int, rest: Sequence[Any] = ()) -> list[ColumnFacts]:
    """Describe ``width`` columns that go through fitted steps, the first that knows deciding.

    ``rest`` are the steps that come after what these make of the columns.
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
    if imputer is None and not _tells(step):
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


def _tells(step: Any) -> bool:
    """Whether a step tells the types of its input: a function tells none, nor does a stranger."""
    if isinstance(step, (sklearn_preprocessing.FunctionTransformer, *_TAKES_ANYTHING)):
        return False
    return type(step).__module__.partition(".")[0] in _TELLING


def _guessed(step: Any, rest: list[Any], width: int) -> list[ColumnFacts]:
    """Guess that a function leaves the types as they are, and that all else takes numbers."""
    if not isinstance(step, sklearn_preprocessing.FunctionTransformer):
        return _of_numbers(None, [step, *rest], width)
    try:
        return describe_columns(rest, width)
    except (IndexError, ValueError):  # It left not even the number of columns as it was.
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
    """Follow each column into the branches that take it; what no branch takes may be anything."""
    described: list[list[ColumnFacts]] = []
    for name, branch, _ in transformer.transformers_:
        if isinstance(branch, str) and branch == "drop":
            continue
        # The public attribute holds names, slices and masks; this one the resolved positions.
        positions: list[int] = list(transformer._transformer_to_input_indices[name])
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


def _passed_on(transformer: Any, name: str, following: list[Any]) -> list[ColumnFacts]:
    """Describe the columns that a branch passes on as they are, by what they meet next."""
    slices: dict[str, slice] = transformer.output_indices_
    return describe_columns(following, max(each.stop for each in slices.values()))[slices[name]]


def _merged(branches: list[list[ColumnFacts]]) -> list[ColumnFacts]:
    """Bring together what several branches say about the same columns."""
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
    if categories.dtype.kind == "M":  # A NaT is not even found among categories that hold one.
        return replace(facts, nullable=takes_unknown, dtype=categories.dtype)
    if imputer is None:
        nullable = bool(nulls) or takes_unknown
        return replace(facts, nullable=nullable, marker=nulls[0] if nulls else nan)
    marker = imputer.missing_values
    return replace(facts, nullable=_is_null(marker), marker=marker)


def _of_values(values: list[Any], *, is_object: bool) -> ColumnFacts:
    """Describe a column by values that it was fitted on, none of them null."""
    kind = _type_of(values)
    example = _plain(values[0]) if values else None
    if kind != "datetime":
        return ColumnFacts(kind, is_object=is_object, example=example)
    moment = pandas.Timestamp(values[0])
    dtype = pandas.Series([moment]).dtype
    return ColumnFacts(kind, is_object=is_object, dtype=dtype, example=moment.isoformat())


def _type_of(values: list[Any]) -> ColumnType:
    if values and all(_is_moment(value) for value in values):
        return "datetime"
    plain: set[Any] = {type(_plain(value)) for value in values}
    if plain == {str}:
        return "text"
    if plain == {bool}:
        return "boolean"
    return "number" if plain and plain <= {int, float} else "any"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) or getattr(getattr(value, "dtype", None), "kind", "") == "M"


def _is_null(value: Any) -> bool:
    return bool(pandas.isna(value))


def _accept_nulls(steps: Sequence[Any]) -> bool:
    """Whether a null gets through: every step takes it, up to one that replaces it."""
    for step in steps:
        if isinstance(step, _SEES_NOTHING):
            continue
        if not sklearn_utils.get_tags(step).input_tags.allow_nan:
            return False
        if isinstance(step, _TAKES_NULLS_AWAY):
            return True
    return bool(steps)
