"""Pending appends share a commit, and each has its own outcome."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from domain.aggregate import new_id
from domain.errors import Unavailable
from storage.event_store.append_queue import (
    BATCH_BYTES_MAX,
    BATCH_ROWS_MAX,
    AppendResult,
)
from storage.event_store.group_commit import GroupCommitter
from storage.event_store.mapper import NewEvent
from storage.postgres.pool import Pool
from tests.storage.event_rows import check_dense, committing, row, stored

Outcome = AppendResult | BaseException


async def outcomes(committer: GroupCommitter, calls: Sequence[Sequence[NewEvent]]) -> list[Outcome]:
    """Append requests that are all pending before the first commit."""
    return await asyncio.gather(*map(committer.append, calls), return_exceptions=True)


async def commits(pool: Pool) -> int:
    """The number of transactions that wrote the events."""
    count: int = await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM events")
    return count


async def test_pending_requests_share_one_commit(database_dsn: str, pool: Pool) -> None:
    calls = [[row()] for _ in range(100)]
    async with committing(database_dsn) as committer:
        results = await outcomes(committer, calls)

    assert await commits(pool) == 1
    assert [r.first_position for r in results if isinstance(r, AppendResult)] == [*range(1, 101)]
    assert [stream for _, stream, _ in await stored(pool)] == [c[0].originator_id for c in calls]


async def test_a_batch_is_bounded_in_rows_and_in_bytes(database_dsn: str, pool: Pool) -> None:
    large = b'"' + b"x" * (BATCH_BYTES_MAX // 2) + b'"'
    async with committing(database_dsn) as committer:
        await outcomes(committer, [[row()] for _ in range(BATCH_ROWS_MAX + 1)])
        assert await commits(pool) == 2
        await outcomes(committer, [[row(body=large)] for _ in range(3)])
        assert await commits(pool) == 4


async def test_only_the_conflicting_request_of_a_batch_fails(database_dsn: str, pool: Pool) -> None:
    taken = new_id()
    async with committing(database_dsn) as committer:
        await committer.append([row(taken)])
        results = await outcomes(
            committer,
            [[row()], [row(taken, state=b"[]")], [row(), row(taken, state=b"{}")], [row()]],
        )

    assert [type(result) for result in results] == [
        AppendResult,
        IntegrityError,
        IntegrityError,
        AppendResult,
    ]
    assert await check_dense(pool) == 3


async def test_an_append_of_several_events_is_atomic(database_dsn: str, pool: Pool) -> None:
    taken, other = new_id(), new_id()
    async with committing(database_dsn) as committer:
        first = await committer.append([row(taken), row(taken, 2), row(other)])
        with pytest.raises(IntegrityError):
            await committer.append([row(other, 2), row(taken, 2, state=b"[]")])
        second = await committer.append([row(other, 2)])

    assert (first.first_position, second.first_position) == (1, 4)
    assert await stored(pool) == [(1, taken, 1), (2, taken, 2), (3, other, 1), (4, other, 2)]


async def test_two_requests_for_one_stream_are_two_commits_in_order(
    database_dsn: str, pool: Pool
) -> None:
    stream, other = new_id(), new_id()
    async with committing(database_dsn) as committer:
        results = await outcomes(
            committer, [[row(stream)], [row(stream, 2), row(other)], [row(other, 2)], [row()]]
        )

    assert all(isinstance(result, AppendResult) for result in results)
    places = {(stream_id, version): position for position, stream_id, version in await stored(pool)}
    assert places[stream, 1] < places[stream, 2] < places[other, 2]
    assert await commits(pool) == 3


async def test_one_of_two_concurrent_first_versions_wins(database_dsn: str, pool: Pool) -> None:
    stream = new_id()
    async with committing(database_dsn) as committer:
        results = await outcomes(committer, [[row(stream)], [row(stream, state=b"[]")]])

    assert [type(result) for result in results] == [AppendResult, IntegrityError]
    assert await check_dense(pool) == 1


async def test_a_repeated_append_returns_the_first_result(database_dsn: str, pool: Pool) -> None:
    call = [row(body=b"[1]", metadata=b'{"request_id":"r"}'), row()]
    async with committing(database_dsn) as committer:
        first = await committer.append(call)
        assert await committer.append(call) == first
        for facts in ({"state": b"[]"}, {"body": b"[2]"}, {"metadata": b"{}"}, {"topic": "T"}):
            stated: dict[str, Any] = {"body": b"[1]", "metadata": b'{"request_id":"r"}', **facts}
            with pytest.raises(IntegrityError):
                await committer.append([row(call[0].originator_id, **stated), call[1]])
        with pytest.raises(IntegrityError):
            await committer.append([*call, row()])

    assert await check_dense(pool) == 2


async def test_an_append_with_the_same_version_twice_is_refused(database_dsn: str) -> None:
    stream = new_id()
    async with committing(database_dsn) as committer:
        with pytest.raises(IntegrityError):
            await committer.append([row(stream), row(stream)])
        with pytest.raises(ValueError, match="at least one"):
            await committer.append([])


BAD: dict[str, dict[str, Any]] = {
    "no JSON": {"state": b'{"a":'},
    "not UTF-8": {"state": b'"\xff"'},
    "a raw NUL in JSON": {"body": b'"\0"'},
    "too deep": {"state": b"[" * 100_000 + b"]" * 100_000},
    "two states": {"state": b"{}\x1e{}"},
    "two bodies": {"body": b"{}\x1e{}"},
    "two topics": {"topic": "Test.Noted\x1eTest.Noted"},
    "a NUL in the topic": {"topic": "Test\0"},
    "a lone surrogate in the topic": {"topic": "\ud800"},
    "no topic": {"topic": None},
    "version 0": {"version": 0},
    "a version beyond 32 bits": {"version": 2**31},
    "a state that is no bytes": {"state": "{}"},
    "a stream that is no UUID": {"stream_id": "x"},
}


@pytest.mark.parametrize("facts", BAD.values(), ids=BAD)
async def test_one_bad_row_in_a_batch_fails_alone(
    database_dsn: str, pool: Pool, facts: dict[str, Any]
) -> None:
    calls = [[row()] for _ in range(50)]
    calls[30] = [row(), row(**facts)]
    async with committing(database_dsn) as committer, asyncio.timeout(5):
        results = await outcomes(committer, calls)

    assert Counter(map(type, results))[AppendResult] == 49
    assert not isinstance(results[30], AppendResult | Unavailable)
    assert await check_dense(pool) == 49


async def test_a_row_that_both_append_functions_reject_fails_alone(
    database_dsn: str, pool: Pool, owner_pool: Pool
) -> None:
    await owner_pool.execute("CREATE UNIQUE INDEX ON events ((1)) WHERE topic = 'Test.Only'")
    calls = [[row()] for _ in range(20)]
    calls[3], calls[15] = [row(topic="Test.Only")], [row(topic="Test.Only")]
    async with committing(database_dsn) as committer, asyncio.timeout(5):
        results = await outcomes(committer, calls)

    failed = [
        number for number, result in enumerate(results) if not isinstance(result, AppendResult)
    ]
    assert failed == [15]
    assert await check_dense(pool) == 19


@pytest.mark.parametrize("limit", ["QUEUE_ROWS_MAX", "QUEUE_BYTES_MAX"])
async def test_a_full_queue_refuses_requests_until_it_has_space(
    database_dsn: str, pool: Pool, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    limit_value = 10 if limit == "QUEUE_ROWS_MAX" else 1_000
    monkeypatch.setattr(f"storage.event_store.append_queue.{limit}", limit_value)
    state = b'"' + b"x" * 96 + b'"'
    async with committing(database_dsn) as committer:
        for _ in range(2):
            results = await outcomes(committer, [[row(state=state)] for _ in range(13)])
            assert [*map(type, results)] == [AppendResult] * 10 + [Unavailable] * 3
    assert await check_dense(pool) == 20


async def test_cancelling_the_caller_does_not_cancel_the_append(
    database_dsn: str, pool: Pool
) -> None:
    async with committing(database_dsn) as committer:
        callers = [asyncio.create_task(committer.append([row()])) for _ in range(20)]
        await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        results = await asyncio.gather(*callers, return_exceptions=True)

    assert Counter(map(type, results)) == {AppendResult: 10, asyncio.CancelledError: 10}
    assert await check_dense(pool) == 20


async def test_pending_requests_are_committed_on_shutdown(database_dsn: str, pool: Pool) -> None:
    async with committing(database_dsn) as committer:
        callers = [asyncio.create_task(committer.append([row()])) for _ in range(3_000)]
        await asyncio.sleep(0)
    assert all(isinstance(result, AppendResult) for result in await asyncio.gather(*callers))
    assert await check_dense(pool) == 3_000

    with pytest.raises(Unavailable):
        await committer.append([row()])


async def test_a_cancelled_shutdown_leaves_no_caller_waiting(database_dsn: str) -> None:
    callers: list[asyncio.Task[AppendResult]] = []

    async def use() -> None:
        async with committing(database_dsn) as committer:
            callers.extend(asyncio.create_task(committer.append([row()])) for _ in range(3_000))
            has_begun.set()

    has_begun = asyncio.Event()
    user = asyncio.create_task(use())
    await has_begun.wait()
    await asyncio.sleep(0.01)
    user.cancel()
    async with asyncio.timeout(5):
        results = await asyncio.gather(*callers, return_exceptions=True)
    assert {type(result) for result in results} <= {AppendResult, Unavailable}
    assert isinstance(results[-1], Unavailable)
    assert user.cancelled() or user.done()
