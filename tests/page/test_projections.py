"""Verification and rebuilds of projections, and parked events."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from storage.embedded.server import running_dsns
from storage.postgres.pool import Connection
from tests.page.browser_tab import Tab
from tests.platform_process import Platform

TASK_TIMEOUT_MS = 30_000
ERROR = "DataError: " + "x" * 200
PARK = """
    INSERT INTO parked_events (projection, position, stream_id, error)
    SELECT 'users', position, stream_id, $1 FROM events WHERE topic = 'User.Registered'
     ORDER BY position DESC LIMIT 1
    RETURNING position
"""
REMOVE_ROW = "DELETE FROM read.users u USING events e WHERE e.position = $1 AND u.id = e.stream_id"
TAMPER = "UPDATE read.users SET is_active = NOT is_active"


@pytest_asyncio.fixture(loop_scope="session")
async def store(platform: Platform) -> AsyncGenerator[Connection]:
    """A direct connection to the platform's database."""
    dsns = running_dsns(platform.data_dir)
    assert dsns is not None
    connection = await asyncpg.connect(dsns.platform)
    try:
        yield connection
        await connection.execute("DELETE FROM parked_events")
    finally:
        await connection.close()


async def run_task(admin: Tab, task: str) -> Locator:
    """Verify or rebuild the users projection; returns the result."""
    await admin.button(f"{task} users").click()
    shown = admin.page.get_by_role("status").filter(has_text=re.compile(r"from [\d,]+ events; "))
    await expect(shown).to_contain_text(
        "Rebuilt" if task == "Rebuild" else "Replayed", timeout=TASK_TIMEOUT_MS
    )
    return shown


@pytest.mark.parametrize("task", ["Verify", "Rebuild"])
async def test_a_projection_is_verified_by_its_digest(admin: Tab, task: str) -> None:
    await admin.goto("/admin/system")
    await expect(await run_task(admin, task)).to_contain_text("digest equal")

    digests = admin.page.get_by_title(re.compile(r"^users="))
    await expect(digests).to_have_count(3)  # in the list, of the events, of the tables
    assert len({await digest.inner_text() for digest in await digests.all()}) == 1
    await admin.check_accessible()


async def test_tampered_tables_are_detected_and_rebuilt(admin: Tab, store: Connection) -> None:
    await admin.goto("/admin/system")
    await store.execute(TAMPER)

    await expect(await run_task(admin, "Verify")).to_contain_text("digest different: rebuild it")
    await expect(await run_task(admin, "Rebuild")).to_contain_text("wrong, and are right now")
    await expect(await run_task(admin, "Verify")).to_contain_text("digest equal")


async def test_a_parked_event_is_applied_by_a_retry(
    admin: Tab, user: Tab, store: Connection
) -> None:
    position = await store.fetchval(PARK, ERROR)
    await store.execute(REMOVE_ROW, position)
    await admin.goto("/admin/system")
    await expect(admin.page.get_by_text(ERROR)).to_be_visible()
    await admin.check_accessible()
    await admin.button(f"Retry the event at {position}").click()

    await expect(admin.page.get_by_text("1 event applied.")).to_be_visible()
    await expect(admin.page.get_by_text("No events are parked.")).to_be_visible()
    await admin.goto(f"/admin/users?q={user.account.username}")
    await expect(admin.page.get_by_role("switch", name=user.account.username)).to_be_visible()


async def test_a_parked_event_is_skipped_only_after_confirmation(
    admin: Tab, store: Connection
) -> None:
    position = await store.fetchval(PARK, ERROR)
    await admin.goto("/admin/system")
    await admin.button(f"Skip the event at {position}").click()
    await expect(admin.page.get_by_role("dialog")).to_contain_text("permanently")
    await admin.page.keyboard.press("Escape")
    await expect(admin.page.get_by_text("skipped")).to_have_count(0)

    await admin.button(f"Skip the event at {position}").click()
    await admin.button("Skip it").click()
    await expect(admin.page.get_by_text("skipped")).to_be_visible()
    await expect(admin.button(f"Retry the event at {position}")).to_have_count(0)
