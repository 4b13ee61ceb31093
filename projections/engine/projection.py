"""What every projection is: tables in the schema ``read``, and a way of bringing them up to date.

Tables are numbered by generation (``read.users_1``), so that the next one can be built beside
the live one; queries use a view of the plain name (``read.users``), which shows the live one.
SQL is written for a ``{generation}``.

There are two kinds: a `SetProjection` folds a window of events in one SQL statement, which is
how predictions are counted by the hundred thousand; a `StreamProjection` says in Python what
each event of one kind of stream changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from storage.event_store.event_store import EventStore, Recorded
from storage.event_store.mapper import RecordedEvent
from storage.postgres.pool import Connection

WINDOW_EVENTS_MAX = 50_000
"""How far one transaction goes; larger ones are slower and hold back the others."""

WINDOW_ROWS_MAX = 1_000
"""How many events one transaction decodes in Python."""

Change = tuple[str, tuple[Any, ...]]
"""A statement and its arguments."""


@dataclass(frozen=True)
class Table:
    """One table of a projection, as it is made anew for each generation."""

    name: str
    columns: str
    indexes: tuple[str, ...] = ()
    """Made after a rebuild has filled the table, which is faster than keeping them meanwhile."""
    options: str = ""

    def physical(self, generation: int) -> str:
        """Say where the rows of a generation lie."""
        return f"read.{self.name}_{generation}"


@dataclass(frozen=True)
class Window:
    """The events past one position and up to another."""

    after: int
    until: int
    rows: Sequence[RecordedEvent] | None = None
    """All of them but predictions, not decoded yet; None where nobody asked for them."""
    decode: Callable[[Sequence[RecordedEvent]], Awaitable[list[Recorded]]] | None = None

    @property
    def size(self) -> int:
        """How many events these are, predictions included."""
        return self.until - self.after

    def part(self, after: int, until: int) -> Window:
        """Give a window inside this one."""
        rows = self.rows and [row for row in self.rows if after < row.position <= until]
        return replace(self, after=after, until=until, rows=rows)

    async def recorded(self, kind: str) -> list[Recorded]:
        """Decode the events of one kind of stream; raises where one cannot be decoded."""
        assert self.rows is not None
        rows = [row for row in self.rows if row.topic.partition(".")[0] == kind]
        return await self.decode(rows) if rows and self.decode else []


class Projection(Protocol):
    """Writes its read tables from events, and from nothing else: no clock, no side effect."""

    @property
    def name(self) -> str:
        """Under which the checkpoint is kept."""
        ...

    @property
    def rule_version(self) -> int:
        """Raised with every change of the fold or of its tables: they are then built again."""
        ...

    @property
    def tables(self) -> tuple[Table, ...]:
        """All that a rebuild makes anew."""
        ...

    @property
    def is_ordered(self) -> bool:
        """Whether events have to be folded in one pass; else two ranges can be, in parallel."""
        ...

    @property
    def merge(self) -> str | None:
        """Adds the rows of generation ``{other}`` to those of ``{generation}``.

        None where two ranges can be folded into the same tables.
        """
        ...

    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply a window, in the transaction that also moves the checkpoint."""
        ...


@dataclass(frozen=True)
class SetProjection:
    """A projection whose fold is SQL over the events in positions ``($1, $2]``."""

    name: str
    rule_version: int
    tables: tuple[Table, ...]
    of_predictions: bool | None
    """Whether it folds predictions or all other events; None where it folds both."""
    fold: str
    merge: str | None = None
    is_ordered: bool = False

    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply a window in one statement, or in none where it has no such event."""
        if window.rows is not None and self.of_predictions is not None:
            others = len(window.rows)
            if others == (window.size if self.of_predictions else 0):
                return
        fold = self.fold.format(generation=generation)
        await connection.execute(fold, window.after, window.until)


@dataclass(frozen=True)
class StreamProjection:
    """A projection of one kind of stream, whose rows belong to one stream each."""

    name: str
    rule_version: int
    tables: tuple[Table, ...]
    kind: str
    changes: Callable[[Recorded], Iterable[Change]]
    merge: str | None = None
    is_ordered: bool = True

    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply the events of the kind, as few statements as their order allows."""
        recorded = await window.recorded(self.kind)
        changes = [
            (one.event.originator_id, change) for one in recorded for change in self.changes(one)
        ]
        for statement, arguments in in_batches(changes):
            await connection.executemany(statement.format(generation=generation), arguments)


async def read_window(
    events: EventStore, after: int, until: int, *, with_rows: bool = True
) -> Window:
    """Read what comes after a position, as much of it as one transaction takes."""
    until = min(until, after + WINDOW_EVENTS_MAX)
    if not with_rows:
        return Window(after, until)
    rows = await events.recorder.select_but_predictions(after, until, WINDOW_ROWS_MAX)
    if len(rows) == WINDOW_ROWS_MAX:
        until = rows[-1].position
    return Window(after, until, rows, events.decoded)


def in_batches(changes: Iterable[tuple[UUID, Change]]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Gather changes with the same statement, keeping the order of those of one stream.

    Streams do not touch each other's rows, so a change may overtake those of other streams: it
    goes into the first round in which all earlier ones of its own stream are done.
    """
    rounds: list[dict[str, list[tuple[Any, ...]]]] = []
    last: dict[UUID, tuple[int, str]] = {}
    for stream_id, (statement, arguments) in changes:
        number, former = last.get(stream_id, (0, statement))
        number += former != statement
        if number == len(rounds):
            rounds.append({})
        rounds[number].setdefault(statement, []).append(arguments)
        last[stream_id] = number, statement
    return [batch for one in rounds for batch in one.items()]
