"""Every estimator of scikit-learn, fitted on rows that suit it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from inference.child.libraries import import_module, sklearn_linear

# First, since it imports the experimental estimators.
_examples: Any = import_module("sklearn.utils._test_common.instance_generator")
ALL: list[tuple[str, Any]] = import_module("sklearn.utils").all_estimators()


def samples() -> list[tuple[Any, Any]]:
    """Rows of the many kinds that estimators can be fitted on, the most usual first."""
    rows = np.random.default_rng(0).normal(size=(60, 6))
    labels = (rows[:, 0] + rows[:, 1] > 0).astype(int)
    square = np.exp(-((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    texts = np.array(["a good film", "a bad film"] * 30, dtype=object)
    return [
        (rows, labels),
        (np.abs(rows), labels),
        (np.abs(rows), np.abs(rows[:, 0]) + 0.1),
        (rows, np.column_stack([labels, 1 - labels])),
        (rows[:, :3], rows[:, 3:5]),
        (rows[:, 0], labels),
        (texts, labels),
        ([{"a": 1.0}, {"b": 2.0}] * 30, labels),
        (rows, None),
        (labels, None),
        ([[1, 2], [2]] * 30, None),
        (square, labels),
    ]


def _instances(name: str, kind: Any) -> list[Any]:
    if name == "FrozenEstimator":
        rows, labels = samples()[0]
        return [kind(sklearn_linear.LogisticRegression().fit(rows, labels))]
    return list(_examples._construct_instances(kind))


def _fitted(estimator: Any) -> tuple[Any, Any] | None:
    for rows, target in samples():
        try:
            return estimator.fit(*((rows,) if target is None else (rows, target))), rows
        except (ValueError, TypeError, AttributeError, IndexError):
            continue
    return None


def fitted_of(name: str, kind: Any) -> Iterator[tuple[Any, Any]]:
    """Fit a class with each set of parameters that its own tests use; the rows come with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for estimator in _instances(name, kind):
            if "random_state" in estimator.get_params():
                estimator.set_params(random_state=0)
            if (found := _fitted(estimator)) is not None:
                yield found


def predictions_of(estimator: Any, rows: Any) -> list[str]:
    """Call all prediction methods; results as text, so that nan equals nan."""
    results: list[str] = []
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        try:
            # Copied: some predict differently if the rows are the same object as in the fitting.
            results.append(repr(np.asarray(getattr(estimator, method)(rows[:10].copy()).tolist())))
        except (AttributeError, ValueError, TypeError, NotImplementedError, IndexError):
            results.append("")
    return results
