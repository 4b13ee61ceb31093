"""A model behind LitServe, with its batching; `MODEL` names the file, `PORT` where to listen.

Two processes serve HTTP and one predicts, which is the fastest on two cores.
"""

from __future__ import annotations

import os
from typing import Any

import joblib
import litserve
import numpy as np


class Labels(litserve.LitAPI):
    """Labels for rows."""

    def setup(self, device: str) -> None:
        """Open the model."""
        del device
        self._model = joblib.load(os.environ["MODEL"])

    def batch(self, inputs: list[dict[str, Any]]) -> np.ndarray:
        """Combine rows."""
        return np.asarray([request["row"] for request in inputs])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return a label for each row."""
        return self._model.predict(x)

    def unbatch(self, output: np.ndarray) -> list[dict[str, Any]]:
        """Separate the labels."""
        return [{"label": label} for label in output.tolist()]


if __name__ == "__main__":
    api = Labels(max_batch_size=64, batch_timeout=0.002)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=2,
        generate_client_file=False,
        log_level="warning",
    )
