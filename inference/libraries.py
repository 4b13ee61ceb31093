"""The libraries of the child processes. None of them ships types, so they are Any, once, here.

Only what runs in the zygote and its children may import this.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

joblib: Any = import_module("joblib")
pandas: Any = import_module("pandas")
sklearn: Any = import_module("sklearn")
sklearn_base: Any = import_module("sklearn.base")
sklearn_compose: Any = import_module("sklearn.compose")
sklearn_dummy: Any = import_module("sklearn.dummy")
sklearn_ensemble: Any = import_module("sklearn.ensemble")
sklearn_exceptions: Any = import_module("sklearn.exceptions")
sklearn_forest: Any = import_module("sklearn.ensemble._forest")
sklearn_impute: Any = import_module("sklearn.impute")
sklearn_pipeline: Any = import_module("sklearn.pipeline")
sklearn_preprocessing: Any = import_module("sklearn.preprocessing")
sklearn_search: Any = import_module("sklearn.model_selection._search")
sklearn_text: Any = import_module("sklearn.feature_extraction.text")
sklearn_dicts: Any = import_module("sklearn.feature_extraction")
sklearn_tree: Any = import_module("sklearn.tree")
sklearn_utils: Any = import_module("sklearn.utils")
sklearn_validation: Any = import_module("sklearn.utils.validation")
sklearn_linear: Any = import_module("sklearn.linear_model")
sklearn_mixture: Any = import_module("sklearn.mixture")
