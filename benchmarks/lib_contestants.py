"""A running server with one model: how it is called, its expected responses, its records."""

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


class WrongResult(Exception):
    """A server returned, or recorded, another result than that of the model."""


@dataclass(frozen=True)
class Sample:
    """Rows, and the label that the model itself predicts for each."""

    rows: list[list[float]]
    labels: list[int]

    @classmethod
    def read(cls, path: Path) -> Sample:
        """Read the file of `lib_train.py`."""
        return cls(**json.loads(path.read_text()))

    def labels_of(self, rows: list[list[float]]) -> list[int]:
        """The expected labels of a call."""
        return [self.labels[self.rows.index(row)] for row in rows]


@dataclass(frozen=True)
class Dialect:
    """How a server is called for a row, and where in its response the labels are."""

    body: Callable[[list[float]], object]
    labels: Callable[[Any], object]


@dataclass(frozen=True)
class Case:
    """What a server is started with; it may store files in the folder, and use a database."""

    folder: Path
    dsn: str
    model: str
    sample: Sample

    @property
    def model_path(self) -> Path:
        """The path of the model file."""
        return self.folder / f"{self.model}.joblib"

    @property
    def model_bytes(self) -> bytes:
        """The content of the model file."""
        return self.model_path.read_bytes()


@dataclass(frozen=True)
class Record:
    """Where a server records its calls: (inputs, outputs, count)."""

    dsn: str
    sql: str
    key: str

    async def calls(self, sample: Sample) -> int:
        """How many calls are recorded; raises `WrongResult` if one has other outputs."""
        connection = await connect(self.dsn)
        try:
            records = await connection.fetch(self.sql, self.key)
        finally:
            await connection.close()
        for inputs, outputs, _ in records:
            if json.loads(outputs) != sample.labels_of(json.loads(inputs)):
                raise WrongResult(f"recorded {outputs} for {inputs}")
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
    """The server's own statistics, if it has any."""
    polls: bool = False
    """Whether it uses the processor while idle, so that it is paused while others are measured."""

    @classmethod
    def prepare(
        cls, name: str, case: Case, server: Server, url: str, dialect: Dialect, token: str = ""
    ) -> Contestant:
        """Prepare wrk to send each row in turn."""
        bodies = [json.dumps(dialect.body(row)) for row in case.sample.rows]
        wrk = Wrk.prepare(case.folder, f"{name}-{case.model}", url, token, bodies)
        return cls(name, server, wrk, case.sample, dialect)

    @contextmanager
    def on_turn(self) -> Generator[None]:
        """Let the server run within the context."""
        if self.polls:
            self.server.resume()
        try:
            yield
        finally:
            if self.polls:
                self.server.pause()

    async def check_results(self) -> int:
        """Predict each row once, and return their number; raises `WrongResult`."""
        async with aiohttp.ClientSession(headers=self.wrk.headers) as session:
            for row, label in zip(self.sample.rows, self.sample.labels, strict=True):
                body = json.dumps(self.dialect.body(row))
                async with session.post(self.wrk.url, data=body) as response:
                    text = await response.text()
                if not response.ok or self.dialect.labels(json.loads(text)) != [label]:
                    raise WrongResult(f"{self.name}: {text} instead of {label}")
        return len(self.sample.rows)

    async def counted(self) -> int | None:
        """How many calls the server's own statistics show, if it has any."""
        if self.statistics_url is None:
            return None
        async with (
            aiohttp.ClientSession(headers=self.wrk.headers, raise_for_status=True) as session,
            session.get(self.statistics_url) as response,
        ):
            result = await response.json()
        return result["statistics"]["total_predictions"]
