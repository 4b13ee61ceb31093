"""What the queries of the read tables share."""

from __future__ import annotations

from projections.queries import Conditions, bounded


def test_pages_keep_to_their_limits() -> None:
    assert bounded(-1, 5_000) == (0, 1_000)
    assert bounded(20_000, -1) == (10_000, 0)


def test_a_condition_is_present_only_if_its_value_is_given() -> None:
    conditions = Conditions(["a"], "owner = $1")
    conditions.add("status = $", None)
    conditions.add("number = $", 2)
    skip = conditions.argument(10)

    assert (str(conditions), skip) == ("owner = $1 AND number = $2", "$3")
    assert conditions.arguments == ["a", 2, 10]
    assert str(Conditions([])) == "true"
