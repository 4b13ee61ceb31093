"""The multipart forms that upload a model file."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

import msgspec
from pydantic import BaseModel, Field

from api.endpoints.multipart import FIELD_BYTES_MAX
from api.http.problems import FieldError, Malformed
from inference.inputs.input_shapes import INPUT_MEMBERS, extract_rows

SAMPLE: Final = "sample"

ModelFileBytes = Annotated[
    bytes,
    Field(
        description="A fitted scikit-learn estimator, saved with joblib or skops, or an ONNX model."
    ),
]
Label = Annotated[str, Field(examples=["1.0"], description="The label of the version.")]
SampleText = Annotated[
    str,
    Field(
        description="JSON: rows that the model must accept, in a form that `predict` accepts, or "
        "an object with `inputs`. Names and types that the model file lacks are read from them.",
        examples=['[{"day": "2026-01-05", "town": "Ulm", "price": 1.5}]'],
    ),
]


class VersionForm(BaseModel):
    """The file of a further version, and its label; text fields may be in the query instead."""

    file: ModelFileBytes
    version: Label = ""
    sample: SampleText = ""


class ModelForm(VersionForm):
    """A model file with its description; text fields may be in the query instead."""

    name: str = Field(examples=["iris classifier"])
    description: str = ""
    framework: str = Field(default="", examples=["scikit-learn"])


def sample_rows(text: str) -> str:
    """Return the rows of a sample as JSON, without the body object that may surround them.

    Raises `Malformed`.
    """
    if not text:
        return ""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Malformed([FieldError(("body", SAMPLE), "this is not JSON")]) from None
    if isinstance(value, dict) and len(body := cast("dict[str, Any]", value)) == 1:
        value = extract_rows(body) if set(body) <= set(INPUT_MEMBERS) else body
    rows = msgspec.json.encode(value)
    if len(rows) > FIELD_BYTES_MAX:  # Some numbers are longer when they are written again.
        raise Malformed([FieldError(("body", SAMPLE), "this is too long")])
    return rows.decode()
