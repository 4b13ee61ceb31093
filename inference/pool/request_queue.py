"""What waits for one model: bounded in rows, bytes and time, and taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter

from domain.errors import Unavailable
from domain.signature import Signature
from inference.engine import ModelOutput
from inference.inputs.row_encoding import Rows
from inference.pool.limits import QueueLimits


class Request:
    """Rows of one caller, and the promise of an answer to them."""

    __slots__ = ("answer", "kind", "queued_at", "row_bytes", "rows", "wants_probabilities")

    def __init__(
        self,
        rows: Rows,
        signature: Signature,
        answer: asyncio.Future[ModelOutput],
        row_bytes: int = 0,
    ) -> None:
        self.rows = rows
        self.row_bytes = row_bytes
        self.wants_probabilities = wants = signature.has_probabilities
        # Rows of different widths make no matrix; where the width is known, all are of that.
        self.kind = (
            rows.form,
            wants,
            0 if signature.columns else len(rows.payload) // rows.count,
        )
        self.answer = answer
        self.queued_at = perf_counter()


class RequestQueue:
    """Requests in the order they came; only such of one kind are taken together."""

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._waiting: deque[Request] = deque()
        self._halves: list[list[Request]] = []
        self._rows = self._bytes = 0

    def put(self, request: Request) -> None:
        """Let a request wait; raises Unavailable if too much is waiting already."""
        rows, size = request.rows.count, len(request.rows.payload)
        # One request is always taken, however large: the caller has limited that.
        if self._waiting and (
            self._rows + rows > self._limits.queue_rows_max
            or self._bytes + size > self._limits.queue_bytes_max
        ):
            raise Unavailable("too many predictions are waiting for this model")
        self._waiting.append(request)
        self._rows += rows
        self._bytes += size

    def take(self, rows_max: int) -> list[Request]:
        """Take the next batch: at least one request, if any waits, and up to a number of rows."""
        while self._halves:
            if half := self.wanted(self._halves.pop()):
                return half
        batch: list[Request] = []
        rows = size = 0
        oldest = self._oldest()
        while self._waiting:
            request = self._waiting[0]
            rows += request.rows.count
            size += len(request.rows.payload)
            if batch and (
                rows > rows_max
                or size > self._limits.batch_bytes_max
                or request.kind != batch[0].kind
            ):
                break
            self._drop_first(request)
            if _is_wanted(request, oldest):
                batch.append(request)
        return batch

    def wanted(self, batch: list[Request]) -> list[Request]:
        """Leave out who has gone, and who has waited too long and is told so."""
        oldest = self._oldest()
        return [request for request in batch if _is_wanted(request, oldest)]

    def halve(self, batch: list[Request]) -> None:
        """Have a refused batch asked again in two parts, before anything else."""
        middle = len(batch) // 2
        self._halves += [batch[middle:], batch[:middle]]

    def _oldest(self) -> float:
        return perf_counter() - self._limits.queue_s_max

    def _drop_first(self, request: Request) -> None:
        self._waiting.popleft()
        self._rows -= request.rows.count
        self._bytes -= len(request.rows.payload)


def _is_wanted(request: Request, oldest: float) -> bool:
    if request.answer.done():  # The caller has gone.
        return False
    if request.queued_at < oldest:
        request.answer.set_exception(Unavailable("the model is too busy to answer in time"))
        return False
    return True
