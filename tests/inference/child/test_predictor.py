"""The fast paths change nothing: labels and probabilities equal those of scikit-learn."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from inference.child.estimator_input import decode_rows, example_of
from inference.child.introspection import shape_of, signature_of
from inference.child.libraries import sklearn_ensemble
from inference.child.predictor import Predictor
from inference.inputs.row_encoding import encode_rows
from tests.inference.sample_models import NAMES, SampleModels

pytestmark = [
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore:X has feature names"),
]


def native(model: Any, rows: list[Any]) -> Any:
    """Check, encode and decode JSON rows like those of a request."""
    shape = shape_of(model)
    encoded = encode_rows(signature_of(model, shape, None), rows, 1000)
    joined = encoded.payload if encoded.form == "matrix" else b"[" + encoded.payload + b"]"
    return decode_rows(shape, encoded.count, joined)


def as_list(probabilities: Any) -> list[Any]:
    """One array for each output."""
    return [*probabilities] if isinstance(probabilities, list) else [probabilities]


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_probabilities_are_those_of_the_estimator(
    models: SampleModels, name: str
) -> None:
    model, rows, expected_of = models[name]
    has = hasattr(model, "predict_proba")
    for part in (slice(0, 1), slice(None)):
        taken = native(model, rows[part])
        raw = Predictor(model).predict(taken, wants_probabilities=has)
        assert np.array_equal(raw.labels, model.predict(expected_of[part]))
        if has:
            expected = model.predict_proba(expected_of[part])
            pairs = zip(as_list(raw.probabilities), as_list(expected), strict=True)
            assert all(np.array_equal(given, own) for given, own in pairs)


@pytest.mark.parametrize("name", ["forest", "tree", "bagging", "mixed forest", "neighbours"])
def test_probabilities_are_computed_only_on_request(models: SampleModels, name: str) -> None:
    model, rows, _ = models[name]
    raw = Predictor(model).predict(native(model, rows), wants_probabilities=False)
    assert raw.probabilities is None


def test_the_predict_of_a_subclass_is_used() -> None:
    class Contrary(sklearn_ensemble.RandomForestClassifier):
        def predict(self, X: Any) -> Any:  # noqa: N803
            return np.full(len(X), 7)

    model = Contrary(3).fit([[0.0], [1.0]], [0, 1])
    raw = Predictor(model).predict(np.zeros((2, 1)), wants_probabilities=True)
    assert raw.labels.tolist() == [7, 7]


def test_a_predict_set_on_an_instance_is_used() -> None:
    model = sklearn_ensemble.RandomForestRegressor(3).fit([[0.0], [1.0]], [0, 1])
    model.predict = partial(np.full, 2)  # It predicts the value that it is given.
    raw = Predictor(model).predict(7.0, wants_probabilities=False)
    assert raw.labels.tolist() == [7.0, 7.0]


def test_a_forest_validates_rows_as_scikit_learn_does(models: SampleModels) -> None:
    model = models["forest"].estimator
    for wrong, message in (([[1.0]], "X has 1 features"), ([[1e300] * 4], "too large for dtype")):
        with (
            np.errstate(over="ignore"),
            pytest.raises(ValueError, match=message),
        ):
            Predictor(model).predict(np.array(wrong), wants_probabilities=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_model_predicts_its_trial_row(models: SampleModels, name: str) -> None:
    model = models[name].estimator
    row = native(model, [example_of(shape_of(model))])
    assert len(Predictor(model).predict(row, wants_probabilities=False).labels) == 1


def test_a_payload_of_another_number_of_rows_is_refused(models: SampleModels) -> None:
    for name, payload in (("texts", b'[["a"],["b"]]'), ("encoded", b'[[["a",1]],[["b",1]]]')):
        with pytest.raises(ValueError, match="2 rows came instead of 3"):
            decode_rows(shape_of(models[name].estimator), 3, payload)
