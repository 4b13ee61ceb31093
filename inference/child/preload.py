"""Imports what any model may need, once, in the zygote, so that its children start at once.

A sandboxed child cannot read modules from disk, so lazy imports are done here, too.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import pkgutil
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from inference.child.libraries import (
    joblib,
    pandas,
    sklearn,
    sklearn_cluster,
    sklearn_compose,
    sklearn_ensemble,
    sklearn_pipeline,
    sklearn_preprocessing,
    sklearn_text,
)
from inference.child.loading.allowlist import listed
from inference.child.loading.onnx_model import runtime

_LEFT_OUT = (".tests", ".externals", "_build_utils", "conftest", "._arff", "_testing")
_SCIPY = (
    *("cluster", "interpolate", "ndimage", "optimize", "signal", "sparse.csgraph", "sparse.linalg"),
    *("spatial", "special", "stats"),
)


def preload() -> None:
    """Import all of scikit-learn, and predict once with every kind of column."""
    warnings.filterwarnings("ignore")
    joblib.parallel_config(backend="sequential")
    scipy_names = (f"scipy.{name}" for name in _SCIPY)
    for name in (*scipy_names, *_module_names(), "lightgbm", "xgboost"):
        with contextlib.suppress(ImportError):  # It, or what it needs, is not installed.
            import_module(name)
    runtime()
    listed()
    codecs.lookup("cp437")  # The encoding of file names in zip archives, such as skops files.
    _predict_once()
    gc.collect()
    gc.freeze()


def _module_names() -> list[str]:
    modules = pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda _: None)
    return [m.name for m in modules if not any(part in m.name for part in _LEFT_OUT)]


def _predict_once() -> None:
    """Fit and use a pipeline on mixed columns, for imports that happen at first use."""
    frame: Any = pandas.DataFrame(
        {
            "number": pandas.Series([1.0, 2.0, np.nan, 4.0], dtype=np.float64),
            "text": pandas.Series(["a", "b", None, "a"], dtype=object),
            "boolean": pandas.Series([True, False, True, True], dtype=np.bool_),
            "words": pandas.Series(["one two", "two", "one", "one one"], dtype=object),
        }
    )
    encoder = sklearn_preprocessing.OneHotEncoder(handle_unknown="ignore")
    columns = sklearn_compose.ColumnTransformer(
        [
            ("number", sklearn_preprocessing.StandardScaler(), ["number"]),
            ("text", encoder, ["text", "boolean"]),
            ("words", sklearn_text.TfidfVectorizer(), "words"),
        ]
    )
    forest = sklearn_ensemble.RandomForestClassifier(2, n_jobs=2)
    model = sklearn_pipeline.make_pipeline(columns, forest).fit(frame, ["x", "y", "x", "y"])
    model.predict_proba(frame)
    sklearn_ensemble.HistGradientBoostingClassifier(max_iter=1).fit(
        [[0.0], [1.0]] * 20, [0, 1] * 20
    )
    # scikit-learn looks for the thread pools of BLAS at first use, which a sandbox would prevent.
    sklearn_cluster.KMeans(2, n_init=1).fit([[0.0], [1.0]] * 20)
