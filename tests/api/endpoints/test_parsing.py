"""Invalid bodies, paths and queries: each gets a problem that names the error."""

from __future__ import annotations

import gzip
import io

import pytest

from tests.api.api_client import API, Client, Person, problem

JSON = {"Content-Type": "application/json"}
DEEP = b'{"input_data": ' + b"[" * 40_000 + b"]" * 40_000 + b"}"

UNREADABLE: dict[str, tuple[bytes, str]] = {
    "an empty body": (b"", "empty"),
    "white space": (b"  \n ", "empty"),
    "not JSON": (b"input_data=1", "not JSON"),
    "half an object": (b'{"input_data": [1,', "not JSON"),
    "two objects": (b"{} {}", "not JSON"),
    "NaN": (b'{"input_data": [NaN, 1, 2, 3]}', "not JSON"),
    "infinity": (b'{"input_data": [Infinity, 1, 2, 3]}', "not JSON"),
    "a leading zero": (b'{"input_data": [01, 1, 2, 3]}', "not JSON"),
    "a comment": (b'{"input_data": /* all */ []}', "not JSON"),
    "bad UTF-8": (b'{"input_data": ["\xff"]}', "UTF-8"),
    "UTF-16": ('{"input_data": [1]}'.encode("utf-16"), "not JSON"),
    "a byte order mark": (b'\xef\xbb\xbf{"input_data": [1]}', "not JSON"),
    "half a surrogate pair": (b'{"input_data": ["\\ud800"]}', "surrogate"),
    "the other half": (b'{"input_data": ["\\udc00 x"]}', "surrogate"),
    "deep nesting": (DEEP, "nested too deeply"),
}
INVALID: dict[str, tuple[bytes, str]] = {
    "a list": (b"[1, 2, 3, 4]", "array"),
    "a name twice": (b'{"input_data": [1], "input_data": [5, 3, 1, 0.2]}', "'input_data' is given"),
    "a name twice in a row": (b'{"input_data": {"a": 1, "b": 2, "a": 3}}', "'a' is given twice"),
    "a name twice in two spellings": (b'{"input_data": {"b": 1, "\\u0062" : 2}}', "'b' is given"),
    "a nested name twice": (
        b'{"input_data": [[{"a": ":", "c": {"d": [], "d": 1}}]]}',
        "'d' is given",
    ),
    "too many lists": (b'{"input_data": [' + b"[]," * 60_000 + b"[]]}", "50000 lists"),
    "null": (b"null", "null"),
    "a text": (b'"text"', "str"),
    "a number out of range": (b'{"input_data": [1e999, 1, 2, 3]}', "out of range"),
    "a hundred thousand digits": (b'{"input_data": [' + b"1" * 100_000 + b"]}", "out of range"),
    "the character U+0000": (b'{"input_data": ["\\u0000"]}', "U+0000"),
    "U+0000 in a name": (b'{"input_data": {"a\\u0000": 1}}', "U+0000"),
}


@pytest.mark.parametrize(("raw", "named"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_body_is_refused(
    alice: Person, iris: bytes, raw: bytes, named: str
) -> None:
    model = await alice.model(iris)
    for path in (f"/models/{model['id']}/predict", f"/models/{model['id']}/batch-predict"):
        result = await problem(await alice.post(path, data=raw, headers=JSON), 400)
        assert named in result["detail"]


@pytest.mark.parametrize(("raw", "named"), INVALID.values(), ids=INVALID)
async def test_an_invalid_body_is_refused(
    alice: Person, iris: bytes, raw: bytes, named: str
) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}/predict"
    result = await problem(await alice.post(path, data=raw, headers=JSON), 422)
    assert named in result["detail"]


async def test_an_escaped_backslash_before_u0000_is_not_a_nul(client: Client) -> None:
    raw = b'{"username": "nobody", "password": "a\\\\u0000b"}'
    await problem(await client.post(f"{API}/auth/login", data=raw, headers=JSON), 401)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=rot13",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "nonsense",
    ],
)
async def test_another_content_type_is_refused(alice: Person, iris: bytes, kind: str) -> None:
    model = await alice.model(iris)
    response = await alice.post(
        f"/models/{model['id']}/predict", data=b"{}", headers={"Content-Type": kind}
    )
    result = await problem(response, 415)
    assert "JSON" in result["detail"] or "json" in result["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json"])
async def test_a_json_content_type_may_have_a_charset_or_a_suffix(
    alice: Person, iris: bytes, kind: str
) -> None:
    model = await alice.model(iris)
    response = await alice.post(
        f"/models/{model['id']}/predict",
        data=b'{"input_data": [5, 3, 1, 0.2]}',
        headers={"Content-Type": kind},
    )
    assert response.status == 200


async def test_a_body_above_the_limit_is_refused(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    path = f"/models/{model['id']}/predict"
    large = b'{"input_data": [' + b"1," * 600_000 + b"1]}"

    await problem(await alice.post(path, data=io.BytesIO(large), headers=JSON), 413)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-gzip", "gzip, gzip", "nonsense"])
async def test_a_compressed_body_is_refused(alice: Person, iris: bytes, encoding: str) -> None:
    model = await alice.model(iris)
    bomb = gzip.compress(b'{"input_data": "' + b"a" * 20_000_000 + b'"}')
    packed = JSON | {"Content-Encoding": encoding}
    response = await alice.post(f"/models/{model['id']}/predict", data=bomb, headers=packed)
    await problem(response, 415)
    form = {"Content-Type": "multipart/form-data; boundary=x", "Content-Encoding": encoding}
    response = await alice.post("/models/upload?name=a", data=bomb, headers=form)
    await problem(response, 415)


async def test_the_content_encoding_identity_is_accepted(alice: Person, iris: bytes) -> None:
    model = await alice.model(iris)
    headers = JSON | {"Content-Encoding": "identity"}
    body = b'{"input_data": [5, 3, 1, 0.2]}'
    response = await alice.post(f"/models/{model['id']}/predict", data=body, headers=headers)
    assert response.status == 200


async def test_a_body_with_too_many_members_is_refused_at_once(client: Client) -> None:
    body = {f"member {number}": 1 for number in range(101)}
    result = await problem(await client.post(f"{API}/auth/login", json=body), 422)
    assert result["detail"] == "body: more than 100 members"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/models?skip=-1", "skip"),
        ("/models?skip=10001", "skip"),
        ("/models?limit=0", "limit"),
        ("/models?limit=1001", "limit"),
        ("/models?limit=ten", "limit"),
        ("/models?limit=1e3", "limit"),
        ("/models?before=5", "before"),
        ("/models/nonsense", "model_id"),
        ("/models/%00", "model_id"),
        ("/models/..%2f..%2fetc", "model_id"),
        ("/models?limit=1&limit=2", "limit"),
    ],
)
async def test_an_invalid_parameter_is_named(alice: Person, path: str, named: str) -> None:
    result = await problem(await alice.get(path), 422)

    assert named in result["detail"]
    assert named in result["errors"][0]["loc"]


async def test_every_error_in_a_body_is_listed(client: Client) -> None:
    body = {"username": 1, "email": 2, "colour": "crimson"}

    result = await problem(await client.post(f"{API}/auth/register", json=body), 422)

    places = {tuple(error["loc"]) for error in result["errors"]}
    assert places == {
        ("body", "username"),
        ("body", "email"),
        ("body", "password"),
        ("body", "colour"),
    }
    assert "crimson" not in result["detail"]
