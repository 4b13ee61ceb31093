"""Opens a model file in the child process: returns a fitted estimator, or raises BadModel."""

from __future__ import annotations

import pickle
import struct
import warnings
from importlib import import_module
from io import BytesIO
from typing import Any, NamedTuple

from inference.child.libraries import joblib, sklearn, sklearn_base, sklearn_exceptions
from inference.child.libraries import sklearn_validation as validation
from inference.child.loading.allowlist import ANYTHING, AllowList, listed
from inference.child.loading.containers import unpacked
from inference.child.loading.formats import TRUNCATED, BadModel, Format, format_of
from inference.child.loading.onnx_model import OnnxModel
from inference.child.loading.skops_files import read_skops
from inference.child.loading.structures import check_structures
from inference.child.loading.unpickling import Unpickler

UNPACKED_BYTES_MAX = 1024 * 2**20

_BROKEN = (EOFError, pickle.UnpicklingError, OSError, IndexError, KeyError, struct.error)

# Their files do not say which release saved them.
_WITHOUT_VERSION = ("lightgbm", "xgboost")


class Loaded(NamedTuple):
    """A fitted estimator, and the version of the framework that saved it."""

    estimator: Any
    version: str
    format: Format = "joblib"
    framework: str = "scikit-learn"
    warnings: tuple[str, ...] = ()
    """Sentences for the owner of the model."""


def load(
    data: bytes, trusted_modules: tuple[str, ...] = (), unpacked_bytes_max: int = UNPACKED_BYTES_MAX
) -> Loaded:
    """Open a model file of any format; raises BadModel if it holds nothing that predicts.

    A file may use all classes and functions of the trusted modules, which an operator names; with
    ``"*"`` among them there is no allow-list.
    """
    format_ = format_of(data)
    if format_ == "onnx":
        graph = OnnxModel(data)
        return Loaded(graph, graph.format_version, "onnx", "onnx")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = revived(data, trusted_modules, unpacked_bytes_max)
    _check_predicts(estimator)
    _check_fitted(estimator)
    framework = type(estimator).__module__.partition(".")[0]
    if framework in _WITHOUT_VERSION:
        return Loaded(estimator, import_module(framework).__version__, format_, framework)
    saved_with = _saved_version(caught)
    return Loaded(estimator, saved_with, format_, warnings=_version_warnings(saved_with))


def revived(data: bytes, trusted_modules: tuple[str, ...], bytes_max: int) -> Any:
    """Return what a model file holds, a model or anything else."""
    try:
        return _read(data, trusted_modules, bytes_max)
    except BadModel:
        raise
    except MemoryError as error:
        raise BadModel("the model needs more memory than a model may have") from error
    except _BROKEN as error:
        raise BadModel(TRUNCATED) from error
    except Exception as error:
        raise BadModel(f"the file cannot be opened: {type(error).__name__}: {error}") from error


def _read(data: bytes, trusted_modules: tuple[str, ...], bytes_max: int) -> Any:
    allowed = AllowList(listed(), trusted_modules)
    if format_of(data) == "skops":
        return read_skops(data, allowed, bytes_max)
    if ANYTHING in trusted_modules:
        return joblib.load(BytesIO(data))
    unpickler = Unpickler(BytesIO(unpacked(data, bytes_max)), allowed)
    model = unpickler.load()
    check_structures(unpickler.watched)
    return model


def _check_predicts(estimator: Any) -> None:
    name = type(estimator).__name__
    if isinstance(estimator, type):
        raise BadModel(f"the file holds the class {estimator.__name__}, not a fitted estimator")
    if not isinstance(estimator, sklearn_base.BaseEstimator):
        raise BadModel(f"the file holds a {name}, not a scikit-learn estimator")
    if callable(getattr(estimator, "predict", None)):
        return
    if hasattr(estimator, "transform"):
        raise BadModel(f"{name} has no predict method: it only transforms")
    raise BadModel(f"{name} has no predict method")


def _check_fitted(estimator: Any) -> None:
    try:
        validation.check_is_fitted(estimator)
    except sklearn_exceptions.NotFittedError as error:
        raise BadModel(f"{type(estimator).__name__} is not fitted: fit it, then save it") from error
    except TypeError as error:
        raise BadModel(f"{type(estimator).__name__} has no fit method") from error


def _saved_version(caught: list[warnings.WarningMessage]) -> str:
    """Read the version from scikit-learn's warning; no warning means the installed version."""
    for warning in caught:
        if isinstance(warning.message, sklearn_exceptions.InconsistentVersionWarning):
            return str(getattr(warning.message, "original_sklearn_version", "unknown"))
    return str(sklearn.__version__)


def _version_warnings(saved_with: str) -> tuple[str, ...]:
    if saved_with == sklearn.__version__:
        return ()
    return (
        f"The model was saved with scikit-learn {saved_with} and is served with "
        f"{sklearn.__version__}: its predictions may differ, or fail.",
    )
