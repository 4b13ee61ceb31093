"""A served platform, all of whose words are kept: answers, logs, files, events."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from storage.embedded.server import RunningDsns, running_dsns
from storage.postgres.pool import connect

PATIENCE_S = 120.0
API = "/api/v1"
JSON = {"Content-Type": "application/json"}
UNLIMITED = {
    "RATE_LIMIT_PER_MINUTE": "0",
    "RATE_LIMIT_USER_PER_MINUTE": "0",
    "RATE_LIMIT_PREDICT_PER_MINUTE": "0",
    "LOGIN_WAIT_S_MAX": "0",
    "PASSWORD_HASH_COST": "4",
    "LOG_LEVEL": "debug",
    "LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class Answer:
    """What came back, and all of it as bytes."""

    status: int
    raw: bytes
    body: Any


@dataclass(repr=False)
class Watched:
    """A platform, and everything that must not be found in what it says."""

    data_dir: Path
    port: int
    secrets: dict[str, str]
    """By what they are; none of them may be anywhere but where it was given."""
    answers: list[Answer] = field(default_factory=list[Answer])

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request; bytes are sent as they are, all else as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, sent, {**(JSON if sent else {}), **headers})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        raw = str(answer.getheaders()).encode() + text
        is_json = "json" in (answer.getheader("Content-Type") or "")
        self.answers.append(Answer(answer.status, raw, json.loads(text) if is_json else text))
        return self.answers[-1]

    def send_raw(self, request: bytes) -> None:
        """Send bytes that need not be HTTP; what matters is what is logged of them."""
        with (
            suppress(ConnectionResetError),
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection,
        ):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass

    @property
    def dsns(self) -> RunningDsns:
        """How its database is reached."""
        dsns = running_dsns(self.data_dir)
        assert dsns is not None
        return dsns

    def as_owner(self, *statements: str) -> list[Any]:
        """Run statements as the owner of the database, and give the rows of the last."""
        return asyncio.run(_run(self.dsns.owner, statements))

    def said(self) -> dict[str, bytes]:
        """Everything that the platform has written or answered to whom it was not for."""
        refused = b"\n".join(answer.raw for answer in self.answers if answer.status >= 400)
        files = {name: (self.data_dir / name).read_bytes() for name in ("out", "postgres.log")}
        metrics = self.call("GET", "/metrics", headers=self.metrics_token).raw
        return {"answers that refuse": refused, "metrics": metrics, **files}

    @property
    def metrics_token(self) -> dict[str, str]:
        """What shows that somebody may read the figures."""
        return {"Authorization": f"Bearer {self.secrets['METRICS_TOKEN']}"}

    def events(self) -> bytes:
        """Every byte of the table of events."""
        return repr(self.as_owner("SELECT to_jsonb(e)::text, e::text FROM events e")).encode()


async def _run(dsn: str, statements: Iterable[str]) -> list[Any]:
    connection = await connect(dsn)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


def found(secrets: Mapping[str, str], place: bytes) -> list[str]:
    """Which secrets a place shows, plainly or in a form that says the same."""
    lowered = place.lower()
    return [name for name, text in secrets.items() if any(each in lowered for each in _forms(text))]


def _forms(text: str) -> Iterable[bytes]:
    raw = text.encode()
    yield raw.lower()
    yield raw.hex().encode()
    yield json.dumps(text)[1:-1].lower().encode()
    for before in range(3):  # how it comes out of base64 depends on where it stands
        inner = b64encode(bytes(before) + raw).rstrip(b"=")
        yield inner[4 if before else 0 : -1].lower()


@contextmanager
def watched(data_dir: Path, **env: str) -> Generator[Watched]:
    """Serve a platform whose keys are known, with all that it writes in a file."""
    names = ("SECRET_KEY", "SECRET_KEY_PREVIOUS", "PASSWORD_PEPPER", "IDENTITY_KEY", "SEALING_KEY")
    secrets = {name: f"{uuid4().hex}{uuid4().hex}" for name in names}
    secrets["METRICS_TOKEN"] = uuid4().hex
    with (
        (data_dir / "out").open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "mlplatform", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
            cwd=data_dir,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[1]),
                "DATA_DIR": str(data_dir),
                **UNLIMITED,
                **secrets,
                **env,
            },
        ) as process,
    ):
        try:
            assert process.stdout is not None
            port = next(
                int(line.rpartition(":")[2]) for line in process.stdout if "listening on" in line
            )
            platform = Watched(data_dir, port, secrets)
            dsns = platform.dsns
            for name, dsn in (("owner", dsns.owner), ("platform", dsns.platform)):
                secrets[f"password of the {name}"] = dsn.partition("@")[0].rpartition(":")[2]
            yield platform
        finally:
            process.kill()
