"""The topics of stored events, and the errors of the domain."""

from __future__ import annotations

import pytest

from domain.errors import FailureReason, PredictionFailed, TooMany
from domain.events import EVENTS, PREDICTIONS
from domain.model import Model

STORED_TOPICS = """
    User.Registered User.ProfileChanged User.PasswordChanged User.AdminGranted User.AdminRevoked
    User.Deactivated User.Reactivated
    Reservation.Taken Reservation.Released
    Session.Opened Session.Refreshed Session.Closed Session.ReuseDetected
    ApiKey.Issued ApiKey.Revoked
    Model.Uploaded Model.VersionAdded Model.Promoted Model.Renamed Model.Described Model.Relabelled
    Model.SchemaDescribed Model.Deactivated Model.Reactivated Model.Deleted Model.Restored
    Prediction.Served Prediction.Failed
"""


def test_no_stored_topic_is_removed() -> None:
    assert set(STORED_TOPICS.split()) <= set(EVENTS)
    assert set(PREDICTIONS) == {"Prediction.Served", "Prediction.Failed"}


def test_the_topic_is_declared_and_not_the_name_of_the_class() -> None:
    assert all(vars_of(event)["TOPIC"] == topic for topic, event in EVENTS.items())
    assert EVENTS["Model.Promoted"] is Model.Promoted


def vars_of(event: type) -> dict[str, object]:
    """The attributes of a class, inherited ones too."""
    found: dict[str, object] = {}
    for base in reversed(event.__mro__):
        found |= vars(base)
    return found


@pytest.mark.parametrize("reason", ["refused", "crashed", "timed_out"])
def test_a_failed_prediction_has_its_reason_and_duration(reason: FailureReason) -> None:
    failure = PredictionFailed("no", reason, queue_us=1, inference_us=2)
    assert (failure.reason, failure.queue_us, failure.inference_us) == (reason, 1, 2)
    assert failure.prediction_id is None


def test_a_refusal_for_too_many_requests_has_a_retry_time() -> None:
    assert TooMany("slow down", 1.5).retry_after_s == 1.5
