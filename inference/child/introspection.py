"""Reads the signature of a fitted estimator, in the child: its inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from domain.signature import COLUMNS_MAX, Column, InputForm, Label, Signature, Task
from inference.child.columns import ColumnFacts, describe_columns, flattened, is_vectorizer
from inference.child.libraries import (
    sklearn_compose,
    sklearn_dicts,
    sklearn_mixture,
    sklearn_pipeline,
    sklearn_utils,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.onnx_model import OnnxModel
from inference.child.loading.structures import BOOSTED

_WRAPPERS_MAX = 20
_TASKS: dict[str, Task] = {
    "classifier": "classification",
    "regressor": "regression",
    "clusterer": "clustering",
    "outlier_detector": "outliers",
}


@dataclass(frozen=True)
class Shape:
    """How rows are given to an estimator."""

    form: InputForm
    names: tuple[str, ...]
    is_named: bool
    facts: tuple[ColumnFacts, ...]
    is_array: bool = False
    """Of a table: whether it comes as an array of objects rather than as a DataFrame."""
    is_sampled: bool = False
    """Whether some of this was read from a sample."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, for a signature."""
        facts = zip(self.names, self.facts, strict=True)
        return tuple(Column(name, fact.type, fact.nullable) for name, fact in facts)


def default_names(width: int) -> tuple[str, ...]:
    """Name columns by position."""
    return tuple(f"x{j}" for j in range(width))


def shape_of(estimator: Any) -> Shape:
    """Find out how rows are passed, from the outermost wrapper to the first step that uses them."""
    if isinstance(estimator, OnnxModel):
        names = estimator.names or default_names(len(estimator.facts))
        return Shape(estimator.form, names, is_named=estimator.is_named, facts=estimator.facts)
    chain = _chain(estimator)
    first = chain[-1]
    if isinstance(first, sklearn_dicts.DictVectorizer):
        raise BadModel("the model takes dictionaries of any keys, which is not supported")
    if _takes_texts(first):
        return Shape("texts", (), is_named=False, facts=())
    width = next((int(e.n_features_in_) for e in chain if hasattr(e, "n_features_in_")), 0)
    names = _names_of(chain)
    if width > COLUMNS_MAX:
        raise BadModel(f"{width} columns are more than the limit of {COLUMNS_MAX}")
    facts = tuple(describe_columns(_steps(chain), width))
    # A function that was fitted on a DataFrame may select columns by name, too.
    takes_any = any(not fact.is_known for fact in facts)
    by_name = names is not None and (takes_any or bool(_tables_of(chain)))
    return Shape(
        form="table" if by_name or any(fact.type != "number" for fact in facts) else "matrix",
        names=names or default_names(width),
        is_named=names is not None,
        facts=facts,
    )


def signature_of(estimator: Any, shape: Shape, result: tuple[Any, Any] | None) -> Signature:
    """Describe an estimator; ``result`` holds labels and probabilities of a row, if it gave any.

    Only they show, for all estimators, how many values a prediction has.
    """
    task = _task_of(estimator)
    predicted = _outputs_of(result[0]) if result else None
    labels = _labels_of(estimator, predicted) if task == "classification" else ()
    outputs = predicted or max(1, len(labels))
    if labels and len(labels) != outputs:
        labels = ()
    return Signature(
        form=shape.form,
        columns=shape.columns,
        is_named=shape.is_named,
        task=task,
        labels=labels,
        outputs=outputs,
        has_probabilities=hasattr(estimator, "predict_proba")
        and (result is None or result[1] is not None),
        probabilities=_counted(result[1]) if result else None,
        is_sampled=shape.is_sampled,
    )


def model_type_of(estimator: Any) -> str:
    """Name the class, and the class of the last step of a pipeline or search."""
    if isinstance(estimator, OnnxModel):
        return estimator.model_type
    inner = _last_step(estimator)
    name = type(estimator).__name__
    return name if inner is None else f"{name}({model_type_of(inner)})"


def _last_step(estimator: Any) -> Any | None:
    """Return the last step of a pipeline or the best estimator of a search."""
    if isinstance(estimator, sklearn_pipeline.Pipeline):
        return estimator.steps[-1][1]
    return getattr(estimator, "best_estimator_", None)


def _chain(estimator: Any) -> list[Any]:
    chain = [estimator]
    while len(chain) < _WRAPPERS_MAX and (inner := _wrapped(chain[-1])) is not None:
        chain.append(inner)
    return chain


def _wrapped(estimator: Any) -> Any | None:
    """Return what a wrapper passes its rows to; None if it uses them itself."""
    if isinstance(estimator, sklearn_pipeline.Pipeline):
        steps = flattened(estimator)
        seeing = [s for s in steps if not isinstance(s, str) and s is not None]
        declaring = [s for s in seeing if type(s).__name__ != "FunctionTransformer"]
        return (declaring or seeing)[0]
    for name in ("best_estimator_", "regressor_", "estimator_"):
        if (inner := getattr(estimator, name, None)) is not None:
            return inner
    if isinstance(estimator, BOOSTED):
        return saved_state(estimator, "_preprocessor")
    calibrated = getattr(estimator, "calibrated_classifiers_", None)
    if calibrated:
        return calibrated[0].estimator
    inner = getattr(estimator, "estimators_", None)
    return cast("list[Any]", inner)[0] if isinstance(inner, list) and inner else None


def saved_state(estimator: Any, name: str) -> Any | None:
    """Read a member of an estimator's saved state; None if it has no such member.

    For facts that scikit-learn offers no public attribute for. They are data of the model file,
    as any reader of the format sees it, and may be absent in another release.
    """
    return cast("dict[str, Any]", vars(estimator)).get(name)


def _names_of(chain: list[Any]) -> tuple[str, ...] | None:
    """Return the names of the columns, if there are any and they are unique."""
    known = next((e.feature_names_in_ for e in chain if hasattr(e, "feature_names_in_")), ())
    names = tuple(_plain_text(name) for name in known)
    return names if names and len(set(names)) == len(names) else None


def _steps(chain: list[Any]) -> list[Any]:
    """List the steps that the rows pass through, the final estimator included."""
    for estimator in chain:
        if isinstance(estimator, sklearn_pipeline.Pipeline):
            return flattened(estimator)
    return [*_tables_of(chain)[:1], chain[0]]


def _tables_of(chain: list[Any]) -> list[Any]:
    return [e for e in chain if isinstance(e, sklearn_compose.ColumnTransformer)]


def _takes_texts(step: Any) -> bool:
    if isinstance(step, sklearn_pipeline.FeatureUnion):
        return any(_takes_texts(flattened(branch)[0]) for _, branch in step.transformer_list)
    if not is_vectorizer(step):
        return False
    if step.input != "content":
        raise BadModel(f"the model reads a {step.input} instead of the text itself")
    return True


def _task_of(estimator: Any) -> Task:
    if isinstance(estimator, OnnxModel):
        return estimator.task
    kind = sklearn_utils.get_tags(estimator).estimator_type
    if kind in _TASKS:
        return _TASKS[kind]
    if hasattr(estimator, "classes_"):
        return "classification"
    mixtures = (sklearn_mixture.GaussianMixture, sklearn_mixture.BayesianGaussianMixture)
    if isinstance(estimator, mixtures):
        return "clustering"
    return "regression"


def _labels_of(estimator: Any, outputs: int | None) -> tuple[tuple[Label, ...], ...]:
    """List the labels of each output; ``outputs`` is how many a prediction has, if known."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return ()
    if isinstance(classes, list):
        return tuple(_plain_labels(part) for part in cast("list[Any]", classes))
    # A multi-label classifier has one array of classes and predicts a flag for each of them.
    if outputs not in (None, 1) or getattr(_final(estimator), "multilabel_", False):
        return ((0, 1),) * len(classes)
    return (_plain_labels(classes),)


def _final(estimator: Any) -> Any:
    while (inner := _last_step(estimator)) is not None:
        estimator = inner
    return estimator


def _plain_labels(classes: Any) -> tuple[Label, ...]:
    values: list[object] = np.asarray(classes).tolist()
    return tuple(map(_plain_label, values))


def _plain_label(value: object) -> Label:
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, bool | int | float):
        return value
    raise BadModel(f"a class label is of the type {type(value).__name__}; JSON has no such thing")


def _plain_text(value: object) -> str:
    text = str(value)
    if "\0" in text or (not text.isascii() and text != text.encode("utf-8", "replace").decode()):
        raise BadModel("a name or label holds a character that cannot be stored")
    return text


def _outputs_of(predicted: NDArray[Any]) -> int:
    return 1 if predicted.ndim == 1 else int(predicted.shape[1])


def _counted(probabilities: Any) -> int | tuple[int, ...] | None:
    """Count the probabilities of one row, for each output if there are several."""
    if probabilities is None:
        return None
    if isinstance(probabilities, list):
        return tuple(int(part.shape[1]) for part in cast("list[Any]", probabilities))
    return int(probabilities.shape[1])
