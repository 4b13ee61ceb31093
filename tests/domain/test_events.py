"""The names that stand in the store for ever, and the refusals."""

from __future__ import annotations

import pytest

from domain.errors import FailureReason, PredictionFailed, TooMany
from domain.events import EVENTS, PREDICTIONS
from domain.model import Model

FOR_EVER = """
    User.Registered User.ProfileChanged User.PasswordChanged User.AdminGranted User.AdminRevoked
    User.Deactivated User.Reactivated
    Reservation.Taken Reservation.Released
    Session.Opened Session.Refreshed Session.Closed Session.ReuseDetected
    ApiKey.Issued ApiKey.Revoked
    Model.Uploaded Model.VersionAdded Model.Promoted Model.Renamed Model.Described Model.Relabelled
    Model.SchemaDescribed Model.Deactivated Model.Reactivated Model.Deleted Model.Restored
    Prediction.Served Prediction.Failed
"""


def test_no_topic_that_stands_in_a_store_goes_out_of_use() -> None:
    assert set(FOR_EVER.split()) <= set(EVENTS)
    assert set(PREDICTIONS) == {"Prediction.Served", "Prediction.Failed"}


def test_the_topic_is_that_of_the_class_and_not_its_name() -> None:
    assert all(vars_of(event)["TOPIC"] == topic for topic, event in EVENTS.items())
    assert EVENTS["Model.Promoted"] is Model.Promoted


def vars_of(event: type) -> dict[str, object]:
    """The attributes of a class, inherited ones too."""
    found: dict[str, object] = {}
    for base in reversed(event.__mro__):
        found |= vars(base)
    return found


@pytest.mark.parametrize("reason", ["refused", "crashed", "timed_out"])
def test_a_failed_prediction_tells_why_and_how_long_it_took(reason: FailureReason) -> None:
    failure = PredictionFailed("no", reason, queue_us=1, inference_us=2)
    assert (failure.reason, failure.queue_us, failure.inference_us) == (reason, 1, 2)
    assert failure.prediction_id is None


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    assert TooMany("slow down", 1.5).retry_after_s == 1.5
