"""The columns that fitted steps define, through other steps, and of datetimes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from domain.signature import Column
from inference.child.columns import describe_columns
from inference.child.estimator_input import frame_of
from inference.child.introspection import shape_of
from inference.child.libraries import (
    pandas,
    sklearn_compose,
    sklearn_impute,
    sklearn_linear,
    sklearn_pipeline,
    sklearn_preprocessing,
    sklearn_tree,
)
from tests.inference.custom_transformers import Ratio, first_letters

scaler, tree = sklearn_preprocessing.StandardScaler, sklearn_tree.DecisionTreeClassifier
linear, function = sklearn_linear.LinearRegression, sklearn_preprocessing.FunctionTransformer
TARGET = [0, 1, 0]
DAYS = pandas.to_datetime(["2026-01-05", "2026-02-14", "2026-01-05"])


def fitted(step: Any, frame: Any) -> Any:
    return sklearn_pipeline.make_pipeline(step, tree()).fit(frame, TARGET)


@pytest.mark.parametrize(
    ("days", "dtype", "is_object"),
    [
        (DAYS.astype("datetime64[ns]"), "datetime64[ns]", False),
        (DAYS.astype("datetime64[s]"), "datetime64[s]", False),
        (DAYS.tz_localize("UTC"), "datetime64[us, UTC]", True),
        (DAYS.astype(object), "datetime64[us]", True),
    ],
)
def test_datetimes_get_the_dtype_they_were_fitted_with(
    days: Any, dtype: str, is_object: bool
) -> None:
    model = fitted(sklearn_preprocessing.OneHotEncoder(), pandas.DataFrame({"day": days}))
    shape = shape_of(model)
    [fact] = shape.facts
    assert (fact.type, str(fact.dtype), fact.is_object) == ("datetime", dtype, is_object)
    texts = [["2026-02-14T01:00:00+01:00"], ["2026-01-05"], ["2026-02-14 00:00Z"]]
    assert model.predict(frame_of(shape, texts)).tolist() == [1, 0, 1]


def test_a_null_among_datetimes_is_nat() -> None:
    encoder = sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    days = pandas.to_datetime(["2026-01-05", None, "2026-02-14"])
    shape = shape_of(fitted(encoder, pandas.DataFrame({"day": days})))
    assert shape.columns == (Column("day", "datetime", nullable=True),)
    assert frame_of(shape, [[None], ["2026-01-05"]])["day"].isna().tolist() == [True, False]


def test_imputed_datetimes_are_datetimes() -> None:
    imputer = sklearn_impute.SimpleImputer(strategy="most_frequent")
    frame = pandas.DataFrame({"day": DAYS.tz_localize("UTC")})
    [fact] = describe_columns([imputer.fit(frame)], 1)
    assert (fact.type, fact.is_object) == ("datetime", True)
    assert fact.example == "2026-01-05T00:00:00+00:00"


def test_passed_through_columns_are_described_by_the_next_step() -> None:
    frame = pandas.DataFrame({"a": [1.0, None, 3.0], "b": ["x", "y", "x"], "c": [3, 5, 3]})
    first = sklearn_compose.ColumnTransformer(
        [("fill", sklearn_impute.SimpleImputer(), ["a"])], remainder="passthrough"
    )
    encoder = sklearn_preprocessing.OrdinalEncoder()
    second = sklearn_compose.ColumnTransformer(
        [("code", encoder, [1]), ("rest", "passthrough", [0, 2])]
    )
    model = fitted(sklearn_pipeline.make_pipeline(first, second), frame)
    assert [(c.type, c.nullable) for c in shape_of(model).columns] == [
        ("number", True),
        ("text", False),
        ("number", True),
    ]


def test_columns_behind_a_function_are_guessed_from_the_next_step() -> None:
    function = sklearn_preprocessing.FunctionTransformer(first_letters)
    frame = pandas.DataFrame({"town": ["Ulm", "Bonn", "Ulm"]})
    encoder = sklearn_preprocessing.OneHotEncoder()
    shape = shape_of(fitted(sklearn_pipeline.make_pipeline(function, encoder), frame))
    [fact] = shape.facts
    assert (fact.type, fact.is_known, shape.form) == ("text", False, "table")


def test_columns_behind_a_function_that_changes_their_number_are_numbers() -> None:
    function = sklearn_preprocessing.FunctionTransformer(np.sum, kw_args={"axis": 1})
    wide = sklearn_preprocessing.FunctionTransformer(np.transpose)
    encoder = sklearn_preprocessing.OrdinalEncoder().fit([["a"]])
    for step in (function, wide):
        facts = describe_columns([step, encoder], 2)
        assert [(fact.type, fact.is_known) for fact in facts] == [("number", False)] * 2


@pytest.mark.parametrize(
    ("steps", "nullable"),
    [
        ([scaler(), tree()], True),
        ([scaler(), linear()], False),
        ([scaler(), "passthrough", function(), sklearn_impute.KNNImputer(), linear()], True),
        ([sklearn_impute.KNNImputer(), linear()], True),
        ([], False),
    ],
)
def test_nulls_are_accepted_if_every_step_accepts_them(steps: list[Any], nullable: bool) -> None:
    assert [fact.nullable for fact in describe_columns(steps, 1)] == [nullable]


def test_an_identity_function_hides_nothing() -> None:
    function = sklearn_preprocessing.FunctionTransformer()
    encoder = sklearn_preprocessing.OrdinalEncoder().fit([["a"], ["b"]])
    [fact] = describe_columns([function, encoder], 1)
    assert (fact.type, fact.is_known) == ("text", True)


def test_the_branches_that_define_types_decide() -> None:
    frame = pandas.DataFrame({"town": ["Ulm", "Bonn", "Ulm"]})
    columns = sklearn_compose.ColumnTransformer(
        [
            ("codes", sklearn_preprocessing.OneHotEncoder(), ["town"]),
            ("own", fit_of_a_stranger(), ["town"]),
        ]
    )
    shape = shape_of(fitted(columns, frame))
    assert [(fact.type, fact.is_known) for fact in shape.facts] == [("text", True)]


def fit_of_a_stranger() -> Any:
    """A transformer of an unknown library, which converts anything to numbers."""

    class Lengths(Ratio):
        def transform(self, X: Any) -> Any:  # noqa: N803
            return X.map(len).to_numpy()

    return Lengths()
