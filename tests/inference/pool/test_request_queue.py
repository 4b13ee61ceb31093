"""The queue of one model: what shares a batch, and what is dropped."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from domain.errors import Unavailable
from domain.signature import Column, Signature
from inference.inputs.row_encoding import Rows
from inference.model_file import ModelOutput
from inference.pool.limits import PoolLimits
from inference.pool.request_queue import Request, RequestQueue

LIMITS = PoolLimits(
    deadline_s=1.0, load_deadline_s=1.0, queue_rows_max=100, processes_max=1, memory_bytes_max=1
)
NUMBERS = Signature("matrix", (Column("x0", "number"),), is_named=False, task="regression")
UNKNOWN = Signature("matrix", (), is_named=False, task="regression")
SURE = Signature(
    "matrix",
    (Column("x0", "number"),),
    is_named=False,
    task="classification",
    has_probabilities=True,
)


def request(count: int = 1, signature: Signature = NUMBERS, width: int = 1) -> Request:
    future: asyncio.Future[ModelOutput] = asyncio.get_running_loop().create_future()
    return Request(Rows("matrix", count, bytes(8 * count * width)), signature, future)


def queue(*requests: Request, **limits: Any) -> RequestQueue:
    waiting = RequestQueue(replace(LIMITS, **limits))
    for one in requests:
        waiting.put(one)
    return waiting


async def test_requests_are_taken_in_order_up_to_a_number_of_rows() -> None:
    first, second, third, large = request(2), request(2), request(2), request(50)
    waiting = queue(first, second, third, large)
    assert waiting.take(5) == [first, second]
    assert waiting.take(5) == [third]
    assert waiting.take(5) == [large]
    assert waiting.take(5) == []


async def test_requests_are_taken_up_to_a_number_of_bytes() -> None:
    requests = [request(2) for _ in range(3)]
    waiting = queue(*requests, batch_bytes_max=32)
    assert waiting.take(100) == requests[:2]


async def test_only_requests_of_one_kind_are_taken_together() -> None:
    narrow, wide, sure = request(1, UNKNOWN), request(1, UNKNOWN, width=3), request(1, SURE)
    waiting = queue(narrow, wide, request(), sure)
    assert [len(waiting.take(100)) for _ in range(4)] == [1, 1, 1, 1]


@pytest.mark.parametrize("limits", [{"queue_rows_max": 10}, {"queue_bytes_max": 80}])
async def test_a_full_queue_takes_no_more_until_something_is_taken(limits: dict[str, int]) -> None:
    waiting = queue(request(6), request(4), **limits)
    with pytest.raises(Unavailable, match="too many predictions are waiting"):
        waiting.put(request())
    waiting.take(6)
    waiting.put(request(6))


async def test_a_request_larger_than_the_queue_is_taken_when_nothing_else_waits() -> None:
    large = request(500)
    assert queue(large).take(10) == [large]


async def test_a_cancelled_request_is_skipped() -> None:
    gone, here = request(), request()
    waiting = queue(gone, here)
    gone.output.cancel()
    assert waiting.take(10) == [here]


async def test_a_request_that_waited_too_long_fails_and_is_skipped() -> None:
    late, here = request(), request()
    late.queued_at -= 31
    assert queue(late, here).take(10) == [here]
    with pytest.raises(Unavailable, match="too busy to reply in time"):
        await late.output


async def test_the_halves_of_a_refused_batch_are_taken_first() -> None:
    batch, later = [request() for _ in range(5)], request()
    waiting = queue(later)
    waiting.retry_in_halves(batch)
    assert [waiting.take(1) for _ in range(3)] == [batch[:2], batch[2:], [later]]


async def test_cancelled_and_expired_requests_are_left_out_of_the_halves() -> None:
    gone, here, late, alone = (request() for _ in range(4))
    waiting = queue()
    waiting.retry_in_halves([gone, here, late, alone])
    gone.output.cancel()
    late.queued_at -= 31
    alone.output.cancel()
    assert waiting.take(10) == [here]
    assert waiting.take(10) == []
    assert isinstance(late.output.exception(), Unavailable)
