"""Trains the models of the demo; a separate program, so that only it loads scikit-learn.

``python -m mlplatform.demo.training FOLDER`` writes two files per model: ``NAME.joblib``, and
``NAME.json`` with input rows.
"""

from __future__ import annotations

import json
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# These libraries have no type annotations.
joblib: Any = import_module("joblib")
pandas: Any = import_module("pandas")
compose: Any = import_module("sklearn.compose")
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")
impute: Any = import_module("sklearn.impute")
linear_model: Any = import_module("sklearn.linear_model")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")

SUBSCRIBERS = 600
ROWS_PER_MODEL = 60
SHARE_OF_ANNUAL = 0.4
SHARE_OF_GAPS = 0.1
CITIES = ("Lisbon", "Oslo", "Graz", "Turin")
PLANS = ("basic", "plus", "team")
UNKNOWN_CITY = "Quito"
"""Not in the training data, so that the model fails."""


def main(folder: Path) -> None:
    """Train all models."""
    features, species = datasets.load_iris(return_X_y=True, as_frame=True)
    rows = features.round(1).to_numpy().tolist()
    names = datasets.load_iris().target_names[species]
    logistic = linear_model.LogisticRegression(max_iter=1_000)
    _save(folder / "iris-1", logistic, features, names, rows)
    forest = ensemble.RandomForestClassifier(50, max_depth=4, random_state=0)
    _save(folder / "iris-2", forest, features, names, rows)
    features, progression = datasets.load_diabetes(return_X_y=True)
    rows = features.round(4).tolist()
    _save(folder / "diabetes", linear_model.Ridge(0.05), features, progression, rows)
    subscribers, left = _subscribers(random.Random(7))  # noqa: S311 — not for secrets
    records = json.loads(subscribers.to_json(orient="records"))
    unknown = {**records[0], "city": UNKNOWN_CITY}
    _save(folder / "churn", _churn_model(), subscribers, left, [*records, unknown])


def _save(path: Path, estimator: Any, features: Any, target: Any, rows: list[Any]) -> None:
    joblib.dump(estimator.fit(features, target), path.with_suffix(".joblib"))
    step = max(1, len(rows) // ROWS_PER_MODEL)
    path.with_suffix(".json").write_text(json.dumps(rows[::step] + rows[-1:]))


def _churn_model() -> Any:
    """Make a pipeline for a table with numbers, texts, a boolean and gaps."""
    numbers = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler()
    )
    columns = compose.ColumnTransformer(
        [
            ("numbers", numbers, ["age", "monthly_fee", "support_calls"]),
            ("texts", preprocessing.OneHotEncoder(), ["city", "plan"]),
            ("flags", preprocessing.OneHotEncoder(drop="if_binary"), ["is_annual"]),
        ]
    )
    return pipeline.make_pipeline(columns, ensemble.GradientBoostingClassifier(n_estimators=30))


def _subscribers(rng: random.Random) -> tuple[Any, list[str]]:
    """Generate random subscribers, and for each whether they leave."""
    table = pandas.DataFrame(
        {
            "age": [_or_none(rng, rng.randint(18, 80)) for _ in range(SUBSCRIBERS)],
            "city": [rng.choice(CITIES) for _ in range(SUBSCRIBERS)],
            "plan": [_or_none(rng, rng.choice(PLANS)) for _ in range(SUBSCRIBERS)],
            "monthly_fee": [round(rng.uniform(5, 60), 2) for _ in range(SUBSCRIBERS)],
            "support_calls": [int(rng.expovariate(0.5)) for _ in range(SUBSCRIBERS)],
            "is_annual": [rng.random() < SHARE_OF_ANNUAL for _ in range(SUBSCRIBERS)],
        }
    )
    risk = table.support_calls * 0.6 + table.monthly_fee / 30 - table.is_annual * 2
    left = ["leaves" if each + rng.gauss(0, 0.5) > 1 else "stays" for each in risk]
    return table, left


def _or_none(rng: random.Random, value: Any) -> Any:
    return None if rng.random() < SHARE_OF_GAPS else value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
