"""API keys that are forged, malformed or revoked in another process: each is refused."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.auth.authenticator import ApiKeyVerifier
from api.dependencies import Dependencies
from domain.api_key import ApiKey, key_text, new_secret
from domain.errors import Unauthenticated
from tests.api.api_client import API, Person, key_headers, list_models, new_api_key, problem


async def test_the_secret_of_another_key_is_refused(alice: Person, bob: Person) -> None:
    key, other, theirs = await new_api_key(alice), await new_api_key(alice), await new_api_key(bob)
    assert (await list_models(alice.client, key_headers(key))).status == 200
    for one in (other, theirs):
        mixed = key["key"][:37] + one["key"][37:]
        await problem(await list_models(alice.client, {"X-API-Key": mixed}), 401)


FORGED: dict[str, Callable[[str, Person], Any]] = {
    "unknown": lambda _, __: {"X-API-Key": key_text(uuid4(), new_secret())},
    "a user id instead of a key id": lambda key, person: {
        "X-API-Key": f"mlp_{UUID(person.user['id']).hex}_{key[37:]}"
    },
    "another secret": lambda key, _: {"X-API-Key": key[:37] + new_secret()},
    "truncated": lambda key, _: {"X-API-Key": key[:-1]},
    "an id and no secret": lambda key, _: {"X-API-Key": key[:37]},
    "the prefix": lambda _, __: {"X-API-Key": "mlp_"},
    "nothing": lambda _, __: {"X-API-Key": ""},
    "an additional character": lambda key, _: {"X-API-Key": key + "A"},
    "the id in upper case": lambda key, _: {"X-API-Key": key[:4] + key[4:36].upper() + key[36:]},
    "a letter outside of base64": lambda key, _: {"X-API-Key": key[:-1] + "é"},
    "very long": lambda key, _: {"X-API-Key": key * 50},
    "twice": lambda key, _: [("X-API-Key", key), ("X-API-Key", key)],
    "a token instead of a key": lambda _, person: {"X-API-Key": person.tokens["access_token"]},
    "another scheme": lambda key, _: {"Authorization": f"Basic {key}"},
    "no scheme": lambda key, _: {"Authorization": key},
    "two different keys": lambda key, _: {
        "X-API-Key": key,
        "Authorization": f"Bearer {key[:-4]}AAAA",
    },
    "beside an access token": lambda key, person: {"X-API-Key": key, **person.headers},
    "beside an incomplete header": lambda key, _: {"X-API-Key": key, "Authorization": "Bearer"},
    "a refresh token": lambda _, person: {"X-API-Key": person.tokens["refresh_token"]},
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_an_invalid_key_is_refused_with_a_challenge(
    alice: Person, forge: Callable[[str, Person], Any]
) -> None:
    key = (await new_api_key(alice))["key"]

    response = await list_models(alice.client, forge(key, alice))

    result = await problem(response, 401)
    assert (
        response.headers["WWW-Authenticate"] == 'Bearer realm="mlplatform", error="invalid_token"'
    )
    assert key[37:] not in str(result)
    assert (await list_models(alice.client, {"X-API-Key": key})).status == 200


async def test_a_key_with_one_changed_character_is_invalid(
    alice: Person, dependencies: Dependencies
) -> None:
    key = (await new_api_key(alice))["key"]
    keys = ApiKeyVerifier(dependencies.events)
    now = datetime.now(UTC)
    assert str((await keys.verify(key, now)).owner_id) == alice.user["id"]
    for index in range(len(key)):
        changed = key[:index] + ("1" if key[index] != "1" else "2") + key[index + 1 :]
        with pytest.raises(Unauthenticated):
            await keys.verify(changed, now)


async def test_keys_in_the_query_are_ignored(alice: Person) -> None:
    key = (await new_api_key(alice))["key"]
    for name in ("api_key", "X-API-Key", "access_token"):
        await problem(await alice.client.get(f"{API}/models", params={name: key}), 401)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["admin"]},
        {"scopes": "read"},
        {"scopes": ["read"] * 100},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2100-01-01T00:00:00Z"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"expires_at": "2027-01-01T00:00:00"},
        {"expires_at": 4_102_444_800},
        {"expires_at": "soon"},
        {"calls_per_minute": 0},
        {"calls_per_minute": -1},
        {"calls_per_minute": 10**30},
        {"calls_per_minute": "5"},
        {"calls_per_minute": True},
        {"secret": "mine"},
    ],
    ids=str,
)
async def test_a_key_with_an_invalid_field_is_refused(alice: Person, wrong: dict[str, Any]) -> None:
    body = {"name": "nightly", "scopes": ["read"]} | wrong

    await problem(await alice.post("/api-keys", json=body), 422)

    assert await (await alice.get("/api-keys")).json() == []


OTHER_PROCESS = """
import asyncio, sys, time
from datetime import UTC, datetime
from api.auth.authenticator import ApiKeyVerifier
from domain.errors import Unauthenticated
from storage.event_store.event_store import EventStore
from storage.postgres.pool import open_pool

async def main(dsn, key):
    async with open_pool(dsn) as pool, EventStore.open(dsn, pool, sealing_key=bytes(32)) as events:
        keys = ApiKeyVerifier(events)
        await keys.verify(key, datetime.now(UTC))
        print("valid", flush=True)
        try:
            while True:
                await keys.verify(key, datetime.now(UTC))
                await asyncio.sleep(0.001)
        except Unauthenticated as refusal:
            print(time.time(), refusal)

asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
"""


async def test_a_revoked_key_is_refused_at_once_in_another_process(
    alice: Person, dependencies: Dependencies
) -> None:
    key = await new_api_key(alice)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER_PROCESS, dependencies.dsn, stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{key['key']}\n".encode())
    line = await process.stdout.readline()
    assert line == b"valid\n"

    assert (await alice.request("DELETE", f"/api-keys/{key['id']}")).status == 204
    revoked_at = datetime.now(UTC).timestamp()
    [refused_at, *message] = (await process.stdout.readline()).decode().split()

    assert await process.wait() == 0
    assert " ".join(message) == "this API key was revoked"
    assert float(refused_at) - revoked_at < 0.5


async def test_the_number_of_cached_keys_is_limited(
    alice: Person, dependencies: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.authenticator.VERIFIED_KEYS_MAX", 2)
    compared: list[str] = []
    compare = ApiKey.check_secret

    def counted(key: ApiKey, digest: str) -> None:
        compared.append(digest)
        compare(key, digest)

    monkeypatch.setattr(ApiKey, "check_secret", counted)
    keys, now = ApiKeyVerifier(dependencies.events), datetime.now(UTC)
    first, second, third = [(await new_api_key(alice))["key"] for _ in range(3)]

    for key in (first, second, first, second, third, second, first):
        await keys.verify(key, now)

    assert len(compared) == 4
