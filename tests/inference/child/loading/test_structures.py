"""Indices out of range: refused before native code follows them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from inference.child.libraries import (
    pandas,
    scipy_sparse,
    sklearn_ensemble,
    sklearn_neighbors,
    sklearn_svm,
    sklearn_tree,
    skops_io,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import revived
from tests.inference.sample_models import joblib_bytes

_datasets: Any = import_module("sklearn.datasets")
ROWS, TARGET = _datasets.load_iris(return_X_y=True)
BYTES_MAX = 1 << 30
OUTSIDE = r"has indices out of range|cannot be opened: ValueError"
_binned: Any = sklearn_ensemble.HistGradientBoostingClassifier


class Forged:
    """Pickled like a tree, with an invalid state."""

    def __init__(self, tree: Any, state: Any) -> None:
        self.parts = (*tree.__reduce__()[:2], state)

    def __reduce__(self) -> Any:
        return self.parts


def forest(change: Callable[[Any], None]) -> Any:
    """A forest with a tree whose nodes were changed after fitting."""
    model = sklearn_ensemble.RandomForestClassifier(3, random_state=0).fit(ROWS, TARGET)
    tree = model.estimators_[1].tree_
    state = tree.__getstate__()
    change(state)
    model.estimators_[1].tree_ = Forged(tree, state)
    return model


def node(number: int, field: str, value: int) -> Callable[[Any], None]:
    def change(state: Any) -> None:
        state["nodes"] = state["nodes"].copy()
        state["nodes"][field][number] = value

    return change


def halved(state: Any) -> None:
    state["node_count"] //= 2


@pytest.mark.parametrize(
    "change",
    [
        node(0, "left_child", 1 << 40),
        node(0, "right_child", 1 << 40),
        node(0, "right_child", -5),
        node(0, "left_child", 0),  # an endless walk
        node(0, "feature", 4),
        node(0, "feature", -1),
        halved,
    ],
)
def test_a_tree_with_an_index_out_of_range_is_refused(change: Callable[[Any], None]) -> None:
    with pytest.raises(BadModel, match="Tree in the file has indices out of range"):
        revived(joblib_bytes(forest(change)), (), BYTES_MAX)


def test_the_unchanged_forest_is_opened() -> None:
    again = revived(joblib_bytes(forest(node(0, "impurity", 0))), (), BYTES_MAX)
    assert again.predict(ROWS[:1]).tolist() == [0]


def narrowed(model: Any) -> Any:
    """A model that claims fewer columns than its parts use."""
    fitted = model.fit(ROWS, TARGET)
    fitted.n_features_in_ = 1
    return fitted


def boosted(field: str, value: int, *, categorical: bool = False) -> Any:
    model = _binned(max_iter=2, categorical_features=[0] if categorical else None)
    rows = ROWS.round() if categorical else ROWS
    fitted = model.fit(rows, rows[:, 0] > 5)
    nodes = fitted._predictors[0][0].nodes
    nodes[field][nodes["is_categorical"] if categorical else slice(1)] = value
    return fitted


def space(change: Callable[[list[Any]], None]) -> Any:
    """A search tree whose arrays are changed."""
    tree = sklearn_neighbors.KDTree(ROWS, leaf_size=10)
    parts: tuple[Any, ...] = tree.__getstate__()
    state: list[Any] = [p.copy() if hasattr(p, "copy") else p for p in parts]
    change(state)
    changed = sklearn_neighbors.KDTree(ROWS[:3])
    changed.__setstate__(tuple(state))
    return changed


def _put(part: int, index: Any, value: Any) -> Callable[[list[Any]], None]:
    def change(state: list[Any]) -> None:
        state[part][index] = value

    return change


def _sparse(indices: list[int]) -> Any:
    matrix = scipy_sparse.csr_matrix(np.eye(3))
    matrix.indices = np.array(indices, dtype=np.int32)
    return matrix


def _coordinates(columns: list[int]) -> Any:
    matrix = scipy_sparse.coo_array(np.eye(3))
    matrix.coords = (matrix.coords[0], np.array(columns, dtype=np.int32))
    return matrix


def _machine(**changes: Any) -> Any:
    machine = sklearn_svm.SVC().fit(ROWS, TARGET)
    for name, value in changes.items():
        setattr(machine, name, value)
    return machine


def _isolating() -> Any:
    model = narrowed(sklearn_ensemble.IsolationForest(n_estimators=2))
    model._max_features = 1  # Else the columns are chosen by numpy, which checks them.
    return model


_TINY: Any = np.zeros((1, 1))
SPECIMENS: dict[str, Callable[[], Any]] = {
    "tree": lambda: narrowed(sklearn_tree.DecisionTreeClassifier()),
    "forest": lambda: narrowed(sklearn_ensemble.ExtraTreesRegressor(2)),
    "boosting": lambda: narrowed(sklearn_ensemble.GradientBoostingClassifier(n_estimators=2)),
    "isolation": _isolating,
    "binned boosting": lambda: narrowed(
        sklearn_ensemble.HistGradientBoostingClassifier(max_iter=2)
    ),
    "binned child": lambda: boosted("left", 10**6),
    "binned feature": lambda: boosted("feature_idx", 99),
    "binned categories": lambda: boosted("bitset_idx", 10**6, categorical=True),
    "search order": lambda: space(_put(1, 0, 10**9)),
    "search range": lambda: space(_put(2, 0, (0, 10**9, 0, 1.0))),
    "search depth": lambda: space(lambda state: state[2].__setitem__("is_leaf", 0)),
    "sparse": lambda: _sparse([0, 1, 10**6]),
    "coordinates": lambda: _coordinates([0, 1, 10**6]),
    "vectors": lambda: _machine(support_vectors_=_TINY),
    "vector counts": lambda: _machine(_n_support=np.array([10**6, 1, 1], dtype=np.int32)),
    "coefficients in use": lambda: _machine(_dual_coef_=_TINY),
    "coefficients": lambda: _machine(dual_coef_=_TINY, _dual_coef_=_TINY),
}


@pytest.mark.parametrize("name", SPECIMENS)
def test_an_index_out_of_range_is_refused(name: str) -> None:
    model = SPECIMENS[name]()
    for data in (joblib_bytes(model), pickle.dumps(model), skops_io.dumps(model)):
        with pytest.raises(BadModel, match=OUTSIDE):
            revived(data, (), BYTES_MAX)


def test_a_header_of_an_array_has_no_attributes_but_its_own() -> None:
    data = joblib_bytes(np.zeros(2), protocol=2).replace(b"X\n\0\0\0allow_mmap", b"X\x04\0\0\0read")
    with pytest.raises(BadModel, match="AttributeError"):
        revived(data, (), BYTES_MAX)


def test_a_pandas_dataframe_is_not_a_model() -> None:
    with pytest.raises(BadModel, match=r"needs pandas\."):
        revived(joblib_bytes(pandas.DataFrame({"a": [1]})), (), BYTES_MAX)
