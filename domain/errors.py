"""Every way in which the platform refuses, apart from any protocol.

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
    """The request was understood and refused; the message is fit for the caller to read."""


class Unauthenticated(DomainError):
    """Nobody has shown who is asking."""


class Forbidden(DomainError):
    """The caller is known, but may not do this."""


class NotFound(DomainError):
    """There is no such thing, or the caller may not know that there is."""


class Conflict(DomainError):
    """It has moved on, or the place is taken."""


class Rejected(DomainError):
    """What was given is unacceptable: a broken file, a wrong shape, a name out of bounds."""


class TooLarge(DomainError):
    """What was given is larger than the limit."""


class TooMany(DomainError):
    """The caller asks too often; ``retry_after_s`` says when to come back."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(DomainError):
    """A part that this needs is down or full at the moment; asking again later may help."""


class PredictionFailed(DomainError):
    """The model was asked and gave no answer: it refused the input, crashed or took too long."""

    def __init__(
        self, message: str, reason: FailureReason, *, queue_us: int = 0, inference_us: int = 0
    ) -> None:
        super().__init__(message)
        self.reason: FailureReason = reason
        self.queue_us = queue_us
        self.inference_us = inference_us
        self.prediction_id: UUID | None = None
        """Under which the failure was recorded, once it has been."""
