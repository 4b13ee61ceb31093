"""Trains the models of the benchmarks; a program, so that only its process loads sklearn.

``python lib_train.py FOLDER`` writes ``NAME.joblib`` and ``NAME.json``; the latter contains rows
and the labels that the model itself predicts for them.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# None of them has type hints.
joblib: Any = import_module("joblib")
datasets: Any = import_module("sklearn.datasets")
ensemble: Any = import_module("sklearn.ensemble")
linear_model: Any = import_module("sklearn.linear_model")
compose: Any = import_module("sklearn.compose")
impute: Any = import_module("sklearn.impute")
pipeline: Any = import_module("sklearn.pipeline")
preprocessing: Any = import_module("sklearn.preprocessing")
pandas: Any = import_module("pandas")

ROWS = 10
TREES = 100


def main(folder: Path) -> None:
    """Train all models."""
    features, labels = datasets.load_iris(return_X_y=True)
    regression = linear_model.LogisticRegression(max_iter=1000)
    _save(folder / "iris", regression.fit(features, labels), features)
    features, labels = datasets.load_breast_cancer(return_X_y=True)
    forest = ensemble.RandomForestClassifier(n_estimators=TREES, random_state=0)
    _save(folder / "forest", forest.fit(features, labels), features)
    table, labels = _customers()
    _save(folder / "table", _table_pipeline().fit(table, labels), table)


def _customers() -> tuple[Any, list[int]]:
    """A table of text and numbers, with gaps."""
    numbers = range(200)
    table = {
        "age": [None if n % 17 == 0 else 20 + n % 60 for n in numbers],
        "city": [("Oslo", "Lima", None)[n % 3] for n in numbers],
        "plan": [("basic", "plus")[n % 2] for n in numbers],
        "spent": [n * 1.25 for n in numbers],
    }
    return pandas.DataFrame(table), [int(n % 7 > 3) for n in numbers]


def _table_pipeline() -> Any:
    """A pipeline as it is usually built: columns by name, each kind with its own preparation."""
    text = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent"),
        preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    number = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    columns = compose.ColumnTransformer(
        [("text", text, ["city", "plan"]), ("number", number, ["age", "spent"])]
    )
    return pipeline.make_pipeline(columns, linear_model.LogisticRegression())


def _save(path: Path, model: Any, features: Any) -> None:
    # Rows from the whole data set, so that every label occurs.
    rows = features[:: len(features) // ROWS][:ROWS]
    joblib.dump(model, path.with_suffix(".joblib"))
    listed = rows.to_dict("records") if hasattr(rows, "to_dict") else rows.tolist()
    sample = {"rows": listed, "labels": model.predict(rows).tolist()}
    path.with_suffix(".json").write_text(json.dumps(sample).replace("NaN", "null"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
