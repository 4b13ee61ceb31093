"""Models of other frameworks, and models saved with threads, served by real processes."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from inference.child.libraries import (
    sklearn_ensemble,
    sklearn_linear,
    sklearn_model_selection,
    sklearn_pipeline,
    sklearn_preprocessing,
)
from inference.pool.pool import WorkerPool
from tests.inference.child.loading.served import close, served
from tests.inference.column_models import mixed
from tests.inference.conftest import ModelStore
from tests.inference.sample_models import joblib_bytes

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
in_a_pool = pytest.mark.asyncio(loop_scope="session")

_lightgbm: Any = import_module("lightgbm")
_xgboost: Any = import_module("xgboost")
_datasets: Any = import_module("sklearn.datasets")
ROWS, TARGET = _datasets.load_iris(return_X_y=True)
_forest: Any = sklearn_ensemble.RandomForestClassifier


def _xgboost_forest() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # deprecated since 3.4; files of it exist
        return _xgboost.XGBRFClassifier(n_estimators=5)


MODELS = {
    "lightgbm": _lightgbm.LGBMClassifier(n_estimators=5, n_jobs=-1, verbose=-1),
    "lightgbm regressor": _lightgbm.LGBMRegressor(n_estimators=5, num_threads=4, verbose=-1),
    "xgboost": _xgboost.XGBClassifier(n_estimators=5, n_jobs=-1),
    "xgboost regressor": _xgboost.XGBRegressor(n_estimators=5, n_jobs=4),
    "xgboost forest": _xgboost_forest(),
    "forest": _forest(20, n_jobs=-1, random_state=0),
    "search": sklearn_model_selection.GridSearchCV(
        _forest(5, random_state=0), {"max_depth": [2, 3]}, cv=2, n_jobs=2
    ),
    "voting": sklearn_ensemble.VotingClassifier(
        [("a", _forest(5, random_state=0)), ("b", sklearn_linear.LogisticRegression(max_iter=500))],
        voting="soft",
        n_jobs=-1,
    ),
    "bagging": sklearn_ensemble.BaggingClassifier(n_estimators=5, n_jobs=-1, random_state=0),
    "boosting in a pipeline": sklearn_pipeline.make_pipeline(
        sklearn_preprocessing.StandardScaler(), _lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)
    ),
    "boosting in a search": sklearn_model_selection.GridSearchCV(
        _xgboost.XGBClassifier(n_estimators=3), {"max_depth": [2, 3]}, cv=2
    ),
}


@in_a_pool
@pytest.mark.parametrize("name", MODELS)
async def test_models_that_request_threads_are_served_without_them(
    pool: WorkerPool, store: ModelStore, name: str
) -> None:
    model = MODELS[name].fit(ROWS, TARGET)
    result = await served(pool, store, joblib_bytes(model), ROWS[::7].tolist())
    assert result.outputs == model.predict(ROWS[::7]).tolist()
    if hasattr(model, "predict_proba"):
        assert close(result.probabilities, model.predict_proba(ROWS[::7]))
    package = type(model).__module__.partition(".")[0]
    assert result.found.framework == ("scikit-learn" if package == "sklearn" else package)


@in_a_pool
async def test_boosting_on_named_columns_with_nulls_is_served(
    pool: WorkerPool, store: ModelStore
) -> None:
    model, rows, frame = mixed(sklearn_linear.LogisticRegression())
    model = model.set_params(logisticregression=_xgboost.XGBRegressor(n_estimators=3))
    result = await served(pool, store, joblib_bytes(model.fit(frame, np.arange(10))), rows)
    assert result.outputs == model.predict(frame).tolist()
