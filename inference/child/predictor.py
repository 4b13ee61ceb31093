"""Predicts with a fitted estimator, in the child: scikit-learn's results at lower cost.

Labels equal ``estimator.predict(rows)``, probabilities ``estimator.predict_proba(rows)``, bit for
bit. Saved is the work that both would repeat: transforming the rows of a pipeline, and computing
probabilities where scikit-learn defines the labels as their argmax.
"""

from __future__ import annotations

from inspect import getattr_static
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from inference.child.columns import accepts_nan
from inference.child.libraries import (
    scipy_sparse,
    sklearn_ensemble,
    sklearn_linear,
    sklearn_model_selection,
    sklearn_pipeline,
    sklearn_tree,
    sklearn_validation,
)
from inference.child.loading.onnx_model import OnnxModel
from inference.child.loading.structures import TREE_MODELS

_ARGMAX_CLASSES = (
    sklearn_ensemble.RandomForestClassifier,
    sklearn_tree.DecisionTreeClassifier,
    sklearn_ensemble.BaggingClassifier,
)
_FORESTS = (sklearn_ensemble.RandomForestClassifier, sklearn_ensemble.RandomForestRegressor)
"""Extremely randomized trees predict by the same functions."""
_SEARCHES = (
    sklearn_model_selection.GridSearchCV,
    sklearn_model_selection.RandomizedSearchCV,
)
_METHODS = {"predict", "predict_proba", "decision_function"}


class Raw(NamedTuple):
    """What scikit-learn returns: labels, and probabilities per row, or per output and row."""

    labels: NDArray[Any]
    probabilities: Any | None


class Predictor:
    """An estimator whose fast path is chosen once, before the first prediction."""

    def __init__(self, estimator: Any) -> None:
        self._transforms: list[Any] = []
        self._final = estimator
        while (inner := self._unwrapped(self._final)) is not None:
            self._final = inner
        self._labels_are_argmax = _takes_argmax(self._final)
        self._trees = _trees_of(self._final)
        self._trees_allow_nan = bool(self._trees) and accepts_nan(self._final.estimators_[0])
        self._shares_scores = _predicts_like(self._final, (sklearn_linear.LogisticRegression,))

    def predict(self, rows: Any, *, wants_probabilities: bool) -> Raw:
        """Predict rows; raises whatever the estimator raises about them."""
        if isinstance(self._final, OnnxModel):
            return Raw(*self._final.outputs_of(rows, wants_probabilities=wants_probabilities))
        for transform in self._transforms:
            rows = transform.transform(rows)
        if self._trees and not self._labels_are_argmax:
            return Raw(self._mean_of_trees(rows)[:, 0], None)
        if self._shares_scores and wants_probabilities:
            return self._with_one_score(rows)
        if not self._labels_are_argmax:
            labels = self._final.predict(rows)
            return Raw(labels, self._final.predict_proba(rows) if wants_probabilities else None)
        predict_proba = self._mean_of_trees if self._trees else self._final.predict_proba
        probabilities = predict_proba(rows)
        labels = self._final.classes_.take(np.argmax(probabilities, axis=1), axis=0)
        return Raw(labels, probabilities if wants_probabilities else None)

    def _unwrapped(self, estimator: Any) -> Any | None:
        """Step into a pipeline or search that adds nothing of its own to a prediction."""
        if type(estimator) is sklearn_pipeline.Pipeline:
            steps = [step for _, step in estimator.steps]
            self._transforms += [s for s in steps[:-1] if s is not None and s != "passthrough"]
            return steps[-1]
        if type(estimator) in _SEARCHES:
            return estimator.best_estimator_
        return None

    def _with_one_score(self, rows: Any) -> Raw:
        """Let a linear classifier compute the scores once for labels and probabilities."""
        scores = self._final.decision_function(rows)

        def copy_scores(_: Any) -> Any:  # Probabilities are computed in place.
            return scores.copy()

        self._final.decision_function = copy_scores
        try:
            return Raw(self._final.predict(rows), self._final.predict_proba(rows))
        finally:
            del self._final.decision_function

    def _mean_of_trees(self, rows: Any) -> NDArray[np.float64]:
        """Average the trees as a forest with one job does, but validate the rows only once.

        The sums are taken in the same order, so the result is the same to the last bit.
        """
        may_be_nan = self._trees_allow_nan and not scipy_sparse.issparse(rows)
        valid = sklearn_validation.validate_data(
            self._final,
            rows,
            reset=False,
            dtype=np.float32,
            accept_sparse="csr",
            accept_large_sparse=False,
            ensure_all_finite="allow-nan" if may_be_nan else True,
        )
        total: NDArray[np.float64] = np.zeros((valid.shape[0], self._trees[0].max_n_classes))
        for tree in self._trees:
            total += tree.predict(valid)
        total /= len(self._trees)
        return total


def _takes_argmax(estimator: Any) -> bool:
    """Whether the class's own ``predict`` returns the argmax of the probabilities."""
    return getattr(estimator, "n_outputs_", 1) == 1 and _predicts_like(estimator, _ARGMAX_CLASSES)


def _trees_of(estimator: Any) -> list[Any]:
    """List the trees of a forest that predicts their mean; empty for anything else."""
    if not _predicts_like(estimator, _FORESTS) or estimator.n_outputs_ != 1:
        return []
    if any(type(tree) not in TREE_MODELS for tree in estimator.estimators_):
        return []
    return [tree.tree_ for tree in estimator.estimators_]


def _predicts_like(estimator: Any, classes: tuple[Any, ...]) -> bool:
    """Whether an estimator predicts by the very functions of one of these classes."""
    if not _METHODS.isdisjoint(cast("dict[str, Any]", vars(estimator))):
        return False
    functions = _functions(cast("Any", type(estimator)))
    return any(functions == _functions(base) for base in classes)


def _functions(kind: Any) -> list[Any]:
    return [getattr_static(kind, name, None) for name in sorted(_METHODS)]
