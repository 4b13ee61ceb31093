"""Small fitted pipelines on columns and texts, each with its training rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from inference.child import libraries as lib
from inference.child.libraries import pandas

LOGISTIC: Any = lib.sklearn_linear.LogisticRegression


class SampleModel(NamedTuple):
    """A fitted estimator, and rows as JSON values and as scikit-learn takes them."""

    estimator: Any
    rows: list[Any]
    native: Any


MIXED = {
    "age": [22.0, 38.0, None, 35.0, 54.0, 2.0, 27.0, 14.0, None, 58.0],
    "fare": [7.25, 71.3, 7.9, 53.1, 8.05, 8.5, 51.9, 21.1, 11.1, 30.0],
    "sex": ["m", "f", "f", "f", "m", "m", "m", "m", "f", "f"],
    "port": ["S", "C", "S", None, "S", "Q", "S", "S", None, "C"],
    "alone": [True, False, True, False, True, True, False, False, True, True],
}
TEXTS = ["good film", "bad film", "very good", "very bad", "a good one", "a bad one"]


def _frame() -> Any:
    return pandas.DataFrame(MIXED)


def _columns() -> Any:
    scaled = lib.sklearn_pipeline.make_pipeline(
        lib.sklearn_impute.SimpleImputer(), lib.sklearn_preprocessing.StandardScaler()
    )
    encoder = lib.sklearn_preprocessing.OneHotEncoder()
    return lib.sklearn_compose.ColumnTransformer(
        [
            ("numbers", scaled, ["age", "fare"]),
            ("words", encoder, ["sex", "port"]),
            ("flags", lib.sklearn_preprocessing.OneHotEncoder(drop="if_binary"), ["alone"]),
        ]
    )


def mixed(final: Any) -> SampleModel:
    """Fit on numbers, words and flags, with nulls among them."""
    frame = _frame()
    model = lib.sklearn_pipeline.make_pipeline(_columns(), final)
    rows = [list(row) for row in zip(*MIXED.values(), strict=True)]
    return SampleModel(model.fit(frame, ["no", "yes"] * 5), rows, frame)


def texts(final: Any) -> SampleModel:
    """Fit on texts alone."""
    model = lib.sklearn_pipeline.make_pipeline(lib.sklearn_text.TfidfVectorizer(), final)
    return SampleModel(model.fit(TEXTS, ["+", "-"] * 3), TEXTS, TEXTS)


def encoded() -> SampleModel:
    """Fit an encoder on an array of objects."""
    values = np.array([["a", 1], ["b", 2], ["a", 3], ["c", 1]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    model = lib.sklearn_pipeline.make_pipeline(encoder, LOGISTIC())
    return SampleModel(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def encoded_texts() -> SampleModel:
    """Fit an encoder on an array of strings."""
    values = np.array([["a", "x"], ["b", "y"], ["a", "zz"], ["c", "x"]])
    encoder = lib.sklearn_preprocessing.OrdinalEncoder()
    model = lib.sklearn_pipeline.make_pipeline(encoder, LOGISTIC())
    return SampleModel(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def categories() -> SampleModel:
    """Fit on pandas categories, without any pipeline."""
    frame = _frame()[["age", "sex", "port"]].astype({"sex": "category", "port": "category"})
    kind = lib.sklearn_ensemble.HistGradientBoostingClassifier
    model = kind(max_iter=5, min_samples_leaf=1, categorical_features="from_dtype")
    rows = [list(row) for row in zip(MIXED["age"], MIXED["sex"], MIXED["port"], strict=True)]
    return SampleModel(model.fit(frame, [0, 1] * 5), rows, frame)


def imputed() -> SampleModel:
    """Fill words before they are encoded, and pass the rest through."""
    frame = _frame()[["sex", "port", "fare"]]
    words = lib.sklearn_pipeline.make_pipeline(
        lib.sklearn_impute.SimpleImputer(strategy="most_frequent"),
        lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    columns = lib.sklearn_compose.ColumnTransformer(
        [("words", words, [0, 1])], remainder="passthrough"
    )
    model = lib.sklearn_pipeline.make_pipeline(columns, lib.sklearn_linear.LinearRegression())
    rows = [list(row) for row in zip(MIXED["sex"], MIXED["port"], MIXED["fare"], strict=True)]
    return SampleModel(model.fit(frame, range(10)), rows, frame)


def joined() -> SampleModel:
    """Take texts, numbers and an unused column."""
    frame = pandas.DataFrame({"text": TEXTS, "stars": [4, 1, 5, 1, 4, 2], "note": ["-"] * 6})
    columns = lib.sklearn_compose.make_column_transformer(
        (lib.sklearn_text.CountVectorizer(), "text"), ("passthrough", ["stars"])
    )
    model = lib.sklearn_pipeline.make_pipeline(
        columns, lib.sklearn_ensemble.RandomForestClassifier(20, random_state=0)
    )
    rows = [[text, stars, "-"] for text, stars in zip(TEXTS, [4, 1, 5, 1, 4, 2], strict=True)]
    return SampleModel(model.fit(frame, ["+", "-"] * 3), rows, frame)


def united() -> SampleModel:
    """Read texts in two ways at once."""
    union = lib.sklearn_pipeline.make_union(
        lib.sklearn_text.TfidfVectorizer(),
        lib.sklearn_text.CountVectorizer(analyzer="char", ngram_range=(1, 2)),
    )
    model = lib.sklearn_pipeline.make_pipeline(union, lib.import_module("sklearn.svm").LinearSVC())
    return SampleModel(model.fit(TEXTS, ["+", "-"] * 3), TEXTS, TEXTS)


def masked() -> SampleModel:
    """Choose the columns of an array by mask and slice."""
    values = np.array([["a", 1.5], ["b", 2.5], ["a", 3.5], ["c", 1.0]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = lib.sklearn_compose.ColumnTransformer(
        [("words", encoder, [True, False]), ("numbers", "passthrough", slice(1, 2))]
    )
    model = lib.sklearn_pipeline.make_pipeline(columns, LOGISTIC(max_iter=1000))
    return SampleModel(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def marked() -> SampleModel:
    """Fit an encoder on nulls that are None."""
    values = np.array([["a"], [None], ["b"], [None]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder()
    model = lib.sklearn_pipeline.make_pipeline(encoder, LOGISTIC(max_iter=1000))
    return SampleModel(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def dictionaries() -> SampleModel:
    """Fit on dictionaries."""
    rows = [{"a": 1}, {"b": 2}]
    vectorizer = lib.sklearn_dicts.DictVectorizer()
    return SampleModel(
        lib.sklearn_pipeline.make_pipeline(vectorizer, LOGISTIC(max_iter=1000)).fit(rows, [0, 1]),
        rows,
        rows,
    )


def file_reader() -> SampleModel:
    """Fit on the names of files."""
    vectorizer = lib.sklearn_text.CountVectorizer(input="filename", analyzer="char")
    model = lib.sklearn_pipeline.make_pipeline(vectorizer, LOGISTIC(max_iter=1000))
    return SampleModel(model.fit([__file__] * 2, [0, 1]), [], [])
