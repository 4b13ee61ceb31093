"""All refusals of the platform, independent of any protocol.

* DomainError
  - Unauthenticated
  - Forbidden
  - NotFound
  - Conflict
  - Rejected
  - TooLarge
  - TooMany
  - Unavailable
  - PredictionFailed
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

FailureReason = Literal["refused", "crashed", "timed_out"]


class DomainError(Exception):
    """The request was understood and refused; the message is meant for the caller."""


class Unauthenticated(DomainError):
    """The caller is not authenticated."""


class Forbidden(DomainError):
    """The caller is authenticated, but not allowed to do this."""


class NotFound(DomainError):
    """It does not exist, or the caller is not allowed to know that it does."""


class Conflict(DomainError):
    """The current state does not allow this, or a name is taken."""


class Rejected(DomainError):
    """The content is not acceptable: a broken file, a wrong shape, a name out of bounds."""


class TooLarge(DomainError):
    """The content is larger than the limit."""


class TooMany(DomainError):
    """The caller exceeds a limit; a request after ``retry_after_s`` may succeed."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(DomainError):
    """A component is down or at capacity; a later request may succeed."""


class PredictionFailed(DomainError):
    """The model was called and failed: it refused the input, crashed or timed out."""

    def __init__(
        self, message: str, reason: FailureReason, *, queue_us: int = 0, inference_us: int = 0
    ) -> None:
        super().__init__(message)
        self.reason: FailureReason = reason
        self.queue_us = queue_us
        self.inference_us = inference_us
        self.prediction_id: UUID | None = None
        """The id of the recorded failure; None until it is recorded."""
