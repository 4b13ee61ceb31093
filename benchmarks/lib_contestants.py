"""A running server with one model: how it is asked, what it must answer, what it recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from lib_process import Server
from lib_wrk import Wrk

from storage.postgres.pool import connect


class WrongAnswer(Exception):
    """A server answered, or recorded, what the model does not say."""


@dataclass(frozen=True)
class Sample:
    """Rows to ask for, and the label that the model itself gives each."""

    rows: list[list[float]]
    labels: list[int]

    @classmethod
    def read(cls, path: Path) -> Sample:
        """Read what `lib_train.py` left."""
        return cls(**json.loads(path.read_text()))

    def labels_of(self, rows: list[list[float]]) -> list[int]:
        """The right answer to a call."""
        return [self.labels[self.rows.index(row)] for row in rows]


@dataclass(frozen=True)
class Dialect:
    """How a server wants to be asked about a row, and where in its answer the labels are."""

    question: Callable[[list[float]], object]
    labels: Callable[[Any], object]


@dataclass(frozen=True)
class Case:
    """What a server is to be started for; it may keep files in the folder, and use a database."""

    folder: Path
    dsn: str
    model: str
    sample: Sample

    @property
    def model_path(self) -> Path:
        """Where the model lies."""
        return self.folder / f"{self.model}.joblib"

    @property
    def model_bytes(self) -> bytes:
        """What an upload sends."""
        return self.model_path.read_bytes()


@dataclass(frozen=True)
class Record:
    """Where a server records what it answers: (inputs, outputs, how often)."""

    dsn: str
    sql: str
    key: str

    async def calls(self, sample: Sample) -> int:
        """How many calls are recorded; raises `WrongAnswer` if one has another answer."""
        connection = await connect(self.dsn)
        try:
            records = await connection.fetch(self.sql, self.key)
        finally:
            await connection.close()
        for inputs, outputs, _ in records:
            if json.loads(outputs) != sample.labels_of(json.loads(inputs)):
                raise WrongAnswer(f"recorded {outputs} for {inputs}")
        return sum(calls for _, _, calls in records)


@dataclass(frozen=True)
class Contestant:
    """A running server with one model."""

    name: str
    server: Server
    wrk: Wrk
    sample: Sample
    dialect: Dialect
    record: Record | None = None
    statistics_url: str | None = None
    """Where the server's own statistics are, if it keeps any."""
    polls: bool = False
    """Whether it works while nobody asks, so that it must be held while others are measured."""

    @classmethod
    def prepare(
        cls, name: str, case: Case, server: Server, url: str, dialect: Dialect, token: str = ""
    ) -> Contestant:
        """Have wrk ready to ask for each row in turn."""
        bodies = [json.dumps(dialect.question(row)) for row in case.sample.rows]
        wrk = Wrk.prepare(case.folder, f"{name}-{case.model}", url, token, bodies)
        return cls(name, server, wrk, case.sample, dialect)

    @contextmanager
    def on_turn(self) -> Generator[None]:
        """Let it work for as long as this lasts."""
        if self.polls:
            self.server.go_on()
        try:
            yield
        finally:
            if self.polls:
                self.server.hold()

    async def check_answers(self) -> int:
        """Ask for each row once, and say how many that were; raises `WrongAnswer`."""
        async with aiohttp.ClientSession(headers=self.wrk.headers) as session:
            for row, label in zip(self.sample.rows, self.sample.labels, strict=True):
                question = json.dumps(self.dialect.question(row))
                async with session.post(self.wrk.url, data=question) as response:
                    text = await response.text()
                if not response.ok or self.dialect.labels(json.loads(text)) != [label]:
                    raise WrongAnswer(f"{self.name}: {text} instead of {label}")
        return len(self.sample.rows)

    async def counted(self) -> int | None:
        """How many calls the server's own statistics show, where it keeps any."""
        if self.statistics_url is None:
            return None
        async with (
            aiohttp.ClientSession(headers=self.wrk.headers, raise_for_status=True) as session,
            session.get(self.statistics_url) as response,
        ):
            answer = await response.json()
        return answer["statistics"]["total_predictions"]
