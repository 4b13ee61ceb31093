"""What a projection is: tables in the schema ``read``, and how they are brought up to date.

Tables are numbered by generation (``read.users_1``), so that the next generation can be built
beside the live one. Queries use a view of the plain name (``read.users``), which shows the live
generation.

There are two kinds. A `SetProjection` folds a window of events in one SQL statement, which is how
predictions are counted by the hundred thousand. A `StreamProjection` maps each event of one kind
of stream to changes of rows, in Python.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

from domain.events import PREDICTIONS
from storage.event_store.event_store import DecodedEvent, EventStore
from storage.event_store.mapper import RecordedEvent
from storage.postgres.pool import Connection

WINDOW_EVENTS_MAX = 50_000
"""The events of one transaction; larger ones are slower and delay the other projections."""

WINDOW_ROWS_MAX = 1_000
"""The events that one transaction decodes in Python."""

PREDICTION_TOPICS: Final = ", ".join(f"'{topic}'" for topic in PREDICTIONS)
"""For SQL: the members of an IN list."""

Change = tuple[str, tuple[Any, ...]]
"""A statement and its arguments."""


@dataclass(frozen=True)
class Table:
    """A table of a projection, created for each generation.

    In a statement, ``{table}`` is the generation to write and ``{table.other}`` one to merge into
    it; the numbers are filled in when the statement runs.
    """

    name: str
    columns: str
    indexes: tuple[str, ...] = ()
    """Created after a rebuild has filled the table, which is faster than updating them."""
    options: str = ""

    def __str__(self) -> str:
        return f"read.{self.name}_{{generation}}"

    @property
    def other(self) -> str:
        """The table of the generation to merge."""
        return f"read.{self.name}_{{other}}"

    def physical(self, generation: int) -> str:
        """The name of the table of a generation."""
        return str(self).format(generation=generation)


@dataclass(frozen=True)
class Window:
    """The events at positions (after, until]."""

    after: int
    until: int
    rows: Sequence[RecordedEvent] | None = None
    """All but predictions, not decoded yet; None if they were not read."""
    decode: Callable[[Sequence[RecordedEvent]], Awaitable[list[DecodedEvent]]] | None = None

    @property
    def size(self) -> int:
        """The number of events, predictions included."""
        return self.until - self.after

    def part(self, after: int, until: int) -> Window:
        """A window inside this one."""
        rows = self.rows and [row for row in self.rows if after < row.position <= until]
        return replace(self, after=after, until=until, rows=rows)

    async def recorded(self, stream_type: str) -> list[DecodedEvent]:
        """Decode the events of one kind of stream; raises if one cannot be decoded."""
        assert self.rows is not None
        rows = [row for row in self.rows if row.topic.partition(".")[0] == stream_type]
        return await self.decode(rows) if rows and self.decode else []


@dataclass(frozen=True, kw_only=True)
class Projection(ABC):
    """Writes its read tables from events and nothing else: no clock, no side effect."""

    name: str
    """The key of the checkpoint."""
    rule_version: int
    """Raised with every change of the fold or the tables, which are then rebuilt."""
    tables: tuple[Table, ...]
    merge: str | None = None
    """Adds the rows of another generation; None if ranges can share the same tables."""
    is_ordered: ClassVar[bool]
    """Whether events have to be folded in order; otherwise ranges can be folded in parallel."""

    @abstractmethod
    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply a window, in the transaction that also moves the checkpoint."""


@dataclass(frozen=True, kw_only=True)
class SetProjection(Projection):
    """A projection whose fold is SQL over the events at positions ``($1, $2]``."""

    folds: Literal["predictions", "others", "all"]
    fold: str
    is_ordered = False

    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply a window in one statement, or in none if it has no event to fold."""
        if window.rows is not None:
            others = len(window.rows)
            predictions = window.size - others
            if not {"predictions": predictions, "others": others, "all": 1}[self.folds]:
                return
        fold = self.fold.format(generation=generation)
        await connection.execute(fold, window.after, window.until)


@dataclass(frozen=True, kw_only=True)
class StreamProjection(Projection):
    """A projection of one kind of stream; each row belongs to one stream."""

    stream_type: str
    changes: Callable[[DecodedEvent], Iterable[Change]]
    """Raises `UnknownEvent` for an event that it does not know."""
    is_ordered = True

    async def project(self, window: Window, generation: int, connection: Connection) -> None:
        """Apply the events of the kind, in as few statements as their order allows."""
        recorded = await window.recorded(self.stream_type)
        changes = [
            (one.event.originator_id, change) for one in recorded for change in self.changes(one)
        ]
        for statement, arguments in in_batches(changes):
            await connection.executemany(statement.format(generation=generation), arguments)


async def read_window(
    events: EventStore, after: int, until: int, *, with_rows: bool = True
) -> Window:
    """Read the events past a position, as many as one transaction takes."""
    until = min(until, after + WINDOW_EVENTS_MAX)
    if not with_rows:
        return Window(after, until)
    rows = await events.recorder.select_non_predictions(after, until, WINDOW_ROWS_MAX)
    if len(rows) == WINDOW_ROWS_MAX:
        until = rows[-1].position
    return Window(after, until, rows, events.decode)


def in_batches(changes: Iterable[tuple[UUID, Change]]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Group changes with the same statement, keeping the order of those of one stream.

    Streams never change each other's rows, so a change may overtake those of other streams: it goes
    into the first round after all earlier changes of its own stream.
    """
    rounds: list[dict[str, list[tuple[Any, ...]]]] = []
    last: dict[UUID, tuple[int, str]] = {}
    for stream_id, (statement, arguments) in changes:
        number, previous = last.get(stream_id, (0, statement))
        number += previous != statement
        if number == len(rounds):
            rounds.append({})
        rounds[number].setdefault(statement, []).append(arguments)
        last[stream_id] = number, statement
    return [batch for one in rounds for batch in one.items()]
