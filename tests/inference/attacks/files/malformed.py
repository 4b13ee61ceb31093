"""Files that are no models, and models with false metadata."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from domain.signature import COLUMNS_MAX, LABELS_MAX
from inference.child import libraries as lib
from tests.inference.attacks.attack import Attack
from tests.inference.attacks.files import opcodes as op
from tests.inference.sample_models import joblib_bytes

_linear: Any = lib.sklearn_linear
_pipeline: Any = lib.sklearn_pipeline
_search: Any = lib.sklearn_model_selection

_X, _Y = [[float(i)] for i in range(20)], [i % 2 for i in range(20)]
_NESTED = 10_000


def attacks() -> Iterator[Attack]:
    """Try to make the platform fail."""
    yield from _that_are_other_files()
    yield from _that_are_cut()
    yield from _that_are_other_values()
    yield from _with_false_metadata()
    yield from _that_hold_themselves()


def _that_are_other_files() -> Iterator[Attack]:
    others = {
        "nothing": b"",
        "an HTML page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "a JSON text": json.dumps({"model": "LogisticRegression"}).encode(),
        "a program": b"\x7fELF\x02\x01\x01" + bytes(57),
        "an archive": _archive(),
        "an archive cut short": _archive()[:40],
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "a table": b"\x89HDF\r\n\x1a\n" + bytes(40),
        "a script": b"#!/bin/sh\nexit 1\n",
        "random bytes": np.random.default_rng(1).bytes(5000),
        "zeros": bytes(5000),
        "a gzip header": b"\x1f\x8b\x08\0\0\0\0\0\0\3",
        "an xz header": b"\xfd7zXZ\0\0\4",
        "a zlib header": b"\x78\x9c",
        "an old joblib header": b"ZF0xffffffffffffffff  ",
        "an lz4 header": b"\x04\x22\x4d\x18" + bytes(20),
    }
    for what, data in others.items():
        yield Attack(what, data, refused="somehow")


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.txt", "not a model " * 10)
    return buffer.getvalue()


def _that_are_cut() -> Iterator[Attack]:
    whole = joblib_bytes(_fitted())
    for part in (1, 2, 10, len(whole) // 2, len(whole) - 1):
        yield Attack(f"the first {part} bytes of a model", whole[:part], refused="somehow")
    compressed = joblib_bytes(_fitted(), compress=("xz", 3))
    yield Attack("half of an xz file", compressed[: len(compressed) // 2], refused="somehow")
    mixed = bytearray(compressed)
    mixed[len(mixed) // 2] ^= 0xFF
    yield Attack("an xz file with another byte", bytes(mixed), refused="somehow")


def _that_are_other_values() -> Iterator[Attack]:
    values: dict[str, Any] = {
        "a dict": {"model": _fitted()},
        "a list": [_fitted()],
        "a class": _linear.LogisticRegression,
        "a text": "LogisticRegression",
        "a number": 1,
        "None": None,
        "an array": np.zeros(3),
        "a scaler": lib.sklearn_preprocessing.StandardScaler().fit(_X),
        "an unfitted model": _linear.LogisticRegression(),
        "a pipeline without steps": _pipeline.Pipeline([]),
        "a pipeline of a text": _pipeline.Pipeline([("a", "LogisticRegression")]),
    }
    for what, value in values.items():
        yield Attack(what, joblib_bytes(value), refused="somehow")


def _fitted(**changed: Any) -> Any:
    model = _linear.LogisticRegression().fit(_X, _Y)
    for attribute, value in changed.items():
        setattr(model, attribute, value)
    return model


def _with_false_metadata() -> Iterator[Attack]:
    changes: dict[str, Callable[[], Any]] = {
        "no columns": lambda: _fitted(n_features_in_=0),
        "a negative number of columns": lambda: _fitted(n_features_in_=-1),
        "too many columns to count": lambda: _fitted(n_features_in_=10**18),
        "a thousand columns": lambda: _fitted(n_features_in_=1000),
        "a text for columns": lambda: _fitted(n_features_in_="many"),
        "half a column": lambda: _fitted(n_features_in_=float("nan")),
        "names of bytes": lambda: _fitted(feature_names_in_=np.array([b"a"], dtype=object)),
        "too many names": lambda: _fitted(
            feature_names_in_=np.array(["a"] * (COLUMNS_MAX + 1), dtype=object)
        ),
        "a name that is a text": lambda: _fitted(feature_names_in_="a"),
        "a name with a lone surrogate": lambda: _fitted(
            feature_names_in_=np.array(["\ud800"], dtype=object)
        ),
        "no classes": lambda: _fitted(classes_=np.array([])),
        "one class too few": lambda: _fitted(classes_=np.array([0])),
        "too many classes": lambda: _fitted(classes_=np.arange(LABELS_MAX + 1)),
        "classes that are None": lambda: _fitted(classes_=np.array([None, None], dtype=object)),
        "classes of classes": lambda: _fitted(classes_=np.array([int, str], dtype=object)),
        "a class with a NUL": lambda: _fitted(classes_=np.array(["a\0b", "c"], dtype=object)),
        "a class with a lone surrogate": lambda: _fitted(
            classes_=np.array(["\ud800", "c"], dtype=object)
        ),
        "a class of 1 MB": lambda: _fitted(classes_=np.array(["a" * 10**6, "c"], dtype=object)),
        "a number beyond 64 bits": lambda: _fitted(classes_=np.array([2**80, 1], dtype=object)),
        "coefficients that are None": lambda: _fitted(coef_=None),
        "coefficients of another width": lambda: _fitted(coef_=np.zeros((1, 5))),
        "coefficients that are no numbers": lambda: _fitted(coef_=np.array([["a"]], dtype=object)),
        "an output too long": lambda: _fitted(intercept_=np.zeros(10**5)),
        "no version": lambda: _fitted(_sklearn_version=10**6),
    }
    for what, change in changes.items():
        yield Attack(what, joblib_bytes(change()))


def _that_hold_themselves() -> Iterator[Attack]:
    pipeline = _pipeline.Pipeline([("a", _fitted())])
    pipeline.steps[0] = ("a", pipeline)
    yield Attack("a pipeline in itself", pickle.dumps(pipeline))
    search = _search.GridSearchCV(_fitted(), {"C": [1.0]}, cv=2).fit(_X, _Y)
    search.best_estimator_ = search
    yield Attack("a search that found itself", pickle.dumps(search))
    yield Attack("pipelines in pipelines", op.file(_nested()))
    forest = lib.sklearn_ensemble.VotingClassifier([("a", _fitted())]).fit(_X, _Y)
    forest.estimators_ = [forest]
    yield Attack("a vote that contains itself", pickle.dumps(forest))


def _nested() -> bytes:
    """Nested pipelines, deeper than the recursion limit."""
    opening = op.made(op.name("sklearn.pipeline", "Pipeline")) + pickle.MARK + op.value("steps")
    opening += pickle.MARK + pickle.MARK + op.value("a")
    closing = pickle.TUPLE + pickle.LIST + pickle.DICT + pickle.BUILD
    return opening * _NESTED + op.value("passthrough") + closing * _NESTED
