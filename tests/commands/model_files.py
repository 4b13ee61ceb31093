"""Uploaded model files."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

from inference.child.libraries import joblib
from storage.artifacts import ArtifactStore, ReceivedFile

SIZE_MAX = 1 << 24


async def received(artifacts: ArtifactStore, content: bytes) -> ReceivedFile:
    """Store a file as an upload does."""

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return await artifacts.receive(chunks(), SIZE_MAX)


def saved(estimator: Any) -> bytes:
    """An estimator as joblib saves it."""
    stream = io.BytesIO()
    joblib.dump(estimator, stream)
    return stream.getvalue()
