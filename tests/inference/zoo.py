"""Small fitted estimators of every kind that people upload, each with rows that it knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from inference import libraries as lib
from inference.libraries import pandas

_datasets: Any = lib.import_module("sklearn.datasets")
_linear: Any = lib.import_module("sklearn.linear_model")
_multi: Any = lib.import_module("sklearn.multioutput")
_multiclass: Any = lib.import_module("sklearn.multiclass")
_neighbors: Any = lib.import_module("sklearn.neighbors")
_neural: Any = lib.import_module("sklearn.neural_network")
_svm: Any = lib.import_module("sklearn.svm")
_cluster: Any = lib.import_module("sklearn.cluster")
_bayes: Any = lib.import_module("sklearn.naive_bayes")
_calibration: Any = lib.import_module("sklearn.calibration")
_dummy: Any = lib.import_module("sklearn.dummy")
_search: Any = lib.import_module("sklearn.model_selection")


class Specimen(NamedTuple):
    """A fitted estimator, and rows as JSON values and as scikit-learn takes them."""

    estimator: Any
    rows: list[Any]
    native: Any


class Zoo:
    """Fits an estimator when it is first asked for."""

    def __getitem__(self, name: str) -> Specimen:
        return _fitted(name)

    @staticmethod
    def unpredicting() -> Any:
        """A fitted estimator that neither predicts nor transforms."""
        return _neighbors.KernelDensity().fit([[0.0], [1.0]])

    @staticmethod
    def tree_with_labels(labels: list[Any]) -> Any:
        """A classifier of two classes of whatever type."""
        tree = lib.sklearn_tree.DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
        tree.classes_ = np.empty(2, dtype=object)
        tree.classes_[:] = labels
        return tree


MIXED = {
    "age": [22.0, 38.0, None, 35.0, 54.0, 2.0, 27.0, 14.0, None, 58.0],
    "fare": [7.25, 71.3, 7.9, 53.1, 8.05, 8.5, 51.9, 21.1, 11.1, 30.0],
    "sex": ["m", "f", "f", "f", "m", "m", "m", "m", "f", "f"],
    "port": ["S", "C", "S", None, "S", "Q", "S", "S", None, "C"],
    "alone": [True, False, True, False, True, True, False, False, True, True],
}
TEXTS = ["good film", "bad film", "very good", "very bad", "a good one", "a bad one"]


@cache
def _fitted(name: str) -> Specimen:
    return _MAKERS[name]()


def _iris(estimator: Any, target: Callable[[Any], Any] = lambda y: y) -> Specimen:
    x, y = _datasets.load_iris(return_X_y=True)
    return Specimen(estimator.fit(x, target(y)), x[::11].tolist(), x[::11])


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


def _mixed(final: Any) -> Specimen:
    frame = _frame()
    model = lib.sklearn_pipeline.make_pipeline(_columns(), final)
    rows = [list(row) for row in zip(*MIXED.values(), strict=True)]
    return Specimen(model.fit(frame, ["no", "yes"] * 5), rows, frame)


def _texts(final: Any) -> Specimen:
    model = lib.sklearn_pipeline.make_pipeline(lib.sklearn_text.TfidfVectorizer(), final)
    return Specimen(model.fit(TEXTS, ["+", "-"] * 3), TEXTS, TEXTS)


def _named(estimator: Any) -> Specimen:
    x, y = _datasets.load_iris(return_X_y=True, as_frame=True)
    return Specimen(estimator.fit(x, y), x[::11].to_numpy().tolist(), x[::11])


def _encoded() -> Specimen:
    values = np.array([["a", 1], ["b", 2], ["a", 3], ["c", 1]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    model = lib.sklearn_pipeline.make_pipeline(encoder, _linear.LogisticRegression())
    return Specimen(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def _encoded_texts() -> Specimen:
    values = np.array([["a", "x"], ["b", "y"], ["a", "zz"], ["c", "x"]])
    encoder = lib.sklearn_preprocessing.OrdinalEncoder()
    model = lib.sklearn_pipeline.make_pipeline(encoder, _linear.LogisticRegression())
    return Specimen(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def _categories() -> Specimen:
    frame = _frame()[["age", "sex", "port"]].astype({"sex": "category", "port": "category"})
    kind = lib.sklearn_ensemble.HistGradientBoostingClassifier
    model = kind(max_iter=5, min_samples_leaf=1, categorical_features="from_dtype")
    rows = [list(row) for row in zip(MIXED["age"], MIXED["sex"], MIXED["port"], strict=True)]
    return Specimen(model.fit(frame, [0, 1] * 5), rows, frame)


def _imputed() -> Specimen:
    frame = _frame()[["sex", "port", "fare"]]
    words = lib.sklearn_pipeline.make_pipeline(
        lib.sklearn_impute.SimpleImputer(strategy="most_frequent"),
        lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    columns = lib.sklearn_compose.ColumnTransformer(
        [("words", words, [0, 1])], remainder="passthrough"
    )
    model = lib.sklearn_pipeline.make_pipeline(columns, _linear.LinearRegression())
    rows = [list(row) for row in zip(MIXED["sex"], MIXED["port"], MIXED["fare"], strict=True)]
    return Specimen(model.fit(frame, range(10)), rows, frame)


def _joined() -> Specimen:
    frame = pandas.DataFrame({"text": TEXTS, "stars": [4, 1, 5, 1, 4, 2], "note": ["-"] * 6})
    columns = lib.sklearn_compose.make_column_transformer(
        (lib.sklearn_text.CountVectorizer(), "text"), ("passthrough", ["stars"])
    )
    model = lib.sklearn_pipeline.make_pipeline(columns, _forest())
    rows = [[text, stars, "-"] for text, stars in zip(TEXTS, [4, 1, 5, 1, 4, 2], strict=True)]
    return Specimen(model.fit(frame, ["+", "-"] * 3), rows, frame)


def _united() -> Specimen:
    union = lib.sklearn_pipeline.make_union(
        lib.sklearn_text.TfidfVectorizer(),
        lib.sklearn_text.CountVectorizer(analyzer="char", ngram_range=(1, 2)),
    )
    model = lib.sklearn_pipeline.make_pipeline(union, _svm.LinearSVC())
    return Specimen(model.fit(TEXTS, ["+", "-"] * 3), TEXTS, TEXTS)


def _masked() -> Specimen:
    values = np.array([["a", 1.5], ["b", 2.5], ["a", 3.5], ["c", 1.0]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = lib.sklearn_compose.ColumnTransformer(
        [("words", encoder, [True, False]), ("numbers", "passthrough", slice(1, 2))]
    )
    model = lib.sklearn_pipeline.make_pipeline(columns, _logistic())
    return Specimen(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def _marked() -> Specimen:
    values = np.array([["a"], [None], ["b"], [None]], dtype=object)
    encoder = lib.sklearn_preprocessing.OneHotEncoder()
    model = lib.sklearn_pipeline.make_pipeline(encoder, _logistic())
    return Specimen(model.fit(values, [0, 1, 0, 1]), values.tolist(), values)


def _twins() -> Specimen:
    rows = np.array([[0.0, 1.0], [1.0, 0.0]])
    model = _logistic().fit(rows, [0, 1])
    # Older releases fitted on such columns, today's refuses to.
    model.feature_names_in_ = np.array(["a", "a"], dtype=object)
    return Specimen(model, rows.tolist(), rows)


def _dictionaries() -> Specimen:
    rows = [{"a": 1}, {"b": 2}]
    vectorizer = lib.sklearn_dicts.DictVectorizer()
    return Specimen(
        lib.sklearn_pipeline.make_pipeline(vectorizer, _logistic()).fit(rows, [0, 1]), rows, rows
    )


def _file_reader() -> Specimen:
    vectorizer = lib.sklearn_text.CountVectorizer(input="filename", analyzer="char")
    model = lib.sklearn_pipeline.make_pipeline(vectorizer, _logistic())
    return Specimen(model.fit([__file__] * 2, [0, 1]), [], [])


def _holed(estimator: Any) -> Specimen:
    x, y = _datasets.load_iris(return_X_y=True)
    x[::7, 1] = np.nan
    rows = [[None if np.isnan(v) else v for v in row] for row in x[:20].tolist()]
    return Specimen(estimator.fit(x, y), rows, x[:20])


def _forest(**kw: Any) -> Any:
    return lib.sklearn_ensemble.RandomForestClassifier(20, random_state=0, **kw)


def _two(y: Any) -> Any:
    return np.column_stack([y, (y + 1) % 3])


def _flags(y: Any) -> Any:
    return np.column_stack([y == 0, y > 0, y == 2]).astype(int)


def _names(y: Any) -> Any:
    return np.array(["setosa", "versicolor", "virginica"])[y]


_logistic: Any = lambda: _linear.LogisticRegression(max_iter=1000)  # noqa: E731
_MAKERS: dict[str, Callable[[], Specimen]] = {
    "logistic": lambda: _iris(_logistic()),
    "logistic with names": lambda: _iris(_logistic(), _names),
    "logistic on columns": lambda: _named(_logistic()),
    "logistic of booleans": lambda: _iris(_logistic(), lambda y: y > 0),
    "forest": lambda: _iris(_forest(n_jobs=-1), _names),
    "forest of two outputs": lambda: _iris(_forest(), _two),
    "forest of flags": lambda: _iris(_forest(), _flags),
    "forest with holes": lambda: _holed(_forest()),
    "extra trees": lambda: _iris(lib.sklearn_ensemble.ExtraTreesClassifier(20, random_state=0)),
    "forest regressor": lambda: _iris(
        lib.sklearn_ensemble.RandomForestRegressor(20, random_state=0, n_jobs=2)
    ),
    "tree": lambda: _iris(lib.sklearn_tree.DecisionTreeClassifier(random_state=0)),
    "bagging": lambda: _iris(lib.sklearn_ensemble.BaggingClassifier(random_state=0)),
    "boosting": lambda: _holed(lib.sklearn_ensemble.HistGradientBoostingClassifier(max_iter=5)),
    "gradient boosting": lambda: _iris(lib.sklearn_ensemble.GradientBoostingClassifier()),
    "linear": lambda: _iris(_linear.LinearRegression()),
    "linear of a column": lambda: _iris(_linear.LinearRegression(), lambda y: y[:, None]),
    "linear of two": lambda: _iris(_linear.LinearRegression(), _two),
    "neighbours": lambda: _iris(_neighbors.KNeighborsClassifier(), _names),
    "bayes": lambda: _iris(_bayes.GaussianNB()),
    "network": lambda: _iris(
        _neural.MLPClassifier((5,), max_iter=5000, tol=0.01, random_state=0), _flags
    ),
    "one against rest": lambda: _iris(_multiclass.OneVsRestClassifier(_logistic()), _flags),
    "one per output": lambda: _iris(_multi.MultiOutputClassifier(_logistic()), _two),
    "vectors": lambda: _iris(_svm.SVC(), _names),
    "ridge": lambda: _iris(_linear.RidgeClassifier()),
    "clusters": lambda: _iris(_cluster.KMeans(3, n_init=1, random_state=0)),
    "mixture": lambda: _iris(lib.sklearn_mixture.GaussianMixture(3, random_state=0)),
    "outliers": lambda: _iris(
        lib.sklearn_ensemble.IsolationForest(n_estimators=10, random_state=0)
    ),
    "calibrated": lambda: _iris(_calibration.CalibratedClassifierCV(_svm.LinearSVC())),
    "dummy": lambda: _iris(_dummy.DummyClassifier()),
    "grid": lambda: _iris(_search.GridSearchCV(_forest(), {"max_depth": [2, 3]}, cv=2)),
    "mixed": lambda: _mixed(_logistic()),
    "mixed forest": lambda: _mixed(_forest(n_jobs=-1)),
    "mixed grid": lambda: _mixed(_search.GridSearchCV(_logistic(), {"C": [0.1, 1.0]}, cv=2)),
    "encoded": _encoded,
    "encoded texts": _encoded_texts,
    "categories": _categories,
    "imputed": _imputed,
    "joined": _joined,
    "united": _united,
    "masked": _masked,
    "marked": _marked,
    "twins": _twins,
    "texts": lambda: _texts(_logistic()),
    "text forest": lambda: _texts(_forest()),
}
NAMES = tuple(_MAKERS)
_MAKERS["dictionaries"] = _dictionaries
_MAKERS["file reader"] = _file_reader
