"""The parts that need no database."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.engine.projection import Change, in_batches
from projections.queries import bounded
from projections.read_models.call_stats import BOUNDS_US, percentile_ms

ONE, TWO, THREE = uuid4(), uuid4(), uuid4()


def test_changes_of_many_streams_go_as_few_statements() -> None:
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
        numbers = [n for one, n in flat if one == stream]
        assert numbers == sorted(numbers)
    assert len(flat) == len(changes)


def test_percentiles_are_at_most_a_fifth_off() -> None:
    latencies = [100 + 7 * n for n in range(5_000)]
    calls: dict[int, int] = {}
    for latency in latencies:
        bucket = sum(bound <= latency for bound in BOUNDS_US)
        calls[bucket] = calls.get(bucket, 0) + 1

    for share in (0.01, 0.5, 0.95, 0.99):
        exact = latencies[round(share * len(latencies)) - 1] / 1000
        assert percentile_ms(calls, share) == pytest.approx(exact, rel=0.2)


def test_percentiles_of_the_slowest_and_the_fastest_stay_within_the_bounds() -> None:
    assert percentile_ms({}, 0.5) is None
    assert percentile_ms({3: 0}, 0.5) is None
    assert percentile_ms({len(BOUNDS_US): 4}, 0.99) == BOUNDS_US[-1] / 1000
    assert percentile_ms({0: 1}, 0.5) == BOUNDS_US[0] / 2000


def test_pages_keep_to_their_limits() -> None:
    assert bounded(-1, 5_000) == (0, 1_000)
    assert bounded(20_000, -1) == (10_000, 0)
