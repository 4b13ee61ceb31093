"""Batches of changes."""

from __future__ import annotations

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from projections.engine.projection import Change, in_batches

ONE, TWO, THREE = uuid4(), uuid4(), uuid4()


def test_changes_of_many_streams_need_few_statements() -> None:
    changes = [
        (ONE, ("insert", (1,))),
        (ONE, ("rename", (1, "a"))),
        (TWO, ("insert", (2,))),
        (TWO, ("rename", (2, "b"))),
        (THREE, ("rename", (3, "c"))),
    ]

    assert in_batches(changes) == [
        ("insert", [(1,), (2,)]),
        ("rename", [(3, "c")]),
        ("rename", [(1, "a"), (2, "b")]),
    ]


@given(st.lists(st.tuples(st.sampled_from([ONE, TWO, THREE]), st.sampled_from("abc"))))
def test_changes_of_one_stream_stay_in_their_order(changes: list[tuple[UUID, str]]) -> None:
    numbered: list[tuple[UUID, Change]] = [
        (stream, (name, (stream, n))) for n, (stream, name) in enumerate(changes)
    ]

    batches = in_batches(numbered)

    flat = [(arguments[0], arguments[1]) for _, batch in batches for arguments in batch]
    for stream in (ONE, TWO, THREE):
        numbers = [number for name, number in flat if name == stream]
        assert numbers == sorted(numbers)
    assert len(flat) == len(changes)
