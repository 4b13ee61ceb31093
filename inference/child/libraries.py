"""The untyped libraries of the child processes, as Any.

Only the zygote and its children may import this.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

joblib: Any = import_module("joblib")
pandas: Any = import_module("pandas")
scipy_sparse: Any = import_module("scipy.sparse")
sklearn: Any = import_module("sklearn")
sklearn_base: Any = import_module("sklearn.base")
sklearn_cluster: Any = import_module("sklearn.cluster")
sklearn_compose: Any = import_module("sklearn.compose")
sklearn_dicts: Any = import_module("sklearn.feature_extraction")
sklearn_dummy: Any = import_module("sklearn.dummy")
sklearn_ensemble: Any = import_module("sklearn.ensemble")
sklearn_exceptions: Any = import_module("sklearn.exceptions")
sklearn_impute: Any = import_module("sklearn.impute")
sklearn_linear: Any = import_module("sklearn.linear_model")
sklearn_mixture: Any = import_module("sklearn.mixture")
sklearn_model_selection: Any = import_module("sklearn.model_selection")
sklearn_neighbors: Any = import_module("sklearn.neighbors")
sklearn_pipeline: Any = import_module("sklearn.pipeline")
sklearn_preprocessing: Any = import_module("sklearn.preprocessing")
sklearn_svm: Any = import_module("sklearn.svm")
sklearn_text: Any = import_module("sklearn.feature_extraction.text")
sklearn_tree: Any = import_module("sklearn.tree")
sklearn_utils: Any = import_module("sklearn.utils")
sklearn_validation: Any = import_module("sklearn.utils.validation")
skops_io: Any = import_module("skops.io")
