"""Signatures, read from fitted estimators of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from domain.signature import Column, Signature
from inference.child.introspection import model_type_of, shape_of
from inference.child.libraries import pandas
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import Loaded
from inference.child.worker import Responder
from tests.inference.sample_models import NAMES, SampleModels

SIZE, PRICE = ("size", "text", True), ("price", "number", True)
IRIS = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


def signature(models: SampleModels, name: str) -> Signature:
    return Responder(Loaded(models[name].estimator, "1")).inspection().signature


def test_a_classifier_of_numbers(models: SampleModels) -> None:
    assert signature(models, "logistic with names") == Signature(
        form="matrix",
        columns=tuple(Column(f"x{i}", "number") for i in range(4)),
        is_named=False,
        task="classification",
        labels=(("setosa", "versicolor", "virginica"),),
        outputs=1,
        has_probabilities=True,
        probabilities=3,
        example=(0.0, 0.0, 0.0, 0.0),
    )


def test_column_names_are_kept_even_if_a_matrix_suffices(models: SampleModels) -> None:
    found = signature(models, "logistic on columns")
    assert (found.form, found.is_named) == ("matrix", True)
    assert tuple(column.name for column in found.columns) == IRIS


@pytest.mark.parametrize("name", ["mixed", "mixed forest", "mixed grid"])
def test_mixed_columns_are_typed_by_what_their_encoders_were_fitted_with(
    models: SampleModels, name: str
) -> None:
    found = signature(models, name)
    assert (found.form, found.is_named, found.labels) == ("table", True, (("no", "yes"),))
    assert found.columns == (
        Column("age", "number", nullable=True),
        Column("fare", "number", nullable=True),
        Column("sex", "text"),
        Column("port", "text", nullable=True),
        Column("alone", "boolean"),
    )


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("encoded", (("x0", "text", True), ("x1", "number", True))),
        ("encoded texts", (("x0", "text", False), ("x1", "text", False))),
        ("categories", (("age", "number", True), ("sex", "text", True), ("port", "text", True))),
        ("imputed", (("sex", "text", True), ("port", "text", True), ("fare", "number", False))),
        ("joined", (("text", "text", False), ("stars", "number", True), ("note", "any", True))),
        ("masked", (("x0", "text", True), ("x1", "number", False))),
        ("shops", (("shop", "number", True),)),
        ("dates alone", (("day", "datetime", False),)),
        (
            "by target",
            (("day", "datetime", True), ("shop", "number", True), ("size", "text", True)),
        ),
        (
            "selected",
            (("gift", "number", True), ("shop", "number", True), ("price", "number", True)),
        ),
        ("logged column", (("shop", "any", True), ("price", "number", False))),
        (
            "orders",
            (
                ("day", "datetime", True),
                ("shop", "number", True),
                SIZE,
                ("gift", "number", False),
                PRICE,
            ),
        ),
    ],
)
def test_columns_are_found_through_encoders_imputers_and_pass_through(
    models: SampleModels, name: str, columns: tuple[Any, ...]
) -> None:
    found = signature(models, name)
    assert found.form == "table"
    assert found.columns == tuple(Column(*column) for column in columns)


@pytest.mark.parametrize("name", ["texts", "text forest", "united"])
def test_a_text_model_takes_texts(models: SampleModels, name: str) -> None:
    found = signature(models, name)
    assert (found.form, found.columns, found.labels) == ("texts", (), (("+", "-"),))


@pytest.mark.parametrize(
    ("name", "task", "labels", "outputs", "has_probabilities"),
    [
        ("logistic of booleans", "classification", ((False, True),), 1, True),
        ("forest of two outputs", "classification", ((0, 1, 2), (0, 1, 2)), 2, True),
        ("forest of flags", "classification", ((0, 1),) * 3, 3, True),
        ("network", "classification", ((0, 1),) * 3, 3, True),
        ("one against rest", "classification", ((0, 1),) * 3, 3, True),
        ("one per output", "classification", ((0, 1, 2), (0, 1, 2)), 2, True),
        ("orders of two names", "classification", (("no", "yes"), ("a", "b", "c")), 2, True),
        ("orders of two numbers", "regression", (), 2, False),
        ("topics", "classification", ((0, 1),) * 2, 2, True),
        ("sparse flags", "classification", ((0, 1),) * 3, 3, True),
        ("neighbours of flags", "classification", ((0, 1),) * 3, 3, True),
        ("vectors", "classification", (("setosa", "versicolor", "virginica"),), 1, False),
        ("linear", "regression", (), 1, False),
        ("linear of a column", "regression", (), 1, False),
        ("linear of two", "regression", (), 2, False),
        ("clusters", "clustering", (), 1, False),
        ("mixture", "clustering", (), 1, True),
        ("outliers", "outliers", (), 1, False),
    ],
)
def test_the_predictions_of_a_model_are_described(
    models: SampleModels, name: str, task: str, labels: Any, outputs: int, has_probabilities: bool
) -> None:
    found = signature(models, name)
    assert (found.task, found.labels, found.outputs) == (task, labels, outputs)
    assert found.has_probabilities == has_probabilities


@pytest.mark.parametrize(
    ("name", "nullable"),
    [("logistic", False), ("forest with holes", True), ("boosting", True), ("neighbours", False)],
)
def test_a_model_that_handles_missing_values_takes_nulls(
    models: SampleModels, name: str, nullable: bool
) -> None:
    assert {column.nullable for column in signature(models, name).columns} == {nullable}


@pytest.mark.parametrize(
    ("name", "model_type"),
    [
        ("forest", "RandomForestClassifier"),
        ("mixed", "Pipeline(LogisticRegression)"),
        ("grid", "GridSearchCV(RandomForestClassifier)"),
        ("mixed grid", "Pipeline(GridSearchCV(LogisticRegression))"),
    ],
)
def test_a_model_is_named_by_its_last_step(
    models: SampleModels, name: str, model_type: str
) -> None:
    assert model_type_of(models[name].estimator) == model_type


@pytest.mark.parametrize("name", NAMES)
def test_every_model_can_be_described(models: SampleModels, name: str) -> None:
    responder = Responder(Loaded(models[name].estimator, "1"))
    assert responder.inspection().framework == "scikit-learn"


def test_probabilities_that_scikit_learn_cannot_compute_are_not_announced(
    models: SampleModels,
) -> None:
    found = signature(models, "chain")
    assert (found.outputs, found.has_probabilities) == (2, False)


def test_nulls_are_accepted_if_the_first_step_replaces_them(models: SampleModels) -> None:
    for name, nullable in (("filled", True), ("sums", False), ("logged", False)):
        assert {column.nullable for column in signature(models, name).columns} == {nullable}


def test_a_null_becomes_the_marker_of_the_encoder(models: SampleModels) -> None:
    facts = shape_of(models["marked"].estimator).facts
    assert [fact.marker is None for fact in facts] == [True]
    assert np.isnan(shape_of(models["mixed"].estimator).facts[3].marker)


def test_a_model_of_dictionaries_is_refused(models: SampleModels) -> None:
    with pytest.raises(BadModel, match="dictionaries of any keys"):
        shape_of(models["dictionaries"].estimator)


def test_a_model_that_would_read_files_is_refused(models: SampleModels) -> None:
    model = models["file reader"].estimator
    with pytest.raises(BadModel, match="reads a filename instead of the text itself"):
        shape_of(model)


@pytest.mark.parametrize("label", [pandas.Timestamp("2026-01-01"), b"bytes", "nul\0", (1, 2)])
def test_labels_that_json_cannot_express_are_refused(models: SampleModels, label: Any) -> None:
    estimator = models.tree_with_labels([label, label])
    with pytest.raises(BadModel, match="label"):
        Responder(Loaded(estimator, "1")).inspection()


@pytest.mark.parametrize(
    ("name", "probabilities"),
    [
        ("logistic", 3),
        ("forest of two outputs", (3, 3)),
        ("orders of two names", (2, 3)),
        ("one against rest", 3),
        ("neighbours of flags", (2, 2, 2)),
        ("mixture", 3),
        ("linear", None),
        ("chain", None),
    ],
)
def test_the_probabilities_of_a_row_are_counted(
    models: SampleModels, name: str, probabilities: int | tuple[int, ...] | None
) -> None:
    assert signature(models, name).probabilities == probabilities


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("mixed", (0.0, 0.0, "f", "C", False)),
        ("texts", ("a text",)),
        ("dates alone", ("2026-01-05T00:00:00",)),
    ],
)
def test_an_example_is_a_row_that_the_model_predicted(
    models: SampleModels, name: str, example: tuple[Any, ...]
) -> None:
    assert signature(models, name).example == example


def test_columns_of_the_same_name_are_distinguished(models: SampleModels) -> None:
    shape = shape_of(models["twins"].estimator)
    assert shape.names == ("x0", "x1")
