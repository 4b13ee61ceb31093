"""Composed models with parts that no single estimator of scikit-learn has."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from inference.child import libraries as lib

import_module("sklearn.experimental.enable_iterative_imputer")
_impute: Any = import_module("sklearn.impute")
_metrics: Any = import_module("sklearn.metrics")
_pairwise: Any = import_module("sklearn.metrics.pairwise")
_gp: Any = import_module("sklearn.gaussian_process")
_kernels: Any = import_module("sklearn.gaussian_process.kernels")
_selection: Any = import_module("sklearn.feature_selection")
_search: Any = import_module("sklearn.model_selection")
_special: Any = import_module("scipy.special")
_stats: Any = import_module("scipy.stats")
_pipeline: Any = lib.sklearn_pipeline.make_pipeline
_function: Any = lib.sklearn_preprocessing.FunctionTransformer
_target: Any = lib.sklearn_compose.TransformedTargetRegressor
_binned: Any = lib.sklearn_ensemble.HistGradientBoostingClassifier
_binned_regressor: Any = lib.sklearn_ensemble.HistGradientBoostingRegressor
_linear: Any = lib.sklearn_linear
_logistic: Any = _linear.LogisticRegression
_neighbours: Any = lib.sklearn_neighbors.KNeighborsClassifier
_drawn: Any = _search.RandomizedSearchCV

ROWS: Any = np.random.default_rng(0).normal(size=(60, 4))
_LABELS: Any = (ROWS[:, 0] > 0).astype(int)
_SEVERAL: Any = np.arange(60) % 3
_NUMBERS: Any = np.abs(ROWS[:, 1]) + 0.1

COMPOSED_MODELS: dict[str, tuple[Any, Any]] = {
    "several classes, boosted": (_binned(max_iter=3), _SEVERAL),
    "counts, boosted": (_binned_regressor(loss="poisson", max_iter=3), _NUMBERS),
    "rising, boosted": (_binned_regressor(monotonic_cst=[1, 0, -1, 0], max_iter=3), _NUMBERS),
    "imputed in turns": (_pipeline(_impute.IterativeImputer(max_iter=2), _logistic()), _LABELS),
    "a function of scipy": (_pipeline(_function(_special.expit), _logistic()), _LABELS),
    "a part of a function": (
        _pipeline(_function(partial(np.clip, a_min=-1, a_max=1)), _logistic()),
        _LABELS,
    ),
    "a target transformed": (
        _target(_linear.Ridge(), func=np.log1p, inverse_func=np.expm1),
        _NUMBERS,
    ),
    "chosen by information": (
        _pipeline(
            _selection.SelectKBest(partial(_selection.mutual_info_classif, random_state=0), k=2),
            _logistic(),
        ),
        _LABELS,
    ),
    "kernels added and multiplied": (
        _gp.GaussianProcessRegressor(
            _kernels.ConstantKernel() * _kernels.Matern() + _kernels.WhiteKernel(), optimizer=None
        ),
        _NUMBERS,
    ),
    "a kernel that is a function": (lib.sklearn_svm.SVC(kernel=_pairwise.rbf_kernel), _LABELS),
    "neighbours in a ball": (_neighbours(algorithm="ball_tree", p=3), _LABELS),
    "neighbours by spread": (
        _neighbours(algorithm="ball_tree", metric="seuclidean", metric_params={"V": np.ones(4)}),
        _LABELS,
    ),
    "searched with a score": (
        _search.GridSearchCV(
            _logistic(), {"C": [0.1, 1.0]}, scoring=_metrics.make_scorer(_metrics.f1_score), cv=2
        ),
        _LABELS,
    ),
    "searched by folds": (
        _search.GridSearchCV(
            _logistic(), {"C": [0.1, 1.0]}, cv=_search.RepeatedStratifiedKFold(n_repeats=2)
        ),
        _LABELS,
    ),
    "drawn evenly": (_drawn(_linear.Ridge(), {"alpha": _stats.uniform(1, 5)}, n_iter=2), _NUMBERS),
    "drawn by size": (
        _drawn(_linear.Ridge(), {"alpha": _stats.loguniform(1, 5)}, n_iter=2),
        _NUMBERS,
    ),
    "drawn from numbers": (
        _drawn(_linear.Ridge(), {"alpha": _stats.randint(1, 5)}, n_iter=2),
        _NUMBERS,
    ),
    "random by a state": (_logistic(random_state=np.random.RandomState(1)), _LABELS),
}
