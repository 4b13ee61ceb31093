"""Processes that a model controls: the parent continues to serve, whatever they send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from time import perf_counter

import pytest
import pytest_asyncio

from tests.inference.attacks import hostile_estimator
from tests.inference.attacks.attack_pool import NO_REPLY, AttackPool
from tests.inference.attacks.canary import Canary
from tests.inference.attacks.hostile_estimator import (
    FALSE_DESCRIPTIONS,
    FIRST_REPLY_IS_VALID,
    IMMEDIATE,
    SLOW,
    TRIGGER,
    HostileEstimator,
)
from tests.inference.conftest import ModelStore
from tests.inference.processes import children_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

_HANG_S = 10.0
_STALL_S_MAX = 2.0
"""The longest that the parent's event loop may stall, on a busy machine."""

_OUTPUT_CHARACTERS_MAX = 100_000
_TWO_AT_A_TIME = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(store: ModelStore) -> AsyncGenerator[AttackPool]:
    """A pool that opens such models, with deadlines of a second."""
    deadlines = {"deadline_s": 1.0, "load_deadline_s": 1.0, "processes_max": 3}
    with Canary.open() as canary:
        async with AttackPool.open(
            store, canary, trusted=(hostile_estimator.__name__,), **deadlines
        ) as opened:
            yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def uncaught() -> AsyncGenerator[list[str]]:
    """Errors of the parent that no caller received."""
    loop = asyncio.get_running_loop()
    found: list[str] = []
    loop.set_exception_handler(lambda _, context: found.append(repr(context)))
    yield found
    loop.set_exception_handler(None)


async def output_of(work: Awaitable[str]) -> str:
    """Return the output, or the failure of the parent."""
    monitor = asyncio.create_task(longest_stall_s())
    try:
        async with asyncio.timeout(_HANG_S):
            output = await work
    except Exception as error:  # noqa: BLE001 - the tests check for it
        output = f"FAILED {error!r}"
    monitor.cancel()
    stalled_s = await monitor
    return (
        output if stalled_s < _STALL_S_MAX else f"FAILED: stalled for {stalled_s:.1f} s; {output}"
    )


async def longest_stall_s() -> float:
    """Measure, until cancelled, the longest stall of the event loop."""
    longest_s = 0.0
    while True:
        before = perf_counter()
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            return longest_s
        longest_s = max(longest_s, perf_counter() - before - 0.01)


async def output_at_load(target: AttackPool, behaviour: str) -> str:
    """Misbehave while the model is loaded."""
    outcome = await target.attack(target.store.save(HostileEstimator(at_load=behaviour)), 0.0)
    return outcome.refusal and outcome.output


async def output_at_predict(target: AttackPool, behaviour: str) -> str:
    """Misbehave in a prediction."""
    file = target.store.save(HostileEstimator(at_predict=behaviour))
    refusal, signature, _ = await target.inspect(file)
    output = refusal or await target.predict(file, signature, TRIGGER)
    await target.check_sibling()
    return output


def is_refusal(output: str) -> bool:
    return (
        output.isprintable() and output != "" and not output.startswith(("FAILED", "ModelOutput"))
    )


async def test_an_invalid_reply_at_load_is_a_refusal(
    target: AttackPool, uncaught: list[str]
) -> None:
    outputs = {
        behaviour: await output_of(output_at_load(target, behaviour)) for behaviour in IMMEDIATE
    }
    assert {behaviour: text for behaviour, text in outputs.items() if not is_refusal(text)} == {}
    assert uncaught == []


async def test_an_invalid_reply_fails_the_prediction(
    target: AttackPool, uncaught: list[str]
) -> None:
    outputs = {
        behaviour: await output_of(output_at_predict(target, behaviour)) for behaviour in IMMEDIATE
    }
    succeeded = {
        behaviour
        for behaviour, text in outputs.items()
        if text.startswith("ModelOutput(outputs=[1.0],")
    }
    assert succeeded == FIRST_REPLY_IS_VALID
    others = {
        behaviour: text
        for behaviour, text in outputs.items()
        if behaviour not in FIRST_REPLY_IS_VALID
    }
    assert {behaviour: text for behaviour, text in others.items() if not is_refusal(text)} == {}
    assert uncaught == []


async def test_a_process_that_does_not_reply_is_killed(
    target: AttackPool, uncaught: list[str]
) -> None:
    turns = asyncio.Semaphore(_TWO_AT_A_TIME)

    async def limited(work: Awaitable[str]) -> str:
        async with turns:
            return await output_of(work)

    attacks = [
        attack(target, behaviour)
        for behaviour in SLOW
        for attack in (output_at_load, output_at_predict)
    ]
    outputs = await asyncio.gather(*map(limited, attacks))
    assert [text for text in outputs if NO_REPLY not in text or text.startswith("FAILED")] == []
    assert uncaught == []


async def test_a_description_is_bounded_and_safe_to_log(
    target: AttackPool, uncaught: list[str]
) -> None:
    for name in FALSE_DESCRIPTIONS:
        file = target.store.save(HostileEstimator(at_load=name))
        refusal, _, output = await target.inspect(file)
        assert refusal.isprintable(), name
        assert output.isprintable(), name
        assert len(output) < _OUTPUT_CHARACTERS_MAX, name
    assert uncaught == []


async def test_a_process_that_ends_each_time_leaves_no_process_behind(target: AttackPool) -> None:
    file = target.store.save(HostileEstimator(at_predict="ends"))
    _, signature, _ = await target.inspect(file)
    for _ in range(10):
        assert "exited with status 0" in await target.predict(file, signature, TRIGGER)
        await target.check_sibling()
    assert target.pool.quarantine_reason(file)
    assert len(children_of(target.pool.zygote_pid)) == target.pool.statistics().processes
