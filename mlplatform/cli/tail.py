"""The command that shows the newest events and follows new ones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import typer

from mlplatform.cli.console import shown
from mlplatform.cli.event_lines import json_of, without_personal
from mlplatform.errors import reaching_the_database
from mlplatform.server.database import open_database
from mlplatform.settings import Settings
from storage.event_store.mapper import RecordedEvent, UnknownTopic
from storage.event_store.recorder import CHANNEL_ALL, PAGE_ROWS_MAX, EventReader, Subscription
from storage.postgres.pool import DirectConnection, connect

NEWEST = 20
FIELDS_LENGTH_MAX = 160


async def tail(settings: Settings, *, start: int | None, as_json: bool, follow: bool) -> None:
    """Show events from a position, or the newest ones; with ``follow``, also new ones."""
    async with open_database(settings) as database:
        with reaching_the_database("the database"):
            connection = await connect(database.dsn, application_name="mlplatform tail")
        try:
            async for row in _rows(connection, start, follow=follow):
                typer.echo(msgspec.json.encode(json_of(row)) if as_json else _line(row))
        finally:
            connection.terminate()


async def _rows(
    connection: DirectConnection, start: int | None, *, follow: bool
) -> AsyncIterator[RecordedEvent]:
    reader = EventReader(connection)
    head = await reader.max_notification_id() or 0
    after = max(0, head - NEWEST) if start is None else start - 1
    if follow:
        subscription = Subscription(reader, after, ())
        await connection.add_listener(CHANNEL_ALL, subscription.notify)
        while True:
            with reaching_the_database("the database"):
                row = await anext(subscription)
            yield row
    while after < head:
        page = await reader.select_notifications(
            after, PAGE_ROWS_MAX, head, inclusive_of_start=False
        )
        for row in page:
            yield row
        after = page[-1].position


def _line(row: RecordedEvent) -> str:
    try:
        fields = msgspec.json.encode(without_personal(row).fields).decode()
    except UnknownTopic:
        fields = "(unknown to this release)"
    if len(fields) > FIELDS_LENGTH_MAX:
        fields = f"{fields[:FIELDS_LENGTH_MAX]}…"
    time = shown(row.recorded_at)
    return f"{row.position:>8}  {time}  {row.topic:<22} {row.originator_id}  {fields}"
