"""A program: changes the bytes of real model files at random, opens them and predicts with them.

Its arguments are a seed and the number of files. It prints how many predicted and how many were
refused; its exit status shows whether it crashed.
"""

from __future__ import annotations

import pickle
import random
import sys
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from inference.child.libraries import (
    sklearn_ensemble,
    sklearn_linear,
    sklearn_neighbors,
    sklearn_svm,
)
from inference.child.loading.formats import BadModel
from inference.child.loading.loader import revived
from tests.inference.child.loading.composed_models import ROWS
from tests.inference.sample_models import joblib_bytes

BYTES_MAX = 1 << 28
_CHANGES = (1, 1, 1, 2, 4, 16)
_NUMBERS = (0, 1, 1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_cluster: Any = import_module("sklearn.cluster")


def files() -> list[bytes]:
    """Save models whose parts native code follows, in several protocols."""
    labels = (ROWS[:, 0] > 0).astype(int)
    models = (
        sklearn_ensemble.RandomForestClassifier(3, random_state=0),
        sklearn_ensemble.GradientBoostingRegressor(n_estimators=3, random_state=0),
        sklearn_ensemble.IsolationForest(n_estimators=3, random_state=0),
        sklearn_ensemble.HistGradientBoostingClassifier(max_iter=3),
        sklearn_neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        sklearn_neighbors.KNeighborsClassifier(algorithm="ball_tree"),
        sklearn_svm.SVC(),
        sklearn_linear.SGDClassifier(),
        _cluster.KMeans(3, n_init=1, random_state=0),
    )
    fitted = [model.fit(ROWS, labels) for model in models]
    return [
        data
        for model in fitted
        for data in (joblib_bytes(model, protocol=2), joblib_bytes(model), pickle.dumps(model))
    ]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change a few bytes: one at a time, as a number, or by copying from elsewhere."""
    changed = bytearray(data)
    for _ in range(chance.choice(_CHANGES)):
        at, other = chance.randrange(len(changed)), chance.randrange(len(changed))
        match chance.randrange(3):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at : at + 8] = chance.choice(_NUMBERS).to_bytes(8, "little")
            case _:
                changed[at : at + chance.randrange(30)] = changed[other : other + 30]
    return bytes(changed)


def main(seed: int, count: int) -> None:
    """Open this number of changed files, and predict with them."""
    warnings.simplefilter("ignore")
    chance, originals = random.Random(seed), files()
    predicted = refused = 0
    for _ in range(count):
        try:
            model = revived(mutated(chance.choice(originals), chance), (), BYTES_MAX)
        except BadModel:
            refused += 1
            continue
        with np.errstate(all="ignore"):
            predicted += _predicts(model)
    sys.stdout.write(f"{predicted} {refused}\n")


def _predicts(model: Any) -> bool:
    try:
        model.predict(ROWS)
    except Exception:  # noqa: BLE001 - a changed model may raise anything
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
