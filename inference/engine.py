"""What runs models: the contract that every engine keeps, wherever its processes are."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

import msgspec

from domain.signature import Column, Signature
from inference.inputs.row_encoding import Rows


class ModelFile(msgspec.Struct, frozen=True):
    """An uploaded file, as the artifact store holds it."""

    artifact_id: UUID
    digest: str
    """SHA-256 in lower-case hexadecimal."""
    size: int
    releases: int = 0
    """How often what its processes did was forgiven; one more, and it is again."""
    columns: tuple[Column, ...] = ()
    """What a sample told of its columns, since the model does not tell."""


class Inspection(msgspec.Struct, frozen=True):
    """What a model process found out about a model file."""

    signature: Signature
    model_type: str
    """The estimator's class; of a pipeline the last step's too: ``Pipeline(Ridge)``."""
    framework: str
    framework_version: str
    """With which the model was saved, where the file tells; else the one that opened it."""
    format: str
    warnings: tuple[str, ...] = ()
    """Sentences for whoever uploads the model."""


class ModelOutput(msgspec.Struct, frozen=True):
    """The answer to one request; a value that is not finite is None."""

    outputs: list[Any]
    probabilities: list[Any] | None
    queue_us: int
    inference_us: int


class Engine(Protocol):
    """Opens models and predicts with them, somewhere else than in this process."""

    async def inspect(self, file: ModelFile, sample: str = "") -> Inspection:
        """Describe a model, by itself and by a sample: rows, as JSON, that it has to take.

        Raises Rejected, naming what is wrong, if the file is no model that can be served;
        Unavailable if nothing can be said about it now.
        """
        ...

    def warm_soon(self, file: ModelFile) -> None:
        """Begin to have the model ready, so that the first prediction need not wait for it.

        A failure shows when the model is asked.
        """
        ...

    def quarantine_reason(self, file: ModelFile) -> str | None:
        """Say why a model should be asked nothing more, in words for its owner.

        None for as long as its processes hold out. Whoever hears a reason should record it: the
        engine itself forgets it when it ends.
        """
        ...

    async def predict(self, file: ModelFile, signature: Signature, rows: Rows) -> ModelOutput:
        """Predict for rows that were encoded for this signature.

        Raises PredictionFailed if the model was asked and gave no answer, Unavailable if it
        was not asked.
        """
        ...
