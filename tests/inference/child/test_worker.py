"""The replies of a child, in this process: opening a file and predicting."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import Any

import msgspec
import numpy as np
import pytest

from inference.child.loading.loader import Loaded
from inference.child.predictor import Raw
from inference.child.worker import Responder, encoded, opening, private_bytes
from inference.protocol.messages import (
    FrameReader,
    LaunchRequest,
    OpenResult,
    PredictRequest,
    ReplyHeader,
    WorkerReply,
)
from tests.inference.faulty_estimators import NUL, OBJECT, RAISE, SHORT, FaultyEstimator
from tests.inference.sample_models import SampleModels, joblib_bytes


def launch(data: bytes, *, inspects: bool = True) -> LaunchRequest:
    digest = hashlib.sha256(data).hexdigest()
    return LaunchRequest(
        *(1, digest, len(data), 1 << 30, inspects),
        trusted_modules=("tests.inference.faulty_estimators",),
    )


def parsed(frame: bytes) -> tuple[ReplyHeader, bytes]:
    ((head, payload),) = FrameReader().feed(frame)
    return msgspec.json.decode(head, type=ReplyHeader), payload


def respond(value: float, form: Any = "matrix") -> tuple[ReplyHeader, bytes]:
    responder = Responder(Loaded(FaultyEstimator(), "1"))
    request = PredictRequest(5, form, 1, wants_probabilities=False)
    return parsed(responder.respond(request, np.array([value]).tobytes()))


def test_an_inspected_model_is_described(models: SampleModels) -> None:
    data = joblib_bytes(models["mixed"].estimator)
    reply, payload = parsed(opening(launch(data), data).frame)
    assert reply == ReplyHeader(0, "opened")
    described = msgspec.json.decode(payload, type=OpenResult).inspection
    assert described is not None
    assert (described.model_type, described.format) == ("Pipeline(LogisticRegression)", "joblib")


def test_a_model_opened_for_predictions_is_not_described(models: SampleModels) -> None:
    data = joblib_bytes(models["logistic"].estimator)
    opened = opening(launch(data, inspects=False), data)
    assert parsed(opened.frame) == (ReplyHeader(0, "opened"), msgspec.json.encode(OpenResult(0)))
    assert opened.responder is not None


def test_bytes_that_were_not_uploaded_are_not_opened(models: SampleModels) -> None:
    data = joblib_bytes(models["logistic"].estimator)
    for changed in (data[:-1], data + b"x", b"x" + data[1:]):
        opened = opening(launch(data), changed)
        assert (parsed(opened.frame)[0], opened.responder) == (ReplyHeader(0, "damaged"), None)


def test_a_file_that_is_no_model_is_rejected_with_the_reason() -> None:
    reply, _ = parsed(opening(launch(b""), b"").frame)
    assert reply == ReplyHeader(0, "rejected", "the file is empty")


def test_a_model_that_cannot_be_read_is_rejected_with_what_it_raised(models: SampleModels) -> None:
    model: Any = FaultyEstimator()
    model.n_features_in_ = "many"
    data = joblib_bytes(model)
    reply, _ = parsed(opening(launch(data), data).frame)
    assert reply.text.startswith("the model cannot be read: ValueError")


def test_a_reply_carries_the_id_of_its_request() -> None:
    reply, payload = respond(1.5)
    assert reply == ReplyHeader(5, "result")
    assert msgspec.json.decode(payload, type=WorkerReply) == WorkerReply([1.5])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (RAISE, "the model refused the input: ValueError: -4.0 is not accepted, and never was"),
        (SHORT, "the model refused the input: ValueError: 0 outputs for 1 rows"),
        (OBJECT, "the model refused the input: TypeError: an output is of the type object"),
    ],
)
def test_a_refusal_says_what_was_raised_on_one_line(value: float, text: str) -> None:
    assert respond(value)[0] == ReplyHeader(5, "refused", text)


def test_rows_of_another_form_are_refused() -> None:
    assert respond(1.0, form="texts")[0].text.endswith("the model takes matrix, not texts")


def test_non_finite_values_are_null_and_others_exact() -> None:
    labels = np.array([0.1, np.nan, np.inf, -0.0, 1e22])
    assert encoded(Raw(labels, None), 5) == b'{"outputs":[0.1,null,null,-0.0,1e22]}'


@pytest.mark.parametrize(
    ("labels", "outputs"),
    [
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([True, False]), [True, False]),
        (np.array([1, 2], dtype=np.int32), [1, 2]),
        (np.array([[1.5], [2.5]]), [1.5, 2.5]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([np.int64(1), "a"], dtype=object), [1, "a"]),
        ([1, 2], [1, 2]),
    ],
)
def test_labels_become_plain_values(labels: Any, outputs: list[Any]) -> None:
    result = msgspec.json.decode(encoded(Raw(labels, None), 2), type=WorkerReply)
    assert result.outputs == outputs
    assert list(map(type, result.outputs)) == list(map(type, outputs))


def test_the_probabilities_of_several_outputs_are_grouped_by_row() -> None:
    parts = [np.array([[0.1, 0.9], [1.0, 0.0]]), np.array([[0.2, 0.3, 0.5], [0.0, 0.0, 1.0]])]
    result = msgspec.json.decode(encoded(Raw(np.zeros((2, 2)), parts), 2), type=WorkerReply)
    assert result.probabilities == [
        [[0.1, 0.9], [0.2, 0.3, 0.5]],
        [[1.0, 0.0], [0.0, 0.0, 1.0]],
    ]


def test_a_character_that_cannot_be_stored_is_refused_by_the_parent() -> None:
    assert b"\\u0000" in respond(NUL)[1]


MIB = 2**20


MEASURE = """
import os
from inference.child.worker import private_bytes
own = lambda: private_bytes(os.open("/proc/self/smaps_rollup", os.O_RDONLY))
before = own()
ballast = bytearray(os.urandom(64)) * 2**19
print(own() - before)
del ballast
print(own() - before)
"""


def test_allocated_memory_counts_and_freed_memory_does_not() -> None:
    printed = subprocess.check_output([sys.executable, "-c", MEASURE], text=True)
    allocated, freed = map(int, printed.split())
    assert 30 * MIB < allocated < 40 * MIB
    assert freed < 10 * MIB


def test_the_descriptor_is_closed_after_reading() -> None:
    descriptor = os.open("/proc/self/smaps_rollup", os.O_RDONLY)
    assert private_bytes(descriptor) > 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_memory_that_cannot_be_read_is_reported_as_zero() -> None:
    assert private_bytes(9999) == 0
