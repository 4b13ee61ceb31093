"""Gathers the requests for one model into as few predict calls as there is time for.

Adaptive, without a timer: a request that finds the model idle is sent in the same turn of the event
loop; those that come while the model computes gather, and go as one question as soon as it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import NamedTuple

from domain.errors import PredictionFailed, Unavailable
from domain.signature import Signature
from inference.engine import ModelOutput
from inference.inputs.row_encoding import Rows
from inference.pool.crash_budget import CrashBudget
from inference.pool.limits import QueueLimits
from inference.pool.process import ModelProcess, WorkerLost
from inference.pool.request_queue import Request, RequestQueue
from inference.protocol.messages import PredictRequest, ProtocolError, ReplyHeader, WorkerReply
from inference.protocol.replies import decode_reply, reply_row_bytes


class _Landed(NamedTuple):
    """A question that was answered; the answer is to be handed out."""

    batch: list[Request]
    sent_at: float
    answered_at: float
    reply: ReplyHeader
    payload: bytes


class Batcher:
    """The queue of one model, and the process that works it off, one question at a time."""

    def __init__(
        self,
        open_process: Callable[[], Awaitable[ModelProcess]],
        limits: QueueLimits,
        budget: CrashBudget,
        on_idle: Callable[[], None],
    ) -> None:
        self._open_process = open_process
        self._opening = asyncio.Lock()
        self._limits = limits
        self._on_idle = on_idle
        self.budget = budget
        self.memory_bytes = 0
        """Memory that its process took when it was last opened; 0 if it never was."""
        self._process: ModelProcess | None = None
        self._queue = RequestQueue(limits)
        self._batch_rows = limits.batch_rows_max
        self._signature: Signature | None = None
        self._row_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._work: asyncio.Task[None] | None = None
        self.used_at = self.opened_at = perf_counter()

    @property
    def has_process(self) -> bool:
        """Whether a process is ready for the next question."""
        return self._process is not None and self._process.is_alive

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waiting or computing."""
        return self._work is None

    def is_unused(self, now: float) -> bool:
        """Whether it holds nothing at all, neither a process about to open nor a recent loss."""
        is_still = self.is_idle and not self.has_process and not self._opening.locked()
        return is_still and self.budget.is_forgettable(now)

    def put(self, rows: Rows, signature: Signature) -> asyncio.Future[ModelOutput]:
        """Queue rows; raises Unavailable, and asks nothing, if too much is waiting already."""
        answer: asyncio.Future[ModelOutput] = self._loop.create_future()
        if signature is not self._signature:
            self._signature, self._row_bytes = signature, reply_row_bytes(signature)
        self._queue.put(Request(rows, signature, answer, self._row_bytes))
        if self._work is None:
            self._work = self._loop.create_task(self._work_off())
        return answer

    async def ready(self) -> ModelProcess:
        """Give the process, opened if there is none; raises WorkerLost or Unavailable."""
        async with self._opening:
            if self._process is None or not self._process.is_alive:
                if self.budget.spent:
                    raise Unavailable(f"the model is asked nothing for now: {self.budget.spent}")
                self._process = await self._open_process()
                self.used_at = self.opened_at = perf_counter()
            return self._process

    def retire(self) -> None:
        """Give up the process; the next request opens another."""
        if self._process is not None:
            self._process.kill()

    def _give_up(self, lost: WorkerLost) -> None:
        if self._process is not None:
            self._process.give_up(lost)

    async def close(self) -> None:
        """Stop at once; who waits is told that nothing was run."""
        if (work := self._work) is not None:
            work.cancel()
            await asyncio.wait([work])
        self.retire()
        while batch := self._queue.take(self._limits.batch_rows_max):
            _fail(batch, Unavailable("the platform is stopping"), perf_counter())

    async def _work_off(self) -> None:
        """Ask question after question until nothing waits."""
        batch: list[Request] = []
        landed: _Landed | None = None
        try:
            while (batch := self._queue.take(self._batch_rows)) or landed:
                if landed is not None and not self.has_process:
                    # Opening a process takes a while; who has an answer need not wait for it.
                    self._deliver(landed)
                    landed = None
                sent_at, answer = await self._send(batch) if batch else (0.0, None)
                # The process computes again by now, while the last answer is unpacked here.
                if landed is not None:
                    self._deliver(landed)
                landed = await self._land(batch, sent_at, answer) if answer else None
        except BaseException as error:
            stopped = isinstance(error, asyncio.CancelledError)
            told = Unavailable("the platform is stopping") if stopped else error
            _fail(batch, told, perf_counter())
            raise
        finally:
            # Nothing is awaited between seeing the queue empty and this, so none is forgotten.
            self._work = None
            self.used_at = perf_counter()
            self._on_idle()

    async def _send(
        self, batch: list[Request]
    ) -> tuple[float, asyncio.Future[tuple[ReplyHeader, bytes]] | None]:
        try:
            process = self._process
            if process is None or not process.is_alive:
                process = await self.ready()
                # Opening took a while; some may have given up meanwhile.
                batch[:] = self._queue.wanted(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            _fail(batch, error, perf_counter())
            return 0.0, None
        if not batch:
            return 0.0, None
        first = batch[0]
        count = sum([request.rows.count for request in batch])

        def question(number: int) -> PredictRequest:
            return PredictRequest(number, first.rows.form, count, first.wants_probabilities)

        sent_at = perf_counter()
        return sent_at, process.ask(question, _joined(batch), self._limits.deadline_s)

    async def _land(
        self,
        batch: list[Request],
        sent_at: float,
        answer: asyncio.Future[tuple[ReplyHeader, bytes]],
    ) -> _Landed | None:
        try:
            reply, payload = await answer
        except WorkerLost as lost:
            self._batch_rows = max(1, self._batch_rows // 2)
            _fail(batch, lost, sent_at)
            return None
        answered_at = perf_counter()
        self._adapt(sum([request.rows.count for request in batch]), answered_at - sent_at)
        return _Landed(batch, sent_at, answered_at, reply, payload)

    def _adapt(self, rows: int, took_s: float) -> None:
        """Keep batches of a slow model so small that they are answered in half the deadline."""
        fitting = int(rows * self._limits.deadline_s / 2 / max(took_s, 1e-6)) + 1
        self._batch_rows = min(fitting, self._limits.batch_rows_max)

    def _deliver(self, landed: _Landed) -> None:
        try:
            match landed.reply.kind:
                case "answer":
                    _hand_out(landed, _checked(landed))
                case "refused" if len(landed.batch) > 1:
                    self._queue.halve(landed.batch)
                case "refused":
                    _refuse(landed)
                case _:
                    raise ProtocolError("it is of another kind")
            self.budget.answered()
        except ProtocolError as error:
            lost = WorkerLost("crashed", f"the model process gave no proper answer: {error}")
            self._give_up(lost)
            _fail(landed.batch, lost, landed.sent_at)


def _joined(batch: list[Request]) -> bytes:
    payloads = [request.rows.payload for request in batch]
    if batch[0].rows.form == "matrix":
        return payloads[0] if len(payloads) == 1 else b"".join(payloads)
    return b"".join((b"[", b",".join(payloads), b"]"))


def _checked(landed: _Landed) -> WorkerReply:
    first = landed.batch[0]
    count = sum([request.rows.count for request in landed.batch])
    wants = first.wants_probabilities
    return decode_reply(landed.payload, count, first.row_bytes, wants_probabilities=wants)


def _hand_out(landed: _Landed, answer: WorkerReply) -> None:
    """Give each request its rows of the answer, in order."""
    sent_at = landed.sent_at
    inference_us = _us(landed.answered_at - sent_at)
    outputs, probabilities = answer.outputs, answer.probabilities
    start = 0
    for request in landed.batch:
        end = start + request.rows.count
        if not request.answer.done():
            request.answer.set_result(
                ModelOutput(
                    outputs[start:end],
                    None if probabilities is None else probabilities[start:end],
                    _us(sent_at - request.queued_at),
                    inference_us,
                )
            )
        start = end


def _refuse(landed: _Landed) -> None:
    (request,) = landed.batch
    if not request.answer.done():
        request.answer.set_exception(
            PredictionFailed(
                landed.reply.text,
                "refused",
                queue_us=_us(landed.sent_at - request.queued_at),
                inference_us=_us(landed.answered_at - landed.sent_at),
            )
        )


def _fail(batch: list[Request], error: BaseException, sent_at: float) -> None:
    """Tell each request, in an error of its own, that it gets no answer."""
    inference_us = _us(perf_counter() - sent_at)
    for request in batch:
        if request.answer.done():
            continue
        queue_us = _us(sent_at - request.queued_at)
        if isinstance(error, WorkerLost):
            failed = PredictionFailed(
                str(error), error.reason, queue_us=queue_us, inference_us=inference_us
            )
            request.answer.set_exception(failed)
        elif isinstance(error, Unavailable):
            request.answer.set_exception(Unavailable(str(error)))
        else:
            request.answer.set_exception(error)


def _us(seconds: float) -> int:
    return int(seconds * 1_000_000)
