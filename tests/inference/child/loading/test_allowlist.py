"""The allow-list: it equals the rule, and every estimator of scikit-learn passes it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from inference.child.estimator_input import dense
from inference.child.libraries import (
    import_module,
    pandas,
    sklearn_compose,
    sklearn_linear,
    sklearn_pipeline,
    sklearn_preprocessing,
    sklearn_text,
    skops_io,
)
from inference.child.loading.allowlist import (
    GLOBALS_FILE,
    AllowList,
    Use,
    current_name,
    lines_of,
    listed,
)
from inference.child.loading.allowlist_rule import COMMAND, Entry, is_here, text_of, updated
from inference.child.loading.loader import load, revived
from inference.child.loading.reconstructors import Placeholder
from tests.inference.all_estimators import ALL, fitted_of, predictions_of
from tests.inference.child.loading.composed_models import COMPOSED_MODELS, ROWS
from tests.inference.sample_models import NAMES, SampleModels, joblib_bytes

BYTES_MAX = 1 << 30


def _as_entries(uses: dict[tuple[str, str], Use]) -> list[Entry]:
    return [(use, *key) for key, use in uses.items()]


def test_the_list_is_what_the_rule_gives_for_the_installed_libraries() -> None:
    assert GLOBALS_FILE.read_text() == text_of(updated(listed())), COMMAND


def test_an_update_keeps_names_of_other_releases_and_no_others() -> None:
    here: dict[tuple[str, str], Use] = {("os", "system"): "call"}
    other: dict[tuple[str, str], Use] = {
        ("sklearn.no_such", "Model"): "new",
        ("sklearn.svm", "NoSuch"): "new",
    }
    assert updated({**listed(), **here, **other}) == updated({**listed(), **other})
    assert updated({**listed(), **other}) == sorted([*updated(listed()), *_as_entries(other)])


def test_the_list_has_no_entry_twice() -> None:
    lines = lines_of(GLOBALS_FILE.read_text())
    assert len({tuple(line.split()[1:]) for line in lines}) == len(lines) == len(listed())


def test_no_entry_has_a_dotted_name() -> None:
    assert [name for _, name in listed() if "." in name] == []


def test_only_named_modules_and_their_submodules_are_trusted() -> None:
    allowed = AllowList(listed(), ["house"])
    assert (allowed.use_of("house", "Roof"), allowed.use_of("house.roof", "Roof")) == ("call",) * 2
    assert allowed.use_of("houses", "Roof") is allowed.use_of("os", "system") is None
    assert current_name("_loss", "CyHuberLoss") == ("sklearn._loss._loss", "CyHuberLoss")
    assert current_name("numpy.core.multiarray", "scalar") == ("numpy._core.multiarray", "scalar")


# Each was reviewed: it only sets the state, or checks it.
_OWN_SETSTATE = {
    "BaseEstimator",  # warns about another version
    "BinaryTree32",  # of KDTree and BallTree; followed by check_structures
    "BinaryTree64",
    "BSpline",  # of scipy 1.18: finds the array library of what it takes
    "BitGenerator",
    "Booster",  # of LightGBM and XGBoost: their own parsers, in native code
    "Bunch",  # takes nothing
    "CyHalfMultinomialLoss",
    "DistanceMetric",
    "DistanceMetric32",
    "DistanceMetric64",
    "IsotonicRegression",  # makes its function from its points
    "MahalanobisDistance32",
    "MahalanobisDistance64",
    "NDArrayBacked",
    "SeedSequence",
    "StringDtype",
    "TreePredictor",  # followed by check_structures
    "_coo_base",
    "coo_matrix",  # renames what it takes
    "generic",  # numpy's numbers: takes nothing
}


def test_every_class_with_its_own_setstate_was_reviewed() -> None:
    found: set[str] = set()
    for module, name in listed():
        kind = getattr(import_module(module), name) if is_here(module, name) else None
        if isinstance(kind, type) and hasattr(kind, "__setstate__"):
            owner: Any = next(k for k in kind.__mro__ if "__setstate__" in vars(k))
            found.add(owner.__name__)
    assert found - _OWN_SETSTATE == set()


def _files_of(name: str, estimator: Any) -> list[bytes]:
    files = [joblib_bytes(estimator), joblib_bytes(estimator, compress=3)]
    # skops refuses to save that one.
    return files if name == "Birch" else [*files, skops_io.dumps(estimator)]


@pytest.mark.parametrize(("name", "kind"), ALL, ids=[name for name, _ in ALL])
def test_every_estimator_of_scikit_learn_opens_and_predicts_the_same(name: str, kind: Any) -> None:
    found = list(fitted_of(name, kind))
    assert found, "none of the samples suits it"
    for estimator, rows in found:
        for data in _files_of(name, estimator):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert predictions_of(revived(data, (), BYTES_MAX), rows) == predictions_of(
                    estimator, rows
                )


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("name", NAMES)
def test_typical_pipelines_open_and_predict_the_same(models: SampleModels, name: str) -> None:
    estimator, _, rows = models[name]
    again = load(joblib_bytes(estimator)).estimator
    assert np.array_equal(dense(again.predict(rows)), dense(estimator.predict(rows)))


@pytest.mark.parametrize("name", COMPOSED_MODELS)
def test_composed_models_are_covered(name: str) -> None:
    estimator, target = COMPOSED_MODELS[name]
    model = estimator.fit(ROWS, target)
    again = load(joblib_bytes(model)).estimator
    assert again.predict(ROWS.copy()).tolist() == model.predict(ROWS.copy()).tolist()


def test_the_distributions_of_a_search_are_replaced_and_never_loaded() -> None:
    estimator, target = COMPOSED_MODELS["drawn evenly"]
    again = load(joblib_bytes(estimator.fit(ROWS, target))).estimator
    assert type(again.param_distributions["alpha"]) is Placeholder


def test_columns_may_be_selected_by_a_pandas_index() -> None:
    frame = pandas.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": ["x", "y", "x", "y"]})
    columns = sklearn_compose.ColumnTransformer(
        [
            ("numbers", sklearn_preprocessing.StandardScaler(), frame.columns[:1]),
            ("words", sklearn_preprocessing.OneHotEncoder(), frame.select_dtypes("str").columns),
        ]
    )
    model = sklearn_pipeline.make_pipeline(columns, sklearn_linear.LogisticRegression())
    model.fit(frame, [0, 1, 0, 1])
    assert load(joblib_bytes(model)).estimator.predict(frame).tolist() == [0, 1, 0, 1]


def test_a_vectorizer_may_use_methods_of_str() -> None:
    words = sklearn_text.CountVectorizer(preprocessor=str.upper, tokenizer=str.split)
    model = sklearn_pipeline.make_pipeline(words, sklearn_linear.LogisticRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(["a b", "c d"], [0, 1])
    assert load(joblib_bytes(model)).estimator.predict(["a b", "c d"]).tolist() == [0, 1]
