"""The command that shows the events of one stream, and its state now or at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import typer
from eventsourcing.domain import AggregateEvent
from rich.markup import escape
from rich.table import Table

from domain.errors import NotFound
from mlplatform.cli.console import console, shown
from mlplatform.cli.event_lines import without_personal
from mlplatform.server.database import open_database, open_single
from mlplatform.server.store import open_history
from mlplatform.settings import Settings
from storage.event_store.event_store import DecodedEvent
from storage.event_store.recorder import EventReader


async def replay(
    settings: Settings,
    stream_id: UUID,
    *,
    as_of: datetime | None,
    as_json: bool,
    with_personal: bool,
) -> None:
    """Show the state and the events of a stream; raises `NotFound` if it has none."""
    history = await _history(settings, stream_id, as_of, with_personal=with_personal)
    if not history:
        raise NotFound(f"there is no stream {stream_id}" + (" at that time" if as_of else ""))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(_document(stream_id, as_of, history))))
    else:
        _print(stream_id, as_of, history)


async def _history(
    settings: Settings, stream_id: UUID, as_of: datetime | None, *, with_personal: bool
) -> list[DecodedEvent]:
    """Read a stream; the keys are loaded only if personal values are shown."""
    async with open_database(settings) as database, open_single(database.dsn) as pool:
        rows = await EventReader(pool).select_events(stream_id, as_of=as_of)
        if not with_personal:
            return [without_personal(row) for row in rows]
        async with open_history(settings, database) as history:
            return await history.events.decode(rows)


def _document(
    stream_id: UUID, as_of: datetime | None, history: Sequence[DecodedEvent]
) -> dict[str, Any]:
    return {
        "stream_id": stream_id,
        "kind": _kind(history),
        "as_of": as_of,
        "version": history[-1].event.originator_version,
        "state": _state(history),
        "events": [
            {
                "position": recorded.position,
                "version": recorded.event.originator_version,
                "type": recorded.event.TOPIC,
                "data": recorded.fields,
                "metadata": msgspec.structs.asdict(recorded.metadata),
                "recorded_at": recorded.recorded_at,
            }
            for recorded in history
        ],
    }


def _print(stream_id: UUID, as_of: datetime | None, history: Sequence[DecodedEvent]) -> None:
    when = f"as of {shown(as_of)}" if as_of else "now"
    out = console()
    out.print(f"[bold]{_kind(history)}[/bold] {stream_id} {when}\n")
    state = Table("", title="State", show_header=False, title_justify="left")
    state.add_column(overflow="fold")
    for name, value in _state(history).items():
        state.add_row(name, _compact(value))
    out.print(state)
    events = Table("position", "recorded at", "event", title="History", title_justify="left")
    events.add_column("by", overflow="fold")
    events.add_column("what", overflow="fold")
    for recorded in history:
        by = recorded.metadata.actor_id
        events.add_row(
            str(recorded.position),
            shown(recorded.recorded_at),
            recorded.event.TOPIC,
            str(by) if by else "-",
            _compact(recorded.fields),
        )
    out.print(events)


def _state(history: Sequence[DecodedEvent]) -> dict[str, Any]:
    """Replay a stream and give its state; the state of a prediction is its only event."""
    state: Any = None
    for recorded in history:
        if not isinstance(recorded.event, AggregateEvent):
            return msgspec.to_builtins(recorded.fields)
        state = recorded.event.mutate(state)
    public = {name: value for name, value in state.__dict__.items() if name[0] != "_"}
    return msgspec.to_builtins(public)


def _kind(history: Sequence[DecodedEvent]) -> str:
    topic: str = history[0].event.TOPIC
    return topic.partition(".")[0]


def _compact(value: Any) -> str:
    return escape(value if isinstance(value, str) else msgspec.json.encode(value).decode())
