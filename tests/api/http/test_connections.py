"""Requests that no client library would send: each gets a response of ours, or is disconnected."""

from __future__ import annotations

import json

import pytest

from api.http.connections import ConnectionServer
from api.http.responses import PROTECTION
from tests.api.api_client import API, Client, Person, problem
from tests.api.raw_connection import HOST, connected, send_raw

REQUESTS: dict[str, tuple[bytes, int]] = {
    "noise": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "one word": (b"hello\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400),
    "HTTP/2 without negotiation": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "two lengths": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        400,
    ),
    "a length and chunked coding": (
        b"POST / HTTP/1.1\r\n"
        + HOST
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a coding after chunked": (
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a negative length": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    "a length with a sign": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +1\r\n\r\nx", 400),
    "a space in a header name": (b"GET / HTTP/1.1\r\n" + HOST + b"A b: c\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\x00c\r\n\r\n", 400),
    "a lone carriage return in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rc\r\n\r\n", 400),
    "a long first line": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    "a long header": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 20_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 5_000 + b"\r\n", 400),
    "an invalid chunk size": (
        f"POST {API}/auth/login HTTP/1.1\r\n".encode()
        + HOST
        + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"zz\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "TRACE": (b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "CONNECT": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "an unknown expectation": (
        b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\nContent-Length: 0\r\n\r\n",
        417,
    ),
    "the URL of another host": (b"GET http://evil.example/x HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "another protocol": (
        b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        200,
    ),
    "a broken path": (b"GET /%zz/%00/..%2f..%2fetc HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "a preflight with non-ASCII bytes": (
        b"OPTIONS /health HTTP/1.1\r\n"
        + HOST
        + b"Origin: https://page.example\r\nAccess-Control-Request-Method: GET\r\n"
        + b"Access-Control-Request-Headers: \xff\r\n\r\n",
        400,
    ),
    "a path with non-ASCII bytes": (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 400),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_odd_request_gets_a_protected_response(client: Client, name: str) -> None:
    raw, expected = REQUESTS[name]

    status, headers, body = await send_raw(client, raw)

    assert status == expected, body
    for header, value in PROTECTION.items():
        assert headers[header] == value
    assert len(headers["X-Request-ID"]) == 32
    if expected >= 400:
        assert headers["Content-Type"] == "application/problem+json"
        result = json.loads(body)
        assert result["status"] == status
        assert result["request_id"] == headers["X-Request-ID"]
    assert (await client.get("/health")).status == 200


async def test_what_was_sent_is_not_repeated(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "mlp_0123456789abcdef_a-secret"
    for lines in (f"GET / HTTP/1.1\r\nAuthorization {secret}", f"{secret} / HTTP/1.1"):
        _, headers, body = await send_raw(client, f"{lines}\r\n\r\n".encode())
        assert secret not in f"{headers}{body}"
    output = capfd.readouterr()
    assert "no_request" in output.err + output.out
    assert secret not in output.err + output.out
    assert "Traceback" not in output.err + output.out


async def test_pipelined_requests_are_answered_in_order(client: Client) -> None:
    found = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
    missing = b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n"
    async with connected(client) as socket:
        socket.writer.write(found + missing + found)
        statuses = [(await socket.read_response())[0] for _ in range(3)]
    assert statuses == [200, 404, 200]


@pytest.mark.parametrize(
    "upgrade",
    [
        b"GET /health HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
        b"GET /health HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\n",
    ],
)
async def test_bytes_after_an_upgrade_request_are_not_read(client: Client, upgrade: bytes) -> None:
    async with connected(client) as socket:
        socket.writer.write(upgrade + HOST + b"\r\n" + b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
        _, headers, _ = await socket.read_response()
        assert headers["Connection"] == "close"
        assert await socket.rest() == b""


async def test_head_returns_only_the_headers_of_get(client: Client, alice: Person) -> None:
    for path in ("/health", "/openapi.json", f"{API}/models", f"{API}/auth/me", "/docs"):
        got = await client.get(path, headers=alice.headers)
        head = await client.head(path, headers=alice.headers)
        assert (head.status, await head.read()) == (got.status, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        if path != "/health":  # Its content varies.
            assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert (await client.head(f"{API}/models")).status == 401
    await problem(await client.delete("/health"), 405)


async def test_a_client_that_expects_100_continue_gets_it(client: Client) -> None:
    async with connected(client) as socket:
        body = b'{"username": "nobody", "password": "nothing"}'
        socket.writer.write(
            f"POST {API}/auth/login HTTP/1.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n".encode()
            + HOST
            + b"\r\n"
        )
        assert await socket.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        socket.writer.write(body)
        assert (await socket.read_response())[0] == 401


def test_connections_are_made_by_our_connection_server(client: Client) -> None:
    assert isinstance(client.server.handler, ConnectionServer)
