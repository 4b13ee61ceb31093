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

ROWS = 10
TREES = 100


def main(folder: Path) -> None:
    """Train both."""
    features, labels = datasets.load_iris(return_X_y=True)
    regression = linear_model.LogisticRegression(max_iter=1000)
    _leave(folder / "iris", regression.fit(features, labels), features)
    features, labels = datasets.load_breast_cancer(return_X_y=True)
    forest = ensemble.RandomForestClassifier(n_estimators=TREES, random_state=0)
    _leave(folder / "forest", forest.fit(features, labels), features)


def _leave(path: Path, model: Any, features: Any) -> None:
    # Rows from all over the set, so that every label comes up.
    rows = features[:: len(features) // ROWS][:ROWS]
    joblib.dump(model, path.with_suffix(".joblib"))
    sample = {"rows": rows.tolist(), "labels": model.predict(rows).tolist()}
    path.with_suffix(".json").write_text(json.dumps(sample))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
