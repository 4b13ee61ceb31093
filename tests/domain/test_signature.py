"""The description of a model: what is accepted of it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import Rejected
from domain.signature import COLUMNS_MAX, LABELS_MAX, Column, check_signature
from tests.samples import IRIS

TEXTS = replace(IRIS, form="texts", columns=())


def test_the_width_of_a_signature_is_that_of_its_columns() -> None:
    assert (IRIS.width, TEXTS.width) == (4, None)


def test_only_sampled_columns_are_sent_to_the_model() -> None:
    assert IRIS.sampled_columns == ()
    assert replace(IRIS, is_sampled=True).sampled_columns == IRIS.columns


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"example": (1.0, 2.0, 3.0, 4.0), "probabilities": 3},
        {"labels": ((0, 1), ("a", "b")), "outputs": 2, "probabilities": (2, 2)},
        {"labels": ()},
        {"columns": (), "example": (1.0,)},
        {"columns": (), "form": "texts", "example": ("a text",)},
    ],
)
def test_a_consistent_signature_is_accepted(facts: dict[str, Any]) -> None:
    check_signature(replace(IRIS, **facts))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"columns": (Column("a", "number"),) * (COLUMNS_MAX + 1)}, "columns are more than"),
        ({"columns": (Column("a", "number"),) * 2}, "inconsistently"),
        ({"columns": (Column("a" * 1001, "number"),)}, "too long"),
        ({"columns": (Column("a\0", "number"),)}, "cannot be stored"),
        ({"labels": (("\0",),)}, "cannot be stored"),
        ({"labels": ((1,) * (LABELS_MAX + 1),)}, "labels or outputs"),
        ({"labels": ((1,), (2,))}, "inconsistently"),
        ({"outputs": 0}, "labels or outputs"),
        ({"outputs": LABELS_MAX + 1}, "labels or outputs"),
        ({"probabilities": 0}, "inconsistently"),
        ({"probabilities": (3, -1)}, "inconsistently"),
        ({"form": "texts"}, "inconsistently"),
        ({"example": (1.0,)}, "inconsistently"),
        ({"example": ("a" * 1001, 1.0, 1.0, 1.0)}, "too long"),
        ({"columns": (), "form": "texts", "example": ("a", "b")}, "inconsistently"),
        (
            {
                "columns": tuple(Column(f"a column {n}", "text") for n in range(1_000)),
                "is_sampled": True,
            },
            "more columns than can be stored",
        ),
    ],
)
def test_a_signature_that_contradicts_itself_or_is_too_large_is_refused(
    facts: dict[str, Any], message: str
) -> None:
    with pytest.raises(Rejected, match=message):
        check_signature(replace(IRIS, **facts))
