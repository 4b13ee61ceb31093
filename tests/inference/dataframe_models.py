"""Fitted pipelines on DataFrames, each with its training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from inference.child import libraries as lib
from inference.child.libraries import pandas
from tests.inference.column_models import LOGISTIC, TEXTS, SampleModel

DAYS = ["2026-01-05", "2026-02-14T12:30:00", "2026-01-05", "2026-12-24", "2026-02-14T12:30:00"]
ORDERS = {
    "day": DAYS * 2,
    "shop": [3, 7, 3, 12, 7, 7, 12, 3, 7, 12],
    "size": ["S", "M", "L", "M", None, "S", "L", "M", "M", "S"],
    "gift": [True, False, False, True, True, False, True, False, False, True],
    "price": [9.5, 20.0, None, 12.25, 7.0, 30.0, 11.0, 8.5, None, 16.0],
}
RETURNED = ["no", "yes", "no", "no", "yes", "yes", "no", "no", "yes", "yes"]

_compose, _pipelines, _scaling = (
    lib.sklearn_compose,
    lib.sklearn_pipeline,
    lib.sklearn_preprocessing,
)
_ensemble: Any = lib.sklearn_ensemble
_multiclass: Any = lib.import_module("sklearn.multiclass")
_search: Any = lib.import_module("sklearn.model_selection")
_calibration: Any = lib.import_module("sklearn.calibration")


def orders() -> Any:
    """Dates, numbers of shops, sizes with holes, flags and prices with holes."""
    frame = pandas.DataFrame(ORDERS)
    frame["day"] = pandas.to_datetime(frame["day"], format="ISO8601")
    return frame.astype({"size": "category"})


def _rows(*names: str) -> list[Any]:
    return [list(row) for row in zip(*(ORDERS[name] for name in names), strict=True)]


def _columns(*names: str) -> Any:
    """Process each column by its type."""
    one_hot = _scaling.OneHotEncoder(handle_unknown="ignore")
    prices = _pipelines.make_pipeline(
        lib.sklearn_impute.SimpleImputer(strategy="median", add_indicator=True),
        _scaling.StandardScaler(),
    )
    sizes = _pipelines.make_pipeline(
        lib.sklearn_impute.SimpleImputer(strategy="constant", fill_value="?"),
        _scaling.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    )
    steps = {"day": one_hot, "shop": one_hot, "size": sizes, "gift": "passthrough"}
    parts = [(name, steps.get(name, prices), [name]) for name in names]
    return _compose.ColumnTransformer(parts, sparse_threshold=0)


def _on_orders(final: Any, *names: str, target: Any = RETURNED) -> SampleModel:
    columns = names or tuple(ORDERS)
    model = _pipelines.make_pipeline(_columns(*columns), final)
    frame = orders()[list(columns)]
    return SampleModel(model.fit(frame, target), _rows(*columns), frame)


def _outermost(wrap: Callable[[Any], Any]) -> SampleModel:
    """Wrap a whole pipeline in something else."""
    names = ("shop", "gift", "price")
    inner = _pipelines.make_pipeline(_columns(*names), LOGISTIC(max_iter=1000))
    frame = orders()[list(names)]
    return SampleModel(wrap(inner).fit(frame, RETURNED), _rows(*names), frame)


def _dates_alone() -> SampleModel:
    """Encode dates and nothing else."""
    frame = orders()[["day"]]
    model = _pipelines.make_pipeline(_scaling.OrdinalEncoder(), LOGISTIC(max_iter=1000))
    return SampleModel(model.fit(frame, RETURNED), _rows("day"), frame)


def _by_target() -> SampleModel:
    """Encode by the target, with categories that were never seen."""
    frame = orders()[["day", "shop", "size"]].astype({"size": object})
    encoder = _scaling.TargetEncoder(cv=_search.StratifiedKFold(2), target_type="binary")
    model = _pipelines.make_pipeline(encoder, LOGISTIC())
    rows = [*_rows("day", "shop", "size")[:9], ["2030-01-01", 99, "XXL"]]
    native = frame.copy()
    native.loc[9] = [pandas.Timestamp("2030-01-01"), 99, "XXL"]
    return SampleModel(model.fit(frame, RETURNED), rows, native)


def _selected() -> SampleModel:
    """Select the columns by their types, and pass DataFrames from step to step."""
    numbers = _compose.make_column_selector(dtype_include=np.number)
    columns = _compose.ColumnTransformer(
        [("numbers", lib.sklearn_impute.SimpleImputer(), numbers)],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    again = _compose.ColumnTransformer(
        [("price", _scaling.StandardScaler(), ["price"])], remainder="passthrough"
    )
    frame = orders()[["gift", "shop", "price"]]
    model = _pipelines.make_pipeline(columns, again, _ensemble.RandomForestClassifier(5))
    return SampleModel(model.fit(frame, RETURNED), _rows("gift", "shop", "price"), frame)


def _missing_strings() -> SampleModel:
    """Fill what is missing in a column of pandas' own strings, and code it with a small type."""
    frame = orders()[["size"]].astype({"size": "string"})
    model = _pipelines.make_pipeline(
        lib.sklearn_impute.SimpleImputer(missing_values=pandas.NA, strategy="most_frequent"),
        _scaling.OneHotEncoder(handle_unknown="infrequent_if_exist", dtype=np.float32),
        LOGISTIC(),
    )
    return SampleModel(model.fit(frame, RETURNED), _rows("size"), frame)


def _logged() -> SampleModel:
    """Apply a function to a column."""
    frame = orders()[["shop", "price"]].fillna(10.0)
    columns = _compose.make_column_transformer(
        (_scaling.FunctionTransformer(np.log1p), ["price"]), ("drop", ["shop"])
    )
    model = _pipelines.make_pipeline(columns, lib.sklearn_linear.LinearRegression())
    rows = [[shop, 10.0 if price is None else price] for shop, price in _rows("shop", "price")]
    return SampleModel(model.fit(frame, range(10)), rows, frame)


def _boosted() -> SampleModel:
    """Boost on categories, flags and numbers as they are."""
    frame = orders()[["size", "gift", "price"]].astype({"gift": "category"})
    kind = _ensemble.HistGradientBoostingClassifier
    model = kind(max_iter=5, min_samples_leaf=1, categorical_features="from_dtype")
    return SampleModel(model.fit(frame, RETURNED), _rows("size", "gift", "price"), frame)


def _topics() -> SampleModel:
    """Give each text any number of labels."""
    final = _multiclass.OneVsRestClassifier(LOGISTIC(max_iter=1000))
    model = _pipelines.make_pipeline(lib.sklearn_text.TfidfVectorizer(), final)
    flags = np.array([[1, 0], [0, 1], [1, 1], [0, 1], [1, 0], [0, 1]])
    return SampleModel(model.fit(TEXTS, flags), TEXTS, TEXTS)


_two: Any = np.array([RETURNED, ["a", "b", "c", "a", "b"] * 2]).T
MAKERS: dict[str, Callable[[], SampleModel]] = {
    "orders": lambda: _on_orders(LOGISTIC(max_iter=1000)),
    "orders forest": lambda: _on_orders(_ensemble.RandomForestClassifier(10, random_state=0)),
    "orders of two names": lambda: _on_orders(
        _ensemble.ExtraTreesClassifier(10, random_state=0), target=_two
    ),
    "orders of two numbers": lambda: _on_orders(
        lib.sklearn_linear.Ridge(), target=np.arange(20.0).reshape(10, 2)
    ),
    "orders searched": lambda: _outermost(
        lambda inner: _search.GridSearchCV(inner, {"logisticregression__C": [0.1, 1]}, cv=2)
    ),
    "orders calibrated": lambda: _outermost(
        lambda inner: _calibration.CalibratedClassifierCV(inner, cv=2)
    ),
    "orders voted": lambda: _outermost(
        lambda inner: _ensemble.VotingClassifier([("a", inner)], voting="soft")
    ),
    "orders stacked": lambda: _outermost(
        lambda inner: _ensemble.StackingClassifier([("a", inner)], LOGISTIC(), cv=2)
    ),
    "shops": lambda: _on_orders(LOGISTIC(max_iter=1000), "shop"),
    "dates alone": _dates_alone,
    "by target": _by_target,
    "selected": _selected,
    "missing strings": _missing_strings,
    "logged column": _logged,
    "boosted": _boosted,
    "topics": _topics,
}
