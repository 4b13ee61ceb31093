"""Serves a model file by a real process."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from inference.inputs.row_encoding import encode_rows
from inference.model_file import Inspection
from inference.pool.pool import WorkerPool
from tests.inference.conftest import ModelStore


class Served(NamedTuple):
    """What the inspection found, and what the model predicted."""

    found: Inspection
    outputs: list[Any]
    probabilities: list[Any] | None


async def served(pool: WorkerPool, store: ModelStore, data: bytes, given: Any) -> Served:
    """Inspect a model file, then predict with it."""
    file = store.put(data)
    found = await pool.inspect(file)
    result = await pool.predict(file, found.signature, encode_rows(found.signature, given, 1000))
    return Served(found, result.outputs, result.probabilities)


def close(given: Any, expected: Any, atol: float = 1e-12) -> bool:
    """Whether two arrays are equal but for the last bits."""
    return np.allclose(np.array(given), np.asarray(expected), rtol=0, atol=atol)
