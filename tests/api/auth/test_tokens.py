"""Access tokens: which ones are valid, and which are refused."""

from __future__ import annotations

import time
from dataclasses import replace
from uuid import uuid4

import jwt
import pytest

from api.app import create_app
from api.auth.tokens import CLOCK_SKEW_S, LIFETIME_S_MAX, VERIFIED_MAX, AccessTokens
from api.dependencies import Dependencies
from domain.errors import Unauthenticated
from mlplatform.server.keys import load_keys
from mlplatform.settings import Settings
from tests.api.api_client import API, PASSWORD, Client, Person, problem, served
from tests.api.auth.token_requests import verified
from tests.api.forged_tokens import ATTACKS, VALID_ALONE, Forger, kid_of

KEY, OLD_KEY = "k" * 40, "o" * 40
USER, SESSION = uuid4(), uuid4()


def tokens() -> AccessTokens:
    return AccessTokens([KEY, OLD_KEY], lifetime_s=1_800)


async def test_a_token_identifies_its_user_and_session() -> None:
    issuer = tokens()
    claims = await verified(issuer, issuer.issue(user_id=USER, session_id=SESSION))

    assert (claims.user_id, claims.session_id) == (USER, SESSION)
    assert claims.expires_at - time.time() == pytest.approx(1_800, abs=2)


async def test_a_token_of_the_previous_key_is_valid_until_that_key_is_removed() -> None:
    token = AccessTokens([OLD_KEY], lifetime_s=60).issue(user_id=USER, session_id=SESSION)

    assert (await verified(tokens(), token)).user_id == USER
    with pytest.raises(Unauthenticated):
        await verified(AccessTokens([KEY], lifetime_s=60), token)


async def test_a_cached_token_expires_too(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = AccessTokens([KEY], lifetime_s=60)
    token = issuer.issue(user_id=USER, session_id=SESSION)
    await verified(issuer, token)

    expires_at = jwt.decode(token, options={"verify_signature": False})["exp"]
    monkeypatch.setattr(time, "time", lambda: expires_at)
    with pytest.raises(Unauthenticated, match="expired"):
        await verified(issuer, token)


async def test_the_number_of_cached_tokens_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.tokens.VERIFIED_MAX", 3)
    issuer = tokens()
    issued = [issuer.issue(user_id=USER, session_id=SESSION) for _ in range(5)]

    for token in issued * 2:
        assert (await verified(issuer, token)).user_id == USER
    assert VERIFIED_MAX > 3


async def test_the_unchanged_token_of_the_forger_is_valid() -> None:
    forger = Forger(KEY, USER, SESSION)

    assert (await verified(tokens(), forger.token())).user_id == USER


@pytest.mark.parametrize("attack", sorted(ATTACKS.keys() - VALID_ALONE))
async def test_a_forged_token_is_refused(attack: str) -> None:
    token = ATTACKS[attack](Forger(KEY, USER, SESSION))

    with pytest.raises(Unauthenticated):
        await verified(tokens(), token)


@pytest.mark.parametrize("token", ["", "a" * 100_000, ".".join(["a" * 50_000] * 3), "\0", "..."])
async def test_text_that_is_not_a_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verified(tokens(), token)


async def test_a_token_must_be_signed_with_the_key_that_it_names() -> None:
    old, new = Forger(OLD_KEY, USER, SESSION), Forger(KEY, USER, SESSION)
    for forger, key in ((old, KEY), (new, OLD_KEY)):
        with pytest.raises(Unauthenticated):
            await verified(tokens(), forger.token(key=key))


@pytest.mark.parametrize("ahead_s", [-600, -CLOCK_SKEW_S, 0, CLOCK_SKEW_S])
async def test_a_token_of_a_machine_whose_clock_is_slightly_ahead_is_valid(
    monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    clock = time.time
    with monkeypatch.context() as patch:
        patch.setattr("api.auth.tokens.time.time", lambda: clock() + ahead_s)
        token = tokens().issue(user_id=USER, session_id=SESSION)

    assert (await verified(tokens(), token)).user_id == USER


async def test_a_token_with_the_longest_lifetime_is_valid() -> None:
    issuer = AccessTokens([KEY], lifetime_s=LIFETIME_S_MAX)

    assert (await verified(issuer, issuer.issue(user_id=USER, session_id=SESSION))).user_id == USER


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Basic {}"],
        ["{}"],
        ["Bearer{}"],
        ["Bearer  {}"],
        ["Bearer {}, Bearer x"],
        ["Bearer {}", "Bearer {}"],
        ["Bearer {}x"],
        ["Bearer é.é.é"],
        ["Bearer"],
    ],
)
async def test_an_invalid_authorization_header_is_refused_with_a_challenge(
    alice: Person, values: list[str]
) -> None:
    token = alice.tokens["access_token"]
    headers = [("Authorization", value.format(token)) for value in values]

    response = await alice.client.get(f"{API}/auth/me", headers=headers)

    await problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="mlplatform"')


async def test_the_scheme_may_be_written_in_any_case(alice: Person) -> None:
    headers = {"Authorization": f"bEaReR {alice.tokens['access_token']}"}

    assert (await alice.client.get(f"{API}/auth/me", headers=headers)).status == 200


async def test_a_token_for_a_session_of_another_user_is_refused(
    client: Client, alice: Person, bob: Person, platform_tokens: AccessTokens
) -> None:
    theirs = await verified(platform_tokens, bob.tokens["access_token"])
    ours = await verified(platform_tokens, alice.tokens["access_token"])
    for user, session in ((ours.user_id, theirs.session_id), (uuid4(), ours.session_id)):
        token = platform_tokens.issue(user_id=user, session_id=session)
        headers = {"Authorization": f"Bearer {token}"}
        await problem(await client.get(f"{API}/auth/me", headers=headers), 401)


async def test_signing_keys_are_rotated_without_signing_anybody_out(
    dependencies: Dependencies, settings: Settings, alice: Person
) -> None:
    former = load_keys(settings).secret_key
    new = "n" * 40
    body = {"username": alice.user["username"], "password": PASSWORD}
    key_lists = {"rotated": [new, former], "after": [new]}
    seen: dict[str, list[int]] = {}
    for name, keys in key_lists.items():
        app = create_app(replace(dependencies, tokens=AccessTokens(keys, lifetime_s=60)))
        async with served(app) as client:
            login = await client.post(f"{API}/auth/login", json=body)
            fresh = (await login.json())["access_token"]
            assert kid_of(fresh) != kid_of(alice.tokens["access_token"])
            seen[name] = [
                (
                    await client.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {token}"})
                ).status
                for token in (alice.tokens["access_token"], fresh)
            ]

    assert seen == {"rotated": [200, 200], "after": [401, 200]}
