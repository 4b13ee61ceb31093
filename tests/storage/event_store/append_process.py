"""A process that appends: ``python -m … DSN WRITERS EVENTS``."""

from __future__ import annotations

import asyncio
import json
import sys

from storage.event_store.group_commit import GroupCommitter
from tests.storage.event_rows import committing, row


async def write(dsn: str, writers: int, events: int) -> None:
    """Run writers that each append numbered events in order on a connection of their own."""
    await asyncio.gather(*(_write_one(dsn, events) for _ in range(writers)))


async def _write_one(dsn: str, events: int) -> None:
    async with committing(dsn) as committer:
        await asyncio.gather(*(_append(committer, events // 4) for _ in range(4)))


async def _append(committer: GroupCommitter, events: int) -> None:
    first = row()
    for number in range(events):
        state = json.dumps({"number": number}).encode()
        await committer.append([row(first.originator_id, number + 1, state=state)])


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
