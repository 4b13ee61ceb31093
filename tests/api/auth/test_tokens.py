"""Access tokens: what is taken for one, and what is not."""

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
from tests.api.forged_tokens import ATTACKS, BESIDE_THE_TOKEN, Forger, kid_of

KEY, OLD_KEY = "k" * 40, "o" * 40
USER, SESSION = uuid4(), uuid4()


def tokens() -> AccessTokens:
    return AccessTokens([KEY, OLD_KEY], lifetime_s=1_800)


async def test_a_token_says_who_it_was_issued_for() -> None:
    ring = tokens()
    claims = await verified(ring, ring.issue(user_id=USER, session_id=SESSION))

    assert (claims.user_id, claims.session_id) == (USER, SESSION)
    assert claims.expires_at - time.time() == pytest.approx(1_800, abs=2)


async def test_a_token_of_the_previous_key_is_good_until_that_key_is_gone() -> None:
    token = AccessTokens([OLD_KEY], lifetime_s=60).issue(user_id=USER, session_id=SESSION)

    assert (await verified(tokens(), token)).user_id == USER
    with pytest.raises(Unauthenticated):
        await verified(AccessTokens([KEY], lifetime_s=60), token)


async def test_a_token_that_was_verified_expires_all_the_same() -> None:
    ring = AccessTokens([KEY], lifetime_s=1)
    token = ring.issue(user_id=USER, session_id=SESSION)
    await verified(ring, token)

    while time.time() < (jwt.decode(token, options={"verify_signature": False}))["exp"]:
        time.sleep(0.05)  # noqa: ASYNC251 — nothing else runs here

    with pytest.raises(Unauthenticated, match="expired"):
        await verified(ring, token)


async def test_as_many_tokens_are_remembered_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.tokens.VERIFIED_MAX", 3)
    ring = tokens()
    issued = [ring.issue(user_id=USER, session_id=SESSION) for _ in range(5)]

    for token in issued * 2:
        assert (await verified(ring, token)).user_id == USER
    assert VERIFIED_MAX > 3


async def test_a_good_token_as_attackers_would_begin_with_is_taken() -> None:
    forger = Forger(KEY, USER, SESSION)

    assert (await verified(tokens(), forger.token())).user_id == USER


@pytest.mark.parametrize("attack", sorted(ATTACKS.keys() - BESIDE_THE_TOKEN))
async def test_what_is_no_token_of_ours_is_refused(attack: str) -> None:
    token = ATTACKS[attack](Forger(KEY, USER, SESSION))

    with pytest.raises(Unauthenticated):
        await verified(tokens(), token)


@pytest.mark.parametrize("token", ["", "a" * 100_000, ".".join(["a" * 50_000] * 3), "\0", "..."])
async def test_what_is_far_from_a_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verified(tokens(), token)


async def test_a_key_does_not_sign_for_another() -> None:
    old, new = Forger(OLD_KEY, USER, SESSION), Forger(KEY, USER, SESSION)
    for forger, key in ((old, KEY), (new, OLD_KEY)):
        with pytest.raises(Unauthenticated):
            await verified(tokens(), forger.token(key=key))


@pytest.mark.parametrize("ahead_s", [-600, -CLOCK_SKEW_S, 0, CLOCK_SKEW_S])
async def test_a_token_of_a_machine_whose_clock_is_a_little_ahead_is_taken(
    monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    clock = time.time
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("api.auth.tokens.time.time", lambda: clock() + ahead_s)
        token = tokens().issue(user_id=USER, session_id=SESSION)

    assert (await verified(tokens(), token)).user_id == USER


async def test_the_longest_life_that_can_be_set_is_taken() -> None:
    ring = AccessTokens([KEY], lifetime_s=LIFETIME_S_MAX)

    assert (await verified(ring, ring.issue(user_id=USER, session_id=SESSION))).user_id == USER


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
async def test_a_header_that_is_none_is_refused_with_a_challenge(
    alice: Person, values: list[str]
) -> None:
    token = alice.tokens["access_token"]
    headers = [("Authorization", value.format(token)) for value in values]

    answer = await alice.client.get(f"{API}/auth/me", headers=headers)

    await problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="mlplatform"')


async def test_the_scheme_may_be_written_in_any_case(alice: Person) -> None:
    headers = {"Authorization": f"bEaReR {alice.tokens['access_token']}"}

    assert (await alice.client.get(f"{API}/auth/me", headers=headers)).status == 200


async def test_a_token_for_a_session_that_is_not_its_users_is_refused(
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
    rings = {"rotated": [new, former], "afterwards": [new]}
    seen: dict[str, list[int]] = {}
    for name, ring in rings.items():
        app = create_app(replace(dependencies, tokens=AccessTokens(ring, lifetime_s=60)))
        async with served(app) as client:
            login = await client.post(f"{API}/auth/login", json=body)
            fresh = (await login.json())["access_token"]
            assert kid_of(fresh) != kid_of(alice.tokens["access_token"])
            seen[name] = [
                (
                    await client.get(f"{API}/auth/me", headers={"Authorization": f"Bearer {t}"})
                ).status
                for t in (alice.tokens["access_token"], fresh)
            ]

    assert seen == {"rotated": [200, 200], "afterwards": [401, 200]}
