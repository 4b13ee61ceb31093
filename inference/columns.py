"""What each input column of a fitted estimator holds, read from the steps that see it first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, nan
from typing import Any

from domain.signature import ColumnType
from inference.libraries import (
    pandas,
    sklearn_compose,
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


@dataclass(frozen=True)
class Facts:
    """One input column."""

    type: ColumnType
    nullable: bool = False
    marker: Any = nan
    """What stands for null in it: what its encoder or imputer was fitted with."""
    is_object: bool = False
    """Whether numbers or booleans must come as Python objects, as they did in the fitting."""
    example: Any = None
    """A value that it was fitted on, where the fitted steps remember one."""


UNUSED = Facts("any", nullable=True)


def is_vectorizer(step: Any) -> bool:
    """Whether a step takes texts: CountVectorizer, TfidfVectorizer, HashingVectorizer."""
    return isinstance(step, sklearn_text.CountVectorizer | sklearn_text.HashingVectorizer)


def flattened(step: Any) -> list[Any]:
    """List the steps of a pipeline and of the pipelines in it; anything else is one step."""
    if not isinstance(step, sklearn_pipeline.Pipeline):
        return [step]
    return [inner for _, child in step.steps for inner in flattened(child)]


def facts_of(steps: list[Any], width: int) -> list[Facts]:
    """Describe ``width`` columns that go through fitted steps, the first that knows deciding."""
    imputer = None
    for index, step in enumerate(steps):
        rest = steps[index + 1 :]
        if isinstance(step, _SEES_NOTHING):
            continue
        if isinstance(step, sklearn_compose.ColumnTransformer):
            return _of_column_transformer(step, rest, width)
        if isinstance(step, sklearn_pipeline.FeatureUnion):
            branches = [[*flattened(branch), *rest] for _, branch in step.transformer_list]
            return _merged([facts_of(branch, width) for branch in branches])
        if is_vectorizer(step):
            return [Facts("text")] * width
        if isinstance(step, _ENCODERS):
            return [_of_encoder(step, j, imputer) for j in range(width)]
        if imputer is None and isinstance(step, sklearn_impute.SimpleImputer):
            imputer = step
            continue
        return _of_numbers(imputer, steps[index:], width)
    return _of_numbers(imputer, [], width)


def _of_numbers(imputer: Any, steps: list[Any], width: int) -> list[Facts]:
    if imputer is None:
        return [Facts("number", nullable=_accept_nulls(steps))] * width
    nullable = _is_null(imputer.missing_values)
    if imputer.statistics_.dtype.kind != "O":
        return [Facts("number", nullable)] * width
    return [
        Facts(_type_of([_plain(value)]), nullable, imputer.missing_values, True, _plain(value))
        for value in imputer.statistics_
    ]


def _of_column_transformer(transformer: Any, rest: list[Any], width: int) -> list[Facts]:
    """Follow each column into the branches that take it; what no branch takes may be anything."""
    described: list[list[Facts]] = []
    for name, branch, _ in transformer.transformers_:
        if isinstance(branch, str) and branch == "drop":
            continue
        # The public attribute holds names, slices and masks; this one the resolved positions.
        positions: list[int] = list(transformer._transformer_to_input_indices[name])
        row = [UNUSED] * width
        facts = facts_of([*flattened(branch), *rest], len(positions))
        for position, fact in zip(positions, facts, strict=True):
            row[position] = fact
        described.append(row)
    return _merged(described) if described else [UNUSED] * width


def _merged(branches: list[list[Facts]]) -> list[Facts]:
    """Bring together what several branches say about the same columns."""
    return [
        _agreed([fact for fact in facts if fact is not UNUSED])
        for facts in zip(*branches, strict=True)
    ]


def _agreed(facts: list[Facts]) -> Facts:
    if not facts:
        return UNUSED
    types: set[ColumnType] = {fact.type for fact in facts if fact.type != "any"}
    markers = [fact.marker for fact in facts if not isinstance(fact.marker, float)]
    return Facts(
        type=types.pop() if len(types) == 1 else "any",
        nullable=all(fact.nullable for fact in facts),
        marker=markers[0] if markers else nan,
        is_object=any(fact.is_object for fact in facts),
        example=next((fact.example for fact in facts if fact.example is not None), None),
    )


def _of_encoder(encoder: Any, position: int, imputer: Any) -> Facts:
    categories = list(encoder.categories_[position])
    nulls = [category for category in categories if _is_null(category)]
    values = [_plain(category) for category in categories if not _is_null(category)]
    takes_unknown = getattr(encoder, "handle_unknown", "error") != "error"
    facts = Facts(
        type=_type_of(values),
        nullable=bool(nulls) or takes_unknown,
        marker=nulls[0] if nulls else nan,
        is_object=encoder.categories_[position].dtype.kind == "O",
        example=values[0] if values else None,
    )
    if imputer is None:
        return facts
    marker = imputer.missing_values
    return replace(facts, nullable=_is_null(marker), marker=marker)


def _type_of(values: list[Any]) -> ColumnType:
    plain = set(map(type, values))
    if plain == {str}:
        return "text"
    if plain == {bool}:
        return "boolean"
    return "number" if plain and plain <= {int, float} else "any"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _is_null(value: Any) -> bool:
    return value is None or value is pandas.NA or (isinstance(value, float) and isnan(value))


def _accept_nulls(steps: list[Any]) -> bool:
    """Whether a null gets through: every step takes it, up to one that replaces it."""
    for step in steps:
        if isinstance(step, _SEES_NOTHING):
            continue
        if not sklearn_utils.get_tags(step).input_tags.allow_nan:
            return False
        if isinstance(step, _TAKES_NULLS_AWAY):
            return True
    return bool(steps)
