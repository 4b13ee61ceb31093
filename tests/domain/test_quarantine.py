"""Versions that are not called, because their processes were lost too often."""

from __future__ import annotations

import pytest

from domain.errors import Conflict, Unavailable
from domain.model import Model
from tests.domain.given_when_then import then, when
from tests.domain.test_model import deleted, with_two_versions
from tests.samples import ALICE


def quarantined() -> Model:
    """Given a model whose live version lost its processes too often."""
    model = with_two_versions()
    model.quarantine(1, "it crashed")
    return model


def test_a_version_is_quarantined_once() -> None:
    quarantining = then(Model.Quarantined, number=2, reason="it crashed")
    model = with_two_versions()
    assert when(model, lambda m: m.quarantine(2, "it crashed")) == quarantining
    assert when(model, lambda m: m.quarantine(2, "it crashed again")) == []
    assert model.version_numbered(2).quarantine_reason == "it crashed"


def test_a_quarantined_version_refuses_calls_and_says_how_to_release_it() -> None:
    model = quarantined()
    for number in (None, 1):
        with pytest.raises(Unavailable, match=r"crashed; release it \(versions/1/release\) or"):
            model.serve(number, by=ALICE)
    assert model.serve(2, by=ALICE).number == 2


def test_only_a_version_that_is_not_quarantined_can_be_promoted() -> None:
    model = quarantined()
    assert when(model, lambda m: m.promote(2, by=ALICE)) == then(Model.Promoted, number=2)
    assert model.serve(None, by=ALICE).number == 2
    with pytest.raises(Conflict, match="version 1 is quarantined"):
        model.promote(1, by=ALICE)


def test_a_released_version_accepts_calls_and_can_be_quarantined_again() -> None:
    model = quarantined()
    assert when(model, lambda m: m.release(1, by=ALICE)) == then(Model.Released, number=1)
    assert (model.serve(None, by=ALICE).number, model.serving.releases) == (1, 1)
    model.quarantine(1, "again")
    model.release(1, by=ALICE)
    assert model.serving.releases == 2


def test_the_platform_quarantines_a_deleted_model_too() -> None:
    model = deleted()
    model.quarantine(1, "it crashed")
    model.restore(by=ALICE)
    assert model.serving.is_quarantined
