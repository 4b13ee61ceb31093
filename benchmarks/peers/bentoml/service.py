"""A model behind BentoML, with its adaptive batching; `MODEL` names the file."""

from __future__ import annotations

import os

import bentoml
import joblib
import numpy as np


@bentoml.service(
    workers=1,
    traffic={"timeout": 30, "max_concurrency": 1000},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Service:
    """Labels for rows."""

    def __init__(self) -> None:
        self._model = joblib.load(os.environ["MODEL"])

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Return a label for each row."""
        return self._model.predict(rows)
