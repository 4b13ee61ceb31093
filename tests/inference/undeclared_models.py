"""Fitted pipelines that do not define their input, with rows that do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from inference.child import libraries as lib
from inference.child.libraries import pandas
from tests.inference.column_models import LOGISTIC, SampleModel
from tests.inference.custom_transformers import (
    Ratio,
    calendar,
    first_letters,
    kinds,
    lengths,
    written,
)

DAYS = ["2026-01-05", "2026-02-14", "2026-07-04", "2026-12-24", "2026-03-08", "2026-11-11"]
TOWNS = ["Ulm", "Bonn", "Köln", "Jena", "Ulm", "Kiel"]
PRICES = [1.0, 2.5, 8.0, 1.5, 3.0, 2.0]
TARGET = [0, 1, 1, 0, 1, 0]

_function: Any = lib.sklearn_preprocessing.FunctionTransformer
_pipeline: Any = lib.sklearn_pipeline.make_pipeline
_dummy: Any = lib.sklearn_dummy.DummyClassifier


def _dates() -> SampleModel:
    """Fit on a DataFrame of dates, of which a function makes numbers."""
    frame = pandas.DataFrame({"day": pandas.to_datetime(DAYS)})
    model = _pipeline(_function(calendar), LOGISTIC(max_iter=1000)).fit(frame, TARGET)
    return SampleModel(model, [{"day": day} for day in DAYS], frame)


def _dates_among_others() -> SampleModel:
    """Fit on dates, towns and prices, each in its own branch."""
    frame = pandas.DataFrame({"day": pandas.to_datetime(DAYS), "town": TOWNS, "price": PRICES})
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = lib.sklearn_compose.ColumnTransformer(
        [
            ("day", _function(calendar), ["day"]),
            ("town", _pipeline(_function(first_letters), encoder), ["town"]),
            ("price", lib.sklearn_preprocessing.StandardScaler(), ["price"]),
        ]
    )
    model = _pipeline(columns, LOGISTIC(max_iter=1000)).fit(frame, TARGET)
    rows = [list(row) for row in zip(DAYS, TOWNS, PRICES, strict=True)]
    return SampleModel(model, rows, frame)


def _texts_that_look_like_dates() -> SampleModel:
    """Fit on texts that look like dates, and that a function uses as texts."""
    frame = pandas.DataFrame({"day": pandas.Series(DAYS, dtype=object)})
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    model = _pipeline(_function(first_letters), encoder, LOGISTIC()).fit(frame, TARGET)
    return SampleModel(model, [{"day": day} for day in DAYS], frame)


def _array_of_texts() -> SampleModel:
    """Fit on an array of texts, which a function counts."""
    values = np.array([[town] for town in TOWNS], dtype=object)
    model = _pipeline(_function(lengths), LOGISTIC(max_iter=1000)).fit(values, TARGET)
    return SampleModel(model, values.tolist(), values)


def _ratio() -> SampleModel:
    """Fit on columns that a transformer selects by name without declaring it."""
    frame = pandas.DataFrame({"paid": PRICES, "due": [2.0, 2.0, 8.0, 3.0, 3.0, 4.0]})
    model = _pipeline(Ratio(), LOGISTIC()).fit(frame, TARGET)
    return SampleModel(model, frame.to_dict("records"), frame)


def _written_numbers() -> SampleModel:
    """Fit on integers that a function writes as texts."""
    frame = pandas.DataFrame({"shop": [3, 7, 12, 3, 7, 12]})
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    model = _pipeline(_function(written), encoder, LOGISTIC()).fit(frame, TARGET)
    return SampleModel(model, frame.to_dict("records"), frame)


def _array_of_all_kinds() -> SampleModel:
    """Fit on an array whose values a function handles one by one."""
    values = np.array([["a", 1, 1.5], [1, 1.5, "a"], [1.5, "a", 1]] * 2, dtype=object)
    model = _pipeline(_function(kinds), LOGISTIC()).fit(values, TARGET)
    return SampleModel(model, values.tolist(), values)


def _anything() -> SampleModel:
    """Fit an estimator that ignores its input, on texts and numbers."""
    frame = pandas.DataFrame({"town": TOWNS, "price": PRICES})
    rows = [list(row) for row in zip(TOWNS, PRICES, strict=True)]
    return SampleModel(_dummy(strategy="most_frequent").fit(frame, TARGET), rows, frame)


UNDECLARED: dict[str, Callable[[], SampleModel]] = {
    "dates": _dates,
    "dates among others": _dates_among_others,
    "texts that look like dates": _texts_that_look_like_dates,
    "array of texts": _array_of_texts,
    "ratio": _ratio,
    "written numbers": _written_numbers,
    "array of all kinds": _array_of_all_kinds,
    "anything": _anything,
}
