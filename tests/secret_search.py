"""A running platform whose responses, logs, files and events are searched for secrets."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from base64 import b64encode
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from storage.embedded.server import RunningDsns, running_dsns
from storage.postgres.pool import connect
from tests.platform_process import serving

TIMEOUT_S = 120.0
API = "/api/v1"
JSON = {"Content-Type": "application/json"}
SETTINGS = {"LOG_LEVEL": "debug", "LOG_FORMAT": "json"}


@dataclass(frozen=True)
class Response:
    """A response: parsed, and headers and body as bytes."""

    status: int
    raw: bytes
    body: Any


@dataclass(repr=False)
class SearchedPlatform:
    """A platform and its secrets, which must not appear anywhere."""

    data_dir: Path
    port: int
    secrets: dict[str, str]
    """By name."""
    responses: list[Response] = field(default_factory=list[Response])

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}
    ) -> Response:
        """Send a request; a body that is not bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, sent, {**(JSON if sent else {}), **headers})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        raw = str(response.getheaders()).encode() + text
        is_json = "json" in (response.getheader("Content-Type") or "")
        self.responses.append(Response(response.status, raw, json.loads(text) if is_json else text))
        return self.responses[-1]

    def send_raw(self, request: bytes) -> None:
        """Send bytes that may not be HTTP; the response is ignored."""
        with (
            suppress(ConnectionResetError),
            socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S) as connection,
        ):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass

    @property
    def dsns(self) -> RunningDsns:
        """The URLs of its database."""
        dsns = running_dsns(self.data_dir)
        assert dsns is not None
        return dsns

    def as_owner(self, *statements: str) -> list[Any]:
        """Run statements as the owner of the database; returns the rows of the last one."""
        return asyncio.run(_run(self.dsns.owner, statements))

    def outputs(self) -> dict[str, bytes]:
        """Logs, metrics, and error responses, by name."""
        refused = b"\n".join(response.raw for response in self.responses if response.status >= 400)
        files = {name: (self.data_dir / name).read_bytes() for name in ("out", "postgres.log")}
        metrics = self.call("GET", "/metrics", headers=self.metrics_token).raw
        return {"error responses": refused, "metrics": metrics, **files}

    @property
    def metrics_token(self) -> dict[str, str]:
        """The header that authorizes reading the metrics."""
        return {"Authorization": f"Bearer {self.secrets['METRICS_TOKEN']}"}

    def events(self) -> bytes:
        """The content of the table of events."""
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


def find_secrets(secrets: Mapping[str, str], output: bytes) -> list[str]:
    """The secrets that appear in an output, as text or encoded."""
    lowered = output.lower()
    return [
        name for name, text in secrets.items() if any(each in lowered for each in _encodings(text))
    ]


def _encodings(text: str) -> Iterable[bytes]:
    raw = text.encode()
    yield raw.lower()
    yield raw.hex().encode()
    yield json.dumps(text)[1:-1].lower().encode()
    for before in range(3):  # base64 depends on the offset
        inner = b64encode(bytes(before) + raw).rstrip(b"=")
        yield inner[4 if before else 0 : -1].lower()


@contextmanager
def running_platform(data_dir: Path, **env: str) -> Generator[SearchedPlatform]:
    """Serve a platform with known keys, and its log in a file."""
    names = ("SECRET_KEY", "SECRET_KEY_PREVIOUS", "PASSWORD_PEPPER", "IDENTITY_KEY", "SEALING_KEY")
    secrets = {name: f"{uuid4().hex}{uuid4().hex}" for name in names}
    secrets["METRICS_TOKEN"] = uuid4().hex
    with (
        (data_dir / "out").open("wb") as out,
        serving(data_dir, stderr=out, **SETTINGS, **secrets, **env) as process,
    ):
        platform = SearchedPlatform(data_dir, int(process.url.rpartition(":")[2]), secrets)
        dsns = platform.dsns
        for name, dsn in (("owner", dsns.owner), ("platform", dsns.platform)):
            secrets[f"password of the {name}"] = dsn.partition("@")[0].rpartition(":")[2]
        yield platform
