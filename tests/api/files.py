"""Model files, as clients send them."""

from __future__ import annotations

import io
from typing import Any

from inference.child.libraries import joblib


def saved(estimator: Any) -> bytes:
    """Save an estimator with joblib."""
    stream = io.BytesIO()
    joblib.dump(estimator, stream)
    return stream.getvalue()
