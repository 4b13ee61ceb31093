"""Train the models of the benchmark; run as a program, so that only this process loads sklearn.

``python lib_train.py FOLDER`` leaves ``NAME.joblib`` and ``NAME.json`` there; the latter holds rows
to ask for and the labels that the model itself gives them.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# Neither ships types.
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
    """Train all."""
    features, labels = datasets.load_iris(return_X_y=True)
    regression = linear_model.LogisticRegression(max_iter=1000)
    _leave(folder / "iris", regression.fit(features, labels), features)
    features, labels = datasets.load_breast_cancer(return_X_y=True)
    forest = ensemble.RandomForestClassifier(n_estimators=TREES, random_state=0)
    _leave(folder / "forest", forest.fit(features, labels), features)
    table, labels = _customers()
    _leave(folder / "table", _table_pipeline().fit(table, labels), table)


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
    """A pipeline as it is usually built: columns by name, each kind prepared in its own way."""
    text = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="most_frequent"),
        preprocessing.OneHotEncoder(handle_unknown="ignore"),
    )
    number = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    columns = compose.ColumnTransformer(
        [("text", text, ["city", "plan"]), ("number", number, ["age", "spent"])]
    )
    return pipeline.make_pipeline(columns, linear_model.LogisticRegression())


def _leave(path: Path, model: Any, features: Any) -> None:
    # Rows from all over the set, so that every label comes up.
    rows = features[:: len(features) // ROWS][:ROWS]
    joblib.dump(model, path.with_suffix(".joblib"))
    listed = rows.to_dict("records") if hasattr(rows, "to_dict") else rows.tolist()
    sample = {"rows": listed, "labels": model.predict(rows).tolist()}
    path.with_suffix(".json").write_text(json.dumps(sample).replace("NaN", "null"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
