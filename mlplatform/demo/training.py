"""Train the models of the demo; run as a program, so that only this process loads scikit-learn.

``python -m mlplatform.demo.training FOLDER`` leaves there, for each model, ``NAME.joblib`` and
``NAME.json``: rows to ask it for, as the bodies of requests hold them.
"""

from __future__ import annotations

import json
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# None of them ships types.
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
ROWS_ASKED = 60
SHARE_OF_ANNUAL = 0.4
SHARE_OF_HOLES = 0.1
CITIES = ("Lisbon", "Oslo", "Graz", "Turin")
PLANS = ("basic", "plus", "team")
CITY_UNKNOWN_TO_THE_MODEL = "Quito"


def main(folder: Path) -> None:
    """Train all of them."""
    features, species = datasets.load_iris(return_X_y=True, as_frame=True)
    rows = features.round(1).to_numpy().tolist()
    names = datasets.load_iris().target_names[species]
    _leave(
        folder / "iris-1", linear_model.LogisticRegression(max_iter=1_000), features, names, rows
    )
    forest = ensemble.RandomForestClassifier(50, max_depth=4, random_state=0)
    _leave(folder / "iris-2", forest, features, names, rows)
    features, progression = datasets.load_diabetes(return_X_y=True)
    rows = features.round(4).tolist()
    _leave(folder / "diabetes", linear_model.Ridge(0.05), features, progression, rows)
    subscribers, left = _subscribers(random.Random(7))  # noqa: S311 — no secret
    records = _records(subscribers)
    stranger = {**records[0], "city": CITY_UNKNOWN_TO_THE_MODEL}
    _leave(folder / "churn", _churn_model(), subscribers, left, [*records, stranger])


def _leave(path: Path, estimator: Any, features: Any, target: Any, rows: list[Any]) -> None:
    joblib.dump(estimator.fit(features, target), path.with_suffix(".joblib"))
    step = max(1, len(rows) // ROWS_ASKED)
    path.with_suffix(".json").write_text(json.dumps(rows[::step] + rows[-1:]))


def _churn_model() -> Any:
    """Make a pipeline over a table with text, numbers, a boolean and holes."""
    numbers = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler()
    )
    columns = compose.ColumnTransformer(
        [
            ("numbers", numbers, ["age", "monthly_fee", "support_calls"]),
            ("words", preprocessing.OneHotEncoder(), ["city", "plan"]),
            ("flags", preprocessing.OneHotEncoder(drop="if_binary"), ["is_annual"]),
        ]
    )
    return pipeline.make_pipeline(columns, ensemble.GradientBoostingClassifier(n_estimators=30))


def _subscribers(chance: random.Random) -> tuple[Any, list[str]]:
    """Invent subscribers of something, some of whom left."""
    table = pandas.DataFrame(
        {
            "age": [_or_none(chance, chance.randint(18, 80)) for _ in range(SUBSCRIBERS)],
            "city": [chance.choice(CITIES) for _ in range(SUBSCRIBERS)],
            "plan": [_or_none(chance, chance.choice(PLANS)) for _ in range(SUBSCRIBERS)],
            "monthly_fee": [round(chance.uniform(5, 60), 2) for _ in range(SUBSCRIBERS)],
            "support_calls": [int(chance.expovariate(0.5)) for _ in range(SUBSCRIBERS)],
            "is_annual": [chance.random() < SHARE_OF_ANNUAL for _ in range(SUBSCRIBERS)],
        }
    )
    risk = table.support_calls * 0.6 + table.monthly_fee / 30 - table.is_annual * 2
    left = ["leaves" if each + chance.gauss(0, 0.5) > 1 else "stays" for each in risk]
    return table, left


def _or_none(chance: random.Random, value: Any) -> Any:
    return None if chance.random() < SHARE_OF_HOLES else value


def _records(table: Any) -> list[dict[str, Any]]:
    return json.loads(table.to_json(orient="records"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
