"""Models whose columns were completed by a sample, in real sandboxed processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from domain.errors import Rejected
from domain.signature import Signature
from inference.inputs.row_encoding import encode_rows
from inference.model_file import ModelFile
from inference.pool.pool import WorkerPool
from tests.inference.column_models import SampleModel
from tests.inference.conftest import ModelStore, open_pool
from tests.inference.undeclared_models import UNDECLARED

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trusting(store: ModelStore) -> AsyncGenerator[WorkerPool]:
    """A pool that trusts the modules that the models use."""
    async with open_pool(store, trusted_modules=("tests.inference.custom_transformers",)) as opened:
        await opened.ready()
        yield opened


async def taken_in(
    pool: WorkerPool, store: ModelStore, sample: SampleModel
) -> tuple[ModelFile, Signature]:
    """Inspect a model with its sample, as an upload does."""
    file = store.save(sample.estimator)
    found = await pool.inspect(file, json.dumps(sample.rows))
    return msgspec.structs.replace(file, columns=found.signature.sampled_columns), found.signature


@pytest.mark.parametrize("name", UNDECLARED)
async def test_a_model_completed_by_a_sample_predicts_as_the_estimator_does(
    trusting: WorkerPool, store: ModelStore, name: str
) -> None:
    sample = UNDECLARED[name]()
    file, signature = await taken_in(trusting, store, sample)
    expected = sample.estimator.predict(sample.native).tolist()

    whole = await trusting.predict(file, signature, encode_rows(signature, sample.rows, 10))
    assert whole.outputs == expected
    one_by_one = await asyncio.gather(
        *(trusting.predict(file, signature, encode_rows(signature, [r], 10)) for r in sample.rows)
    )
    assert [output.outputs for output in one_by_one] == [[value] for value in expected]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ([{"paid": 1, "owed": 2}], "the model refuses its own sample: KeyError: 'due'"),
        ([{"paid": 1}, {"due": 1}], "the sample does not fit the model: row 1: missing column"),
        ([], "the sample does not fit the model: the input is empty"),
    ],
)
async def test_an_unsuitable_sample_is_refused(
    trusting: WorkerPool, store: ModelStore, sample: Any, message: str
) -> None:
    file = store.save(UNDECLARED["ratio"]().estimator)
    with pytest.raises(Rejected) as refusal:
        await trusting.inspect(file, json.dumps(sample))
    assert str(refusal.value).startswith(message)


async def test_a_process_given_columns_that_its_model_lacks_does_not_open(
    trusting: WorkerPool, store: ModelStore
) -> None:
    file, _ = await taken_in(trusting, store, UNDECLARED["anything"]())
    with pytest.raises(Rejected, match="the model cannot be read: ValueError"):
        await trusting.inspect(msgspec.structs.replace(file, columns=file.columns[:1]))
