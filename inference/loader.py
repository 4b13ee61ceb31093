"""Opens a model file, in the child: verified bytes in, a fitted estimator out, or what is wrong."""

from __future__ import annotations

import pickle
import warnings
import zlib
from io import BytesIO
from lzma import LZMAError
from typing import Any, NamedTuple

from inference.libraries import joblib, sklearn, sklearn_base, sklearn_exceptions
from inference.libraries import sklearn_validation as validation

_BROKEN = (EOFError, pickle.UnpicklingError, zlib.error, LZMAError, OSError, IndexError, KeyError)
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x7fELF", "a program"),
    (b"<", "an HTML or XML page"),
    (b"{", "a JSON text"),
)
_HEAD_BYTES = 64


class BadModel(Exception):
    """The file is no model that can be served; the message says why, fit for its owner."""


class Loaded(NamedTuple):
    """A fitted estimator, and the version of scikit-learn that it was saved with."""

    estimator: Any
    version: str


def load(data: bytes) -> Loaded:
    """Unpickle a joblib file and make sure that it holds something that predicts."""
    _refuse_other_formats(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = _unpickled(data)
    _check_predicts(estimator)
    _check_fitted(estimator)
    return Loaded(estimator, _saved_version(caught))


def _refuse_other_formats(data: bytes) -> None:
    if not data:
        raise BadModel("the file is empty")
    head = data[:_HEAD_BYTES].lstrip()
    for magic, what in _OTHER_FORMATS:
        if head.startswith(magic):
            raise BadModel(f"the file is {what}, not a model saved with joblib")


def _unpickled(data: bytes) -> Any:
    try:
        return joblib.load(BytesIO(data))
    except ModuleNotFoundError as error:
        raise BadModel(f"the model needs the module {error.name!r}, which is not here") from error
    except (ImportError, AttributeError) as error:
        raise BadModel(f"the model needs something that is not here: {error}") from error
    except MemoryError as error:
        raise BadModel("the model needs more memory than a model may have") from error
    except _BROKEN as error:
        raise BadModel("the file is truncated, or was not saved with joblib") from error
    except Exception as error:
        raise BadModel(f"the file cannot be opened: {type(error).__name__}: {error}") from error


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
    """Read the version from scikit-learn's warning; it is silent if that is its own version."""
    for warning in caught:
        if isinstance(warning.message, sklearn_exceptions.InconsistentVersionWarning):
            return str(getattr(warning.message, "original_sklearn_version", "unknown"))
    return str(sklearn.__version__)
