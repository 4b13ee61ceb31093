"""Combines the requests for one model into few predict calls.

Adaptive batching without a timer: a request that finds the model idle is sent in the same turn of
the event loop. Requests that arrive while the model computes are queued, and sent as one batch as
soon as it has replied; of more than `UNDIVIDED_ROWS` rows, one half.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import NamedTuple

from domain.errors import FailureReason, PredictionFailed, Unavailable
from domain.signature import Signature
from inference.inputs.row_encoding import Rows
from inference.model_file import ModelOutput
from inference.pool.crash_budget import CrashBudget
from inference.pool.limits import PoolLimits
from inference.pool.process import LossReason, ModelProcess, WorkerLost
from inference.pool.request_queue import Request, RequestQueue
from inference.pool.statistics import ModelStatistics
from inference.protocol.messages import ProtocolError, ReplyHeader
from inference.protocol.replies import decode_reply, reply_row_bytes

UNDIVIDED_ROWS = 24
"""A queue of so many rows is one batch. If all callers' rows were always one batch, the callers
would wait together for the model and then for the commit, and this process would be idle."""


class CompletedBatch(NamedTuple):
    """A batch with its reply, which is not decoded yet."""

    requests: list[Request]
    sent_at: float
    received_at: float
    header: ReplyHeader
    payload: bytes


class Batcher:
    """The queue of one model and the process that computes it, one batch at a time."""

    def __init__(
        self,
        open_process: Callable[[], Awaitable[ModelProcess]],
        limits: PoolLimits,
        budget: CrashBudget,
        on_idle: Callable[[], None],
    ) -> None:
        self._open_process = open_process
        self._opening = asyncio.Lock()
        self._limits = limits
        self._on_idle = on_idle
        self.budget = budget
        self.memory_bytes = 0
        """Private memory of the process when it was last opened; 0 if it never was."""
        self.losses: Counter[LossReason] = Counter()
        self._process: ModelProcess | None = None
        self.queue = RequestQueue(limits)
        self._batch_rows = limits.batch_rows_max
        self._signature: Signature | None = None
        self._row_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._worker: asyncio.Task[None] | None = None
        self.used_at = self.opened_at = perf_counter()

    @property
    def has_process(self) -> bool:
        """Whether a process is ready for the next batch."""
        return self._process is not None and self._process.is_alive

    @property
    def is_idle(self) -> bool:
        """Whether nothing is queued or being computed."""
        return self._worker is None

    def is_unused(self, now: float) -> bool:
        """Whether it has neither a process, open or opening, nor a loss to remember."""
        is_inactive = self.is_idle and not self.has_process and not self._opening.locked()
        return is_inactive and self.budget.is_forgettable(now)

    def statistics(self) -> ModelStatistics:
        """Count its process, queue and losses."""
        return ModelStatistics(
            processes=int(self.has_process),
            memory_bytes=self.memory_bytes if self.has_process else 0,
            queued_requests=len(self.queue),
            queued_rows=self.queue.rows,
            losses=Counter(self.losses),
        )

    def put(self, rows: Rows, signature: Signature) -> asyncio.Future[ModelOutput]:
        """Queue rows; raises Unavailable if the queue is full."""
        output: asyncio.Future[ModelOutput] = self._loop.create_future()
        if signature is not self._signature:
            self._signature, self._row_bytes = signature, reply_row_bytes(signature)
        self.queue.put(Request(rows, signature, output, self._row_bytes))
        if self._worker is None:
            self._worker = self._loop.create_task(self._run())
        return output

    async def ready(self) -> ModelProcess:
        """Return the process, opened if necessary; raises WorkerLost or Unavailable."""
        async with self._opening:
            if self._process is None or not self._process.is_alive:
                if self.budget.spent:
                    raise Unavailable(f"the model is quarantined: {self.budget.spent}")
                self._process = await self._open_process()
                self.used_at = self.opened_at = perf_counter()
            return self._process

    def retire(self) -> None:
        """End the process; the next request opens another one."""
        if self._process is not None:
            self._process.kill()

    async def close(self) -> None:
        """Stop at once; the requests in the queue fail without having been computed."""
        if (worker := self._worker) is not None:
            worker.cancel()
            await asyncio.wait([worker])
        self.retire()
        while batch := self.queue.take(self._limits.batch_rows_max):
            _fail(batch, Unavailable("the platform is stopping"), perf_counter())

    async def _run(self) -> None:
        """Send batch after batch until the queue is empty."""
        batch: list[Request] = []
        try:
            while self.queue:
                completed: CompletedBatch | None = None
                while batch := self.queue.take(self._next_rows()):
                    completed = await self._exchange(batch, completed)
                self._deliver(completed)  # This may queue a refused batch again, in halves.
        except BaseException as error:
            is_cancelled = isinstance(error, asyncio.CancelledError)
            reason = Unavailable("the platform is stopping") if is_cancelled else error
            _fail(batch, reason, perf_counter())
            raise
        finally:
            # No await since the queue was seen empty, so no request can be overlooked.
            self._worker = None
            self.used_at = perf_counter()
            self._on_idle()

    def _next_rows(self) -> int:
        """At most half of what is queued, so that one half is answered while the other computes."""
        return min(self._batch_rows, max(UNDIVIDED_ROWS, (self.queue.rows + 1) // 2))

    async def _exchange(
        self, batch: list[Request], previous: CompletedBatch | None
    ) -> CompletedBatch | None:
        """Send a batch, deliver the previous one while the process computes, await the reply.

        None if the batch got no reply; its requests have failed then.
        """
        if not self.has_process:
            self._deliver(previous)  # First, since opening a process takes a while.
            previous = None
            if not await self._open_for(batch):
                return None
        sent_at = perf_counter()
        reply = self._send(batch)
        self._deliver(previous)
        return await self._receive(batch, sent_at, reply)

    async def _open_for(self, batch: list[Request]) -> bool:
        """Open the process; False if that fails or nobody waits for the batch any more."""
        try:
            await self.ready()
        except Exception as error:  # noqa: BLE001 - whatever it is, the requests must fail with it
            _fail(batch, error, perf_counter())
            return False
        batch[:] = self.queue.without_expired(batch)
        return bool(batch)

    def _send(self, batch: list[Request]) -> asyncio.Future[tuple[ReplyHeader, bytes]]:
        assert self._process is not None
        return self._process.predict(
            _joined(batch), batch[0].wants_probabilities, self._limits.deadline_s
        )

    async def _receive(
        self,
        batch: list[Request],
        sent_at: float,
        reply: asyncio.Future[tuple[ReplyHeader, bytes]],
    ) -> CompletedBatch | None:
        try:
            header, payload = await reply
        except WorkerLost as lost:
            self._batch_rows = max(1, self._batch_rows // 2)
            _fail(batch, lost, sent_at)
            return None
        received_at = perf_counter()
        self._adapt_batch_rows(_row_count(batch), received_at - sent_at)
        return CompletedBatch(batch, sent_at, received_at, header, payload)

    def _adapt_batch_rows(self, rows: int, took_s: float) -> None:
        """Keep the batches of a slow model so small that they take half the deadline."""
        fitting = int(rows * self._limits.deadline_s / 2 / max(took_s, 1e-6)) + 1
        self._batch_rows = min(fitting, self._limits.batch_rows_max)

    def _deliver(self, completed: CompletedBatch | None) -> None:
        """Decode a reply and give each request its part of it."""
        if completed is None:
            return
        try:
            match completed.header.kind:
                case "result":
                    _set_outputs(completed)
                case "refused" if len(completed.requests) > 1:
                    self.queue.retry_in_halves(completed.requests)
                case "refused":
                    requests, sent_at, received_at, header, _ = completed
                    _fail_called(requests, header.text, "refused", sent_at, received_at)
                case _:
                    raise ProtocolError("it is of another kind")
            self.budget.replied()
        except ProtocolError as error:
            lost = WorkerLost("crashed", f"the model process sent an invalid reply: {error}")
            if self._process is not None:
                self._process.fail(lost)
            _fail(completed.requests, lost, completed.sent_at)


def _row_count(batch: list[Request]) -> int:
    return sum([request.rows.count for request in batch])


def _joined(batch: list[Request]) -> Rows:
    form, payloads = batch[0].rows.form, [request.rows.payload for request in batch]
    if form == "matrix":
        payload = payloads[0] if len(payloads) == 1 else b"".join(payloads)
    else:
        payload = b"".join((b"[", b",".join(payloads), b"]"))
    return Rows(form, _row_count(batch), payload)


def _set_outputs(completed: CompletedBatch) -> None:
    """Decode the reply and give each request its rows of it, in order."""
    requests, sent_at, received_at, _, payload = completed
    wants = requests[0].wants_probabilities
    rows, row_bytes = _row_count(requests), requests[0].row_bytes
    reply = decode_reply(payload, rows, row_bytes, wants_probabilities=wants)
    inference_us = _us(received_at - sent_at)
    outputs, probabilities = reply.outputs, reply.probabilities
    start = 0
    for request in requests:
        end = start + request.rows.count
        if not request.output.done():
            request.output.set_result(
                ModelOutput(
                    outputs[start:end],
                    None if probabilities is None else probabilities[start:end],
                    _us(sent_at - request.queued_at),
                    inference_us,
                )
            )
        start = end


def _fail(batch: list[Request], error: BaseException, sent_at: float) -> None:
    if isinstance(error, WorkerLost):
        _fail_called(batch, str(error), error.reason, sent_at, perf_counter())
        return
    for request in batch:
        if not request.output.done():
            # Each request gets an exception object of its own.
            is_unavailable = isinstance(error, Unavailable)
            request.output.set_exception(Unavailable(str(error)) if is_unavailable else error)


def _fail_called(
    batch: list[Request], text: str, reason: FailureReason, sent_at: float, received_at: float
) -> None:
    """Fail requests for which the model was called."""
    inference_us = _us(received_at - sent_at)
    for request in batch:
        if not request.output.done():
            queue_us = _us(sent_at - request.queued_at)
            error = PredictionFailed(text, reason, queue_us=queue_us, inference_us=inference_us)
            request.output.set_exception(error)


def _us(seconds: float) -> int:
    return int(seconds * 1_000_000)
