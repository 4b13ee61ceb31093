"""Access tokens: what is taken for one, and what is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api.tokens import AUDIENCE, ISSUER, LIFETIME_S_MAX, VERIFIED_MAX, AccessTokens
from domain.errors import Unauthenticated
from tests.api.people import API, Client, Person, problem

KEY, OLD_KEY, FOREIGN_KEY = "k" * 40, "o" * 40, "f" * 40
USER, SESSION = uuid4(), uuid4()


def tokens() -> AccessTokens:
    return AccessTokens([KEY, OLD_KEY], lifetime_s=1_800)


def header(**changed: Any) -> dict[str, Any]:
    kid = jwt.get_unverified_header(tokens().issue(user_id=USER, session_id=SESSION))["kid"]
    members: dict[str, Any] = {"alg": "HS256", "typ": "at+jwt", "kid": kid} | changed
    return {name: value for name, value in members.items() if value is not ...}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    members = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(USER),
        "sid": str(SESSION),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + 60,
    } | changed
    return {name: value for name, value in members.items() if value is not ...}


def signed(head: object, payload: object, key: str = KEY) -> str:
    text = f"{_encoded(head)}.{_encoded(payload)}"
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_a_token_says_who_it_was_issued_for() -> None:
    ring = tokens()
    verified = await ring.verify(ring.issue(user_id=USER, session_id=SESSION))

    assert (verified.user_id, verified.session_id) == (USER, SESSION)
    assert verified.expires_at - time.time() == pytest.approx(1_800, abs=2)


async def test_a_token_of_the_previous_key_is_good_until_that_key_is_gone() -> None:
    token = AccessTokens([OLD_KEY], lifetime_s=60).issue(user_id=USER, session_id=SESSION)

    assert (await tokens().verify(token)).user_id == USER
    with pytest.raises(Unauthenticated):
        await AccessTokens([KEY], lifetime_s=60).verify(token)


async def test_a_token_that_was_verified_expires_all_the_same() -> None:
    ring = AccessTokens([KEY], lifetime_s=1)
    token = ring.issue(user_id=USER, session_id=SESSION)
    await ring.verify(token)

    while time.time() < (jwt.decode(token, options={"verify_signature": False}))["exp"]:
        time.sleep(0.05)  # noqa: ASYNC251 — nothing else runs here

    with pytest.raises(Unauthenticated, match="expired"):
        await ring.verify(token)


async def test_as_many_tokens_are_remembered_as_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.tokens.VERIFIED_MAX", 3)
    ring = tokens()
    issued = [ring.issue(user_id=USER, session_id=SESSION) for _ in range(5)]

    for token in issued * 2:
        assert (await ring.verify(token)).user_id == USER
    assert VERIFIED_MAX > 3


REFUSED: dict[str, str] = {
    "no token at all": "",
    "no JWT": "a.b.c",
    "too long": "a" * 7_000,
    "two parts": "aa.bb",
    "not ASCII": "é" * 10 + ".aa.bb",
    "a signature of another key": signed(header(), claims(), FOREIGN_KEY),
    "a signature of the other key": signed(header(), claims(), OLD_KEY),
    "no signature": signed(header(), claims()).rpartition(".")[0] + ".",
    "algorithm none": signed(header(alg="none"), claims()),
    "another algorithm": signed(header(alg="HS384"), claims()),
    "another type": signed(header(typ="JWT"), claims()),
    "no type": signed(header(typ=...), claims()),
    "an unknown key": signed(header(kid="0" * 16), claims()),
    "a path for a key": signed(header(kid="../../dev/null"), claims()),
    "a number for a key": signed(header(kid=1), claims()),
    "no key": signed(header(kid=...), claims()),
    "a key of its own": signed(header(jwk={"k": "x"}), claims()),
    "a link to a key": signed(header(jku="http://example.org"), claims()),
    "a critical member": signed(header(crit=["a\r\nb"], **{"a\r\nb": 1}), claims()),
    "a header that is a list": signed([1], claims()),
    "a payload that is a list": signed(header(), [1]),
    "a payload that is a text": signed(header(), "x"),
    "expired": signed(header(), claims(exp=int(time.time()) - 1)),
    "no end": signed(header(), claims(exp=...)),
    "an end beyond all": signed(header(), claims(exp=1e308)),
    "an end that is a text": signed(header(), claims(exp="soon")),
    "an end that is true": signed(header(), claims(exp=True)),
    "too long a life": signed(header(), claims(exp=int(time.time()) + LIFETIME_S_MAX + 60)),
    "from the future": signed(
        header(), claims(iat=int(time.time()) + 600, exp=int(time.time()) + 660)
    ),
    "no start": signed(header(), claims(iat=...)),
    "no user": signed(header(), claims(sub=...)),
    "a number for a user": signed(header(), claims(sub=5)),
    "a user that is none": signed(header(), claims(sub="admin")),
    "no session": signed(header(), claims(sid=...)),
    "no id": signed(header(), claims(jti=...)),
    "another issuer": signed(header(), claims(iss="somebody")),
    "no issuer": signed(header(), claims(iss=...)),
    "another audience": signed(header(), claims(aud="mlplatform:refresh")),
    "several audiences": signed(header(), claims(aud=[AUDIENCE, "others"])),
    "no audience": signed(header(), claims(aud=...)),
    "a claim more": signed(header(), claims(is_admin=True)),
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        await tokens().verify(token)


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
    theirs = await platform_tokens.verify(bob.tokens["access_token"])
    ours = await platform_tokens.verify(alice.tokens["access_token"])
    for user, session in ((ours.user_id, theirs.session_id), (uuid4(), ours.session_id)):
        token = platform_tokens.issue(user_id=user, session_id=session)
        headers = {"Authorization": f"Bearer {token}"}
        await problem(await client.get(f"{API}/auth/me", headers=headers), 401)
