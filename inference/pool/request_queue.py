"""The requests queued for one model: bounded in rows, bytes and time, and taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter

from domain.errors import Unavailable
from domain.signature import Signature
from inference.inputs.row_encoding import Rows
from inference.model_file import ModelOutput
from inference.pool.limits import PoolLimits


class Request:
    """The rows of one caller, and the future that gets the output for them."""

    __slots__ = ("kind", "output", "queued_at", "row_bytes", "rows", "wants_probabilities")

    def __init__(
        self,
        rows: Rows,
        signature: Signature,
        output: asyncio.Future[ModelOutput],
        row_bytes: int = 0,
    ) -> None:
        self.rows = rows
        self.row_bytes = row_bytes
        """Bound of the reply's size per row."""
        self.wants_probabilities = wants = signature.has_probabilities
        # Only requests of one kind share a batch. Rows of different widths make no matrix; where
        # the signature knows the width, all rows have that.
        width = 0 if signature.columns else len(rows.payload) // rows.count
        self.kind = (rows.form, wants, width)
        self.output = output
        self.queued_at = perf_counter()


class RequestQueue:
    """Requests in order of arrival; a batch holds requests of one kind only."""

    def __init__(self, limits: PoolLimits) -> None:
        self._limits = limits
        self._waiting: deque[Request] = deque()
        self._retries: list[list[Request]] = []
        self.rows = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting) + sum(map(len, self._retries))

    def put(self, request: Request) -> None:
        """Append a request; raises Unavailable if the queue is full."""
        rows, size = request.rows.count, len(request.rows.payload)
        # An empty queue takes any request: the caller has limited its size.
        if self._waiting and (
            self.rows + rows > self._limits.queue_rows_max
            or self._bytes + size > self._limits.queue_bytes_max
        ):
            raise Unavailable("too many predictions are waiting for this model")
        self._waiting.append(request)
        self.rows += rows
        self._bytes += size

    def take(self, rows_max: int) -> list[Request]:
        """Take the next batch, of one request at least; empty only if the queue is."""
        while self._retries:
            if retry := self.without_expired(self._retries.pop()):
                return retry
        batch: list[Request] = []
        rows = size = 0
        queued_since = self._oldest_allowed()
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
            self._waiting.popleft()
            self.rows -= request.rows.count
            self._bytes -= len(request.rows.payload)
            if _is_pending(request, queued_since):
                batch.append(request)
        return batch

    def without_expired(self, batch: list[Request]) -> list[Request]:
        """Leave out cancelled requests and those that waited too long, which fail."""
        queued_since = self._oldest_allowed()
        return [request for request in batch if _is_pending(request, queued_since)]

    def retry_in_halves(self, batch: list[Request]) -> None:
        """Queue a refused batch again as two, ahead of everything else."""
        middle = len(batch) // 2
        self._retries += [batch[middle:], batch[:middle]]

    def _oldest_allowed(self) -> float:
        return perf_counter() - self._limits.queue_s_max


def _is_pending(request: Request, queued_since: float) -> bool:
    if request.output.done():  # The caller has cancelled it.
        return False
    if request.queued_at < queued_since:
        request.output.set_exception(Unavailable("the model is too busy to reply in time"))
        return False
    return True
