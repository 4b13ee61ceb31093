"""The rule that makes the allow-list: what real models name, and nothing with side effects.

``python -m inference.child.loading.allowlist_rule`` brings the list up to date with the installed
libraries: it adds what the rule finds, and removes what exists and the rule leaves out. Names that
do not exist here stay: other releases within our bounds have them, and a file that uses one is
refused. With ``--check`` it only compares, and fails if the list would change. The list is a file,
so that what a new release brings is reviewed before it is allowed.

Additions to the rule must be safe: what may be called, with any arguments; what may be named, when
it is called with rows of input; what may be created empty, in any state, ``__setstate__`` included.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from inference.child.libraries import sklearn, sklearn_base
from inference.child.loading.allowlist import GLOBALS_FILE, Use, listed

Entry = tuple[Use, str, str]

COMMAND = "python -m inference.child.loading.allowlist_rule"
_HEADER = f"# What a model file may name. Made by {COMMAND}; see there.\n"

_BUILTINS: dict[Use, tuple[str, ...]] = {
    "call": ("bytearray", "bytes", "complex", "frozenset", "range", "set", "slice"),
    "name": ("bool", "dict", "float", "int", "list", "object", "str", "tuple"),
}
_COLLECTIONS = ("Counter", "OrderedDict", "defaultdict", "deque")

# Parts of scikit-learn that no fitted model holds.
_LEFT_OUT = (
    *(".tests", ".externals", ".datasets", ".callback", ".inspection", ".experimental"),
    *("._plot", "_display", "._test", "estimator_checks", "_mocking", "_build_utils", "conftest"),
)
# Modules whose classes are no estimators, but parts of fitted ones.
_PARTS = (
    "sklearn._loss.link",
    "sklearn._loss.loss",
    "sklearn._loss._loss",
    "sklearn.calibration",
    "sklearn.cluster._birch",
    "sklearn.cluster._bisect_k_means",
    "sklearn.compose._column_transformer",
    "sklearn.ensemble._hist_gradient_boosting.common",
    "sklearn.ensemble._hist_gradient_boosting.predictor",
    "sklearn.gaussian_process.kernels",
    "sklearn.impute._iterative",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.metrics._scorer",
    "sklearn.model_selection._search_successive_halving",
    "sklearn.model_selection._split",
    "sklearn.neighbors._ball_tree",
    "sklearn.neighbors._kd_tree",
    "sklearn.neural_network._stochastic_optimizers",
    "sklearn.utils._bunch",
    "sklearn.utils._metadata_requests",
)
# Modules whose functions users pass to estimators, as scores, distances and transformations.
_FUNCTIONS = (
    "sklearn.feature_extraction.text",
    "sklearn.feature_selection._mutual_info",
    "sklearn.feature_selection._univariate_selection",
    "sklearn.metrics._classification",
    "sklearn.metrics._ranking",
    "sklearn.metrics._regression",
    "sklearn.metrics.cluster.",
    "sklearn.metrics.pairwise",
    "sklearn.preprocessing._data",
)
_NOT_A_PART = ("BinaryTree", "Display", "Heap", "PyFuncDistance")

_NUMBERS = (
    *("bool", "bool_", "bytes_", "complex64", "complex128", "datetime64", "double", "float16"),
    *("float32", "float64", "int8", "int16", "int32", "int64", "intp", "longlong", "str_"),
    *("timedelta64", "uint8", "uint16", "uint32", "uint64", "uintp", "ulonglong"),
)
# Columns are selected by them; they have no instances.
_KINDS_OF_NUMBERS = (
    *("floating", "generic", "inexact", "integer", "number", "object_", "signedinteger"),
    "unsignedinteger",
)
# All modules that have them, also those that files of older releases name.
_UFUNC_HOMES = (
    "numpy",
    "scipy.special",
    "numpy._core._multiarray_umath",
    "scipy.special._special_ufuncs",
    "scipy.special._ufuncs",
)
_SPARSE = ("_bsr", "_coo", "_csc", "_csr")
_OTHERS: tuple[tuple[Use, str, tuple[str, ...]], ...] = (
    ("name", "numpy.random._mt19937", ("MT19937",)),
    ("name", "numpy.random._pcg64", ("PCG64", "PCG64DXSM")),
    ("name", "numpy.random._philox", ("Philox",)),
    ("name", "numpy.random._sfc64", ("SFC64",)),
    ("name", "numpy.random.bit_generator", ("SeedSequence",)),
    ("call", "numpy.random.bit_generator", ("__pyx_unpickle_SeedSequence",)),
    ("new", "scipy.interpolate._bsplines", ("BSpline", "_BSpline")),  # renamed in scipy 1.18
    # For columns that were selected by an Index of a DataFrame.
    ("call", "pandas._libs.arrays", ("__pyx_unpickle_NDArrayBacked",)),
    ("call", "pandas", ("StringDtype",)),
    ("call", "pandas.core.arrays.string_", ("StringDtype",)),
    ("name", "pandas", ("Index", "NA", "RangeIndex")),
    ("name", "pandas.core.indexes.base", ("Index",)),
    ("name", "pandas.core.indexes.range", ("RangeIndex",)),
    ("name", "pandas.arrays", ("StringArray",)),
    ("name", "pandas.core.arrays.string_", ("StringArray",)),
    ("new", "lightgbm.basic", ("Booster",)),
    ("new", "lightgbm.sklearn", ("LGBMClassifier", "LGBMRanker", "LGBMRegressor")),
    ("new", "xgboost.core", ("Booster",)),
    ("new", "xgboost.sklearn", ("XGBClassifier", "XGBRegressor", "XGBRanker")),
    ("new", "xgboost.sklearn", ("XGBRFClassifier", "XGBRFRegressor")),
    # Functions that users or estimators pass to other estimators.
    ("name", "numpy", ("nan_to_num",)),
    ("name", "scipy._lib.array_api_compat.numpy._aliases", ("asarray",)),
    ("name", "sklearn.cluster._kmeans", ("_kmeans_single_elkan", "_kmeans_single_lloyd")),
    ("name", "sklearn.metrics._scorer", ("negative_likelihood_ratio", "positive_likelihood_ratio")),
    ("name", "sklearn.utils.validation", ("check_array",)),
)


def entries() -> list[Entry]:
    """Apply the rule to the installed libraries."""
    uses: dict[tuple[str, str], Use] = {(module, name): use for use, module, name in _all()}
    found: list[Entry] = [(use, *key) for key, use in uses.items()]
    return sorted(found)


def updated(former: Mapping[tuple[str, str], Use]) -> list[Entry]:
    """Return the list as it has to be: by the rule, and what only other releases have."""
    here = entries()
    names = {(module, name) for _, module, name in here}
    other = (key for key in former if key not in names and not is_here(*key))
    return sorted([*here, *((former[key], *key) for key in other)])


def is_here(module: str, name: str) -> bool:
    """Whether the libraries that are installed have this name."""
    try:
        return hasattr(import_module(module), name)
    except (ImportError, OSError):
        return False


def text_of(allowed: list[Entry]) -> str:
    """Return the text of the list."""
    return _HEADER + "".join(f"{' '.join(entry)}\n" for entry in allowed)


def _all() -> Iterator[Entry]:
    for use, names in _BUILTINS.items():
        yield from _each(use, "builtins", names)
    yield from _each("call", "collections", _COLLECTIONS)
    yield from _each("name", "numpy", [name for name in _NUMBERS if hasattr(np, name)])
    yield from _each("name", "numpy", _KINDS_OF_NUMBERS)
    yield from _of_functions()
    for module in (import_module(f"scipy.sparse.{name}") for name in _SPARSE):
        yield from _each("new", module.__name__, [kind.__name__ for kind in _classes(module)])
    for use, home, names in _OTHERS:
        yield from _each(use, home, names)
    for module in _sklearn_modules():
        yield from _of_sklearn(module)


def _of_functions() -> Iterator[Entry]:
    """List functions from arrays to arrays, such as ``np.log1p`` and ``np.clip``."""
    for home in _UFUNC_HOMES:
        values = vars(import_module(home)).items()
        ufuncs = [name for name, value in values if isinstance(value, np.ufunc)]
        yield from _each("name", home, [name for name in ufuncs if not name.startswith("_")])
    names: list[str] = import_module("numpy._core.fromnumeric").__all__
    yield from _each("name", "numpy", [name for name in names if hasattr(np, name)])


def _each(use: Use, module: str, names: Iterable[str]) -> Iterator[Entry]:
    for name in names:
        yield use, module, name


def _sklearn_modules() -> Iterator[ModuleType]:
    modules = pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda _: None)
    for name in sorted(module.name for module in modules):
        if not any(part in name for part in _LEFT_OUT):
            yield import_module(name)


def _of_sklearn(module: ModuleType) -> Iterator[Entry]:
    name = module.__name__
    for kind in _classes(module):
        is_estimator = issubclass(kind, sklearn_base.BaseEstimator)
        if (is_estimator or name in _PARTS) and not _is_left_out(kind):
            yield _use_of(kind, module), name, kind.__name__
            if hasattr(module, reviver := f"__pyx_unpickle_{kind.__name__}"):
                yield "call", name, reviver
    if name in _PARTS and hasattr(module, "newObj"):
        yield "call", name, "newObj"
    if name.startswith(_FUNCTIONS):
        yield from _each("name", name, _functions(module))


def _use_of(kind: Any, module: ModuleType) -> Use:
    """Return how files use a class, from how its instances are pickled."""
    if issubclass(kind, tuple | Enum):
        return "call"
    if kind.__reduce__ is object.__reduce__:
        return "new"
    has_reviver = hasattr(module, f"__pyx_unpickle_{kind.__name__}") or hasattr(module, "newObj")
    return "name" if has_reviver else "call"


def _classes(module: ModuleType) -> list[Any]:
    found = (v for v in vars(module).values() if inspect.isclass(v))
    # Compiled modules of scikit-learn 1.8 know the last part of their name only.
    names = (module.__name__, module.__name__.rpartition(".")[2])
    return [kind for kind in found if kind.__module__ in names]


def _functions(module: ModuleType) -> list[str]:
    found = (v for v in vars(module).values() if inspect.isfunction(v))
    own = (f.__name__ for f in found if f.__module__ == module.__name__)
    return [name for name in own if not name.startswith(("_", "<"))]


def _is_left_out(kind: Any) -> bool:
    if issubclass(kind, BaseException) or any(part in kind.__name__ for part in _NOT_A_PART):
        return True
    return inspect.isabstract(kind) or kind.__name__.endswith("Mixin")


def main() -> None:
    """Write the list, or compare it."""
    warnings.simplefilter("ignore")
    text = text_of(updated(listed()))
    if "--check" not in sys.argv:
        GLOBALS_FILE.write_text(text)
    elif text != GLOBALS_FILE.read_text():
        sys.exit(f"{GLOBALS_FILE.name} does not fit the libraries installed here: {COMMAND}")


if __name__ == "__main__":
    main()
