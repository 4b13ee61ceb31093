"""Small fitted estimators of every kind, each with its training rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np

from inference.child import libraries as lib
from tests.inference import column_models, dataframe_models
from tests.inference.column_models import SampleModel

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
_sparse: Any = lib.import_module("scipy.sparse")


def joblib_bytes(value: Any, **options: Any) -> bytes:
    """Return the file that joblib writes."""
    buffer = BytesIO()
    lib.joblib.dump(value, buffer, **options)
    return buffer.getvalue()


class SampleModels:
    """Fits an estimator when it is first used."""

    def __getitem__(self, name: str) -> SampleModel:
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


@cache
def _fitted(name: str) -> SampleModel:
    return _MAKERS[name]()


def _iris(estimator: Any, target: Callable[[Any], Any] = lambda y: y) -> SampleModel:
    x, y = _datasets.load_iris(return_X_y=True)
    return SampleModel(estimator.fit(x, target(y)), x[::11].tolist(), x[::11])


def _named(estimator: Any) -> SampleModel:
    x, y = _datasets.load_iris(return_X_y=True, as_frame=True)
    return SampleModel(estimator.fit(x, y), x[::11].to_numpy().tolist(), x[::11])


def _twins() -> SampleModel:
    rows = np.array([[0.0, 1.0], [1.0, 0.0]])
    model = _logistic().fit(rows, [0, 1])
    # Older releases accepted such columns, the current one refuses them.
    model.feature_names_in_ = np.array(["a", "a"], dtype=object)
    return SampleModel(model, rows.tolist(), rows)


def _holed(estimator: Any) -> SampleModel:
    x, y = _datasets.load_iris(return_X_y=True)
    x[::7, 1] = np.nan
    rows = [[None if np.isnan(v) else v for v in row] for row in x[:20].tolist()]
    return SampleModel(estimator.fit(x, y), rows, x[:20])


def _forest(**kw: Any) -> Any:
    return lib.sklearn_ensemble.RandomForestClassifier(20, random_state=0, **kw)


def _two(y: Any) -> Any:
    return np.column_stack([y, (y + 1) % 3])


def _flags(y: Any) -> Any:
    return np.column_stack([y == 0, y > 0, y == 2]).astype(int)


def _names(y: Any) -> Any:
    return np.array(["setosa", "versicolor", "virginica"])[y]


_logistic: Any = lambda: _linear.LogisticRegression(max_iter=1000)  # noqa: E731
_MAKERS: dict[str, Callable[[], SampleModel]] = {
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
    "mixed": lambda: column_models.mixed(_logistic()),
    "mixed forest": lambda: column_models.mixed(_forest(n_jobs=-1)),
    "mixed grid": lambda: column_models.mixed(
        _search.GridSearchCV(_logistic(), {"C": [0.1, 1.0]}, cv=2)
    ),
    "encoded": column_models.encoded,
    "encoded texts": column_models.encoded_texts,
    "categories": column_models.categories,
    "imputed": column_models.imputed,
    "joined": column_models.joined,
    "united": column_models.united,
    "masked": column_models.masked,
    "marked": column_models.marked,
    "sums": lambda: _iris(
        lib.sklearn_pipeline.make_pipeline(
            lib.sklearn_pipeline.make_union(
                lib.sklearn_preprocessing.StandardScaler(),
                lib.sklearn_preprocessing.PolynomialFeatures(),
            ),
            _linear.Ridge(),
        )
    ),
    "logged": lambda: _iris(
        lib.sklearn_pipeline.make_pipeline(
            lib.sklearn_preprocessing.FunctionTransformer(np.log1p), "passthrough", _linear.Ridge()
        )
    ),
    "filled": lambda: _holed(
        lib.sklearn_pipeline.make_pipeline(lib.sklearn_impute.SimpleImputer(), _logistic())
    ),
    "rising": lambda: SampleModel(
        lib.import_module("sklearn.isotonic").IsotonicRegression().fit([1, 2, 3], [1, 3, 9]),
        [[1.5], [2.5]],
        np.array([[1.5], [2.5]]),
    ),
    "twins": _twins,
    "texts": lambda: column_models.texts(_logistic()),
    "text forest": lambda: column_models.texts(_forest()),
    "scaled target": lambda: _iris(
        lib.sklearn_compose.TransformedTargetRegressor(
            _linear.Ridge(), func=np.log1p, inverse_func=np.expm1
        )
    ),
    "neighbours of flags": lambda: _iris(_neighbors.KNeighborsClassifier(), _flags),
    "neighbours of two names": lambda: _iris(
        _neighbors.KNeighborsClassifier(), lambda y: np.column_stack([_names(y), _names(2 - y)])
    ),
    **dataframe_models.MAKERS,
}
NAMES = tuple(_MAKERS)
_MAKERS["sparse flags"] = lambda: _iris(
    _multiclass.OneVsRestClassifier(_logistic()), lambda y: _sparse.csr_matrix(_flags(y))
)
_MAKERS["chain"] = lambda: _iris(_multi.ClassifierChain(_logistic()), _two)
_MAKERS["dictionaries"] = column_models.dictionaries
_MAKERS["file reader"] = column_models.file_reader
