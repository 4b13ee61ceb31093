"""Forged tokens: each is wrong in one respect, and signed with the real key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import jwt

from api.auth.tokens import ACCESS, CLOCK_SKEW_S, ISSUER, LIFETIME_S_MAX, AccessTokens

FOREIGN_KEY = "f" * 40
MISSING: Any = object()


@dataclass(frozen=True)
class Forger:
    """An attacker with a real key, and the user to impersonate."""

    key: str
    user: UUID
    session: UUID

    @property
    def issuer(self) -> AccessTokens:
        """Issues and verifies tokens with this key."""
        return AccessTokens([self.key], lifetime_s=1_800)

    def header(self, **changed: Any) -> dict[str, Any]:
        """A valid header with changes."""
        valid = self.issuer.issue(user_id=self.user, session_id=self.session)
        return _changed({"alg": "HS256", "typ": "at+jwt", "kid": kid_of(valid)}, changed)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Valid claims with changes."""
        now = int(time.time())
        valid = {
            "iss": ISSUER,
            "aud": ACCESS.audience,
            "sub": str(self.user),
            "sid": str(self.session),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + 60,
        }
        return _changed(valid, changed)

    def token(self, head: object = None, payload: object = None, *, key: str = "") -> str:
        """A token of this header and payload, valid by default; bytes are used unchanged."""
        parts = (self.header() if head is None else head, payload or self.claims())
        text = ".".join(_encoded(part) for part in parts)
        digest = hmac.new((key or self.key).encode(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def with_header(self, **changed: Any) -> str:
        """A valid token except for its header."""
        return self.token(self.header(**changed))

    def with_claims(self, **changed: Any) -> str:
        """A valid token except for its claims."""
        return self.token(None, self.claims(**changed))

    def with_text(self, old: bytes, new: bytes, *, in_header: bool) -> str:
        """A valid token whose JSON contains text that no encoder would write."""
        written = json.dumps(self.header() if in_header else self.claims()).encode()
        assert old in written
        written = written.replace(old, new, 1)
        return self.token(written) if in_header else self.token(None, written)


def kid_of(token: str) -> str:
    """The key that a token names."""
    return jwt.get_unverified_header(token)["kid"]


def _changed(valid: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (valid | changed).items() if value is not MISSING}


def _encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _now(after_s: float = 0) -> int:
    return int(time.time() + after_s)


Forge = Callable[[Forger], str]

ATTACKS: dict[str, Forge] = {
    # malformed tokens
    "no JWT": lambda f: "a.b.c",
    "one part": lambda f: f.token().partition(".")[0],
    "two parts": lambda f: f.token().rpartition(".")[0],
    "four parts": lambda f: f.token() + ".AAAA",
    "five parts, as if encrypted": lambda f: ".".join(["AAAA"] * 5),
    "not ASCII": lambda f: "é" + f.token(),
    "digits that are not ASCII": lambda f: "٣" + f.token(),
    "padded base64": lambda f: f.token() + "=",
    "the other alphabet of base64": lambda f: f.token()[:-2] + "+/",
    "a space at the end": lambda f: f.token() + " x",
    "6 kB": lambda f: f.token() + "a" * 6_000,
    "6 kB of claims": lambda f: f.with_claims(sub="a" * 4_500),
    # signatures
    "a signature of another key": lambda f: f.token(key=FOREIGN_KEY),
    "a signature cut short": lambda f: f.token()[:-4],
    "the signature of another token": lambda f: (
        f.token().rpartition(".")[0] + "." + f.token().rpartition(".")[2]
    ),
    "no signature": lambda f: f.token().rpartition(".")[0] + ".",
    "algorithm none, unsigned": lambda f: f.with_header(alg="none").rpartition(".")[0] + ".",
    "algorithm none, signed": lambda f: f.with_header(alg="none"),
    "algorithm nOnE": lambda f: f.with_header(alg="nOnE"),
    "algorithm RS256": lambda f: f.with_header(alg="RS256"),
    "algorithm ES256": lambda f: f.with_header(alg="ES256"),
    "algorithm HS384": lambda f: f.with_header(alg="HS384"),
    "algorithm HS512": lambda f: f.with_header(alg="HS512"),
    "algorithm in small letters": lambda f: f.with_header(alg="hs256"),
    "several algorithms": lambda f: f.with_header(alg=["HS256", "none"]),
    "no algorithm": lambda f: f.with_header(alg=MISSING),
    "the algorithm twice": lambda f: f.with_text(
        b'"alg": "HS256"', b'"alg": "HS256", "alg": "none"', in_header=True
    ),
    # headers
    "another type": lambda f: f.with_header(typ="JWT"),
    "a refresh token's type": lambda f: f.with_header(typ="rt+jwt"),
    "no type": lambda f: f.with_header(typ=MISSING),
    "an unknown key": lambda f: f.with_header(kid="0" * 16),
    "no key": lambda f: f.with_header(kid=MISSING),
    "a key that is null": lambda f: f.with_header(kid=None),
    "a number for a key": lambda f: f.with_header(kid=1),
    "a list for a key": lambda f: f.with_header(kid=[]),
    "a path for a key": lambda f: f.with_header(kid="../../../../dev/null"),
    "a query for a key": lambda f: f.with_header(kid="' UNION SELECT 'k"),
    "a key of its own": lambda f: f.with_header(jwk={"kty": "oct", "k": "Zg"}),
    "a link to a key": lambda f: f.with_header(jku="http://127.0.0.1/keys"),
    "a link to a certificate": lambda f: f.with_header(x5u="http://127.0.0.1/cert"),
    "a certificate": lambda f: f.with_header(x5c=["AAAA"]),
    "a critical member": lambda f: f.with_header(crit=["a\r\nb"], **{"a\r\nb": 1}),
    "a critical member that is ours": lambda f: f.with_header(crit=["exp"]),
    "an empty list of critical members": lambda f: f.with_header(crit=[]),
    "compressed claims": lambda f: f.with_header(zip="DEF"),
    "claims that are not encoded": lambda f: f.with_header(b64=False),
    "a token in a token": lambda f: f.with_header(cty="JWT"),
    "a header that is a list": lambda f: f.token([1]),
    "a header that is empty": lambda f: f.token({}),
    "a header that is no JSON": lambda f: f.token(b"{alg: HS256}"),
    "a header that is no UTF-8": lambda f: f.token(b'{"alg": "\xff"}'),
    "a header in UTF-16": lambda f: f.token(json.dumps(f.header()).encode("utf-16")),
    "a header of many levels": lambda f: f.token(b"[" * 300 + b"]" * 300),
    # claims
    "claims that are a list": lambda f: f.token(None, [1]),
    "claims that are a text": lambda f: f.token(None, "x"),
    "claims that are no JSON": lambda f: f.token(None, b"{sub: 1}"),
    "claims of many levels": lambda f: f.token(None, b"[" * 300 + b"]" * 300),
    "expired": lambda f: f.with_claims(iat=_now(-61), exp=_now(-1)),
    "expired in 1970": lambda f: f.with_claims(iat=0, exp=1),
    "no end": lambda f: f.with_claims(exp=MISSING),
    "an end that is null": lambda f: f.with_claims(exp=None),
    "an end beyond all": lambda f: f.with_claims(exp=1e308),
    "an end of 400 digits": lambda f: f.with_claims(exp=10**400),
    "an end that is infinite": lambda f: f.with_claims(exp=float("inf")),
    "an end that is no number": lambda f: f.with_claims(exp=float("nan")),
    "an end that is a text": lambda f: f.with_claims(exp="soon"),
    "an end that is digits": lambda f: f.with_claims(exp=str(_now(60))),
    "an end that is true": lambda f: f.with_claims(exp=True),
    "an end before its start": lambda f: f.with_claims(iat=_now(), exp=_now() - 1),
    "too long a life": lambda f: f.with_claims(exp=_now(LIFETIME_S_MAX + CLOCK_SKEW_S + 60)),
    "long since issued, still valid": lambda f: f.with_claims(iat=_now(-LIFETIME_S_MAX - 60)),
    "from the future": lambda f: f.with_claims(iat=_now(600), exp=_now(660)),
    "no start": lambda f: f.with_claims(iat=MISSING),
    "a start that is a text": lambda f: f.with_claims(iat="now"),
    "no user": lambda f: f.with_claims(sub=MISSING),
    "a number for a user": lambda f: f.with_claims(sub=5),
    "a user that is none": lambda f: f.with_claims(sub="admin"),
    "a user that does not exist": lambda f: f.with_claims(sub=str(uuid4())),
    "the session for a user": lambda f: f.with_claims(sub=str(f.session)),
    "half a character for a user": lambda f: f.with_text(
        str(f.user).encode(), b"\\ud800", in_header=False
    ),
    "no session": lambda f: f.with_claims(sid=MISSING),
    "a session that does not exist": lambda f: f.with_claims(sid=str(uuid4())),
    "the user for a session": lambda f: f.with_claims(sid=str(f.user)),
    "a list of sessions": lambda f: f.with_claims(sid=[str(f.session)]),
    "no id": lambda f: f.with_claims(jti=MISSING),
    "an id that is a number": lambda f: f.with_claims(jti=1),
    "another issuer": lambda f: f.with_claims(iss="somebody"),
    "several issuers": lambda f: f.with_claims(iss=[ISSUER, "somebody"]),
    "no issuer": lambda f: f.with_claims(iss=MISSING),
    "another audience": lambda f: f.with_claims(aud="mlplatform:refresh"),
    "several audiences": lambda f: f.with_claims(aud=[ACCESS.audience, "others"]),
    "no audience": lambda f: f.with_claims(aud=MISSING),
    "a claim more": lambda f: f.with_claims(is_admin=True),
    "a start that is still to come": lambda f: f.with_claims(nbf=_now(600)),
    "a claim twice": lambda f: f.with_text(
        b'"iss"', b'"sub": "00000000-0000-0000-0000-000000000000", "is_admin": 1, "iss"',
        in_header=False,
    ),
}  # fmt: skip
VALID_ALONE = {
    "a user that does not exist",
    "the session for a user",
    "a session that does not exist",
    "the user for a session",
}
"""Tokens that are valid by themselves: only the store shows that they are forged."""
