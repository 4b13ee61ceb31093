"""Processes that a model has taken over: whatever they say or do, the parent goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from time import perf_counter

import pytest
import pytest_asyncio

from tests.inference.attacks import unruly
from tests.inference.attacks.arena import UNANSWERED, Arena
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.unruly import CUE, DEEDS_AT_ONCE, DEEDS_OF_TIME, HEARD, LIES, Unruly
from tests.inference.conftest import ModelStore
from tests.inference.processes import children_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HANG_S = 10.0
_STALL_S_MAX = 2.0
"""For how long the parent may be deaf to everybody else, on a busy machine."""

_TOLD_CHARACTERS_MAX = 100_000
_TWO_AT_A_TIME = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def arena(store: ModelStore) -> AsyncGenerator[Arena]:
    """A pool that opens such models and waits a second for them."""
    deadlines = {"deadline_s": 1.0, "load_deadline_s": 1.0, "processes_max": 3}
    with Canary.open() as canary:
        async with Arena.open(store, canary, trusted=(unruly.__name__,), **deadlines) as opened:
            yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def uncaught() -> AsyncGenerator[list[str]]:
    """What went wrong in the parent where nobody was to hear of it."""
    loop = asyncio.get_running_loop()
    found: list[str] = []
    loop.set_exception_handler(lambda _, context: found.append(repr(context)))
    yield found
    loop.set_exception_handler(None)


async def outcome(work: Awaitable[str]) -> str:
    """Give what was heard, or what the parent did that it should not."""
    beating = asyncio.create_task(longest_stall_s())
    try:
        async with asyncio.timeout(_HANG_S):
            said = await work
    except Exception as error:  # noqa: BLE001 - it is what the tests look for
        said = f"FAULT {error!r}"
    beating.cancel()
    stalled_s = await beating
    return said if stalled_s < _STALL_S_MAX else f"FAULT: deaf for {stalled_s:.1f} s; {said}"


async def longest_stall_s() -> float:
    """Measure, until cancelled, for how long the event loop was kept from its work."""
    longest_s = 0.0
    while True:
        before = perf_counter()
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            return longest_s
        longest_s = max(longest_s, perf_counter() - before - 0.01)


async def opened_by(arena: Arena, deed: str) -> str:
    """Have a deed done while its model is opened."""
    met = await arena.meet(arena.store.save(Unruly(at_load=deed)), 0.0)
    return met.refusal and met.told


async def asked_of(arena: Arena, deed: str) -> str:
    """Have a deed done by a model that was taken in and is asked."""
    file = arena.store.save(Unruly(at_predict=deed))
    refusal, signature, _ = await arena.taken_in(file)
    said = refusal or await arena.asked(file, signature, CUE)
    await arena.check_sibling()
    return said


def is_refusal(said: str) -> bool:
    return said.isprintable() and said != "" and not said.startswith(("FAULT", "ModelOutput"))


async def test_what_is_said_in_the_place_of_an_opening_is_a_refusal(
    arena: Arena, uncaught: list[str]
) -> None:
    said = {deed: await outcome(opened_by(arena, deed)) for deed in DEEDS_AT_ONCE}
    assert {deed: text for deed, text in said.items() if not is_refusal(text)} == {}
    assert uncaught == []


async def test_what_is_said_in_the_place_of_an_answer_fails_the_prediction(
    arena: Arena, uncaught: list[str]
) -> None:
    said = {deed: await outcome(asked_of(arena, deed)) for deed in DEEDS_AT_ONCE}
    answered = {
        deed for deed, text in said.items() if text.startswith("ModelOutput(outputs=[1.0],")
    }
    assert answered == HEARD
    others = {deed: text for deed, text in said.items() if deed not in HEARD}
    assert {deed: text for deed, text in others.items() if not is_refusal(text)} == {}
    assert uncaught == []


async def test_whoever_keeps_the_parent_waiting_is_ended(arena: Arena, uncaught: list[str]) -> None:
    turns = asyncio.Semaphore(_TWO_AT_A_TIME)

    async def said(work: Awaitable[str]) -> str:
        async with turns:
            return await outcome(work)

    works = [work(arena, deed) for deed in DEEDS_OF_TIME for work in (opened_by, asked_of)]
    told = await asyncio.gather(*map(said, works))
    assert [text for text in told if UNANSWERED not in text or text.startswith("FAULT")] == []
    assert uncaught == []


async def test_what_a_process_tells_of_its_model_is_bounded_and_fit_for_a_log(
    arena: Arena, uncaught: list[str]
) -> None:
    for lie in LIES:
        file = arena.store.save(Unruly(at_load=lie))
        refusal, _, told = await arena.taken_in(file)
        assert refusal.isprintable(), lie
        assert told.isprintable(), lie
        assert len(told) < _TOLD_CHARACTERS_MAX, lie
    assert uncaught == []


async def test_a_process_that_ends_each_time_leaves_nothing_behind(arena: Arena) -> None:
    file = arena.store.save(Unruly(at_predict="ends"))
    _, signature, _ = await arena.taken_in(file)
    for _ in range(10):
        assert "exited with status 0" in await arena.asked(file, signature, CUE)
        await arena.check_sibling()
    assert arena.pool.quarantine_reason(file)
    assert len(children_of(arena.pool.zygote_pid)) == arena.pool.process_count
