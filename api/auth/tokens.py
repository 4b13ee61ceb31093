"""JSON Web Tokens: access tokens for the API, and tickets for the live feed.

Browsers cannot set headers for an event stream, so the query of the feed contains a ticket, which
is valid only there. Each kind has its own type and audience.

PyJWT issues tokens, and aiohttp-jwt verifies them. It also accepts tokens that never expire, and
any type and header. So the header is checked before and the claims after it.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal
from uuid import UUID

import jwt
import msgspec
from aiohttp import hdrs, web
from aiohttp_jwt import JWTMiddleware

from domain.aggregate import new_id
from domain.errors import Unauthenticated
from storage.lru_dict import LruDict

ISSUER: Final = "mlplatform"
SCHEME: Final = "bearer"
TICKET_PARAMETER: Final = "ticket"
CLAIMS: Final = "claims"
"""The key of the claims in the request."""
LIFETIME_S_MAX: Final = 3_600
CLOCK_SKEW_S: Final = 5
"""Tokens are backdated by this, so that other servers' clocks may be behind."""
VERIFIED_MAX: Final = 10_000

_TOKEN = re.compile(r"([\w-]{2,512})\.[\w-]{2,1024}\.[\w-]{2,128}", re.ASCII)

# It would log every invalid token with a traceback.
logging.getLogger("aiohttp_jwt").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class Claims:
    """The claims of a verified token."""

    user_id: UUID
    session_id: UUID
    expires_at: int
    """Seconds since 1970."""


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    typ: str
    kid: str


class _Payload(msgspec.Struct, forbid_unknown_fields=True):
    iss: str
    aud: str
    sub: UUID
    sid: UUID
    jti: UUID
    iat: int
    exp: int


Algorithm = Literal["HS256", "HS384", "HS512"]
TokenGetter = Callable[[web.Request], str]


@dataclass(frozen=True)
class Kind:
    """A kind of token."""

    noun: str
    type: str
    audience: str
    token_of: TokenGetter
    """Returns the token of a request; raises `Unauthenticated`."""


def bearer_token(request: web.Request) -> str:
    """Return the token of the Authorization header; raises `Unauthenticated`."""
    values = request.headers.getall(hdrs.AUTHORIZATION, ())
    if not values:
        raise Unauthenticated("an access token or an API key is required: Authorization: Bearer …")
    if len(values) > 1:
        raise Unauthenticated("there is more than one Authorization header")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated("the Authorization header must have the form: Bearer TOKEN")
    return token


def ticket_of(request: web.Request) -> str:
    """Return the ticket in the query; raises `Unauthenticated`."""
    ticket = request.rel_url.query.get(TICKET_PARAMETER)
    if ticket is None:
        raise Unauthenticated("the query has no ticket")
    return ticket


ACCESS: Final = Kind("access token", "at+jwt", "mlplatform:api", bearer_token)
TICKET: Final = Kind("ticket", "feed-ticket+jwt", "mlplatform:feed", ticket_of)
TICKET_LIFETIME_S: Final = 60


class Tokens:
    """Issues tokens with the first key, and verifies tokens of all keys.

    Verification takes 36 µs, so the claims of verified tokens are cached. The authenticator checks
    for every request whether the session is still open.
    """

    kind: ClassVar[Kind]

    def __init__(
        self,
        keys: Sequence[str],
        *,
        lifetime_s: int = TICKET_LIFETIME_S,
        algorithm: Algorithm = "HS256",
    ) -> None:
        assert lifetime_s <= LIFETIME_S_MAX
        self.lifetime_s = lifetime_s
        self._algorithm: Algorithm = algorithm
        self._keys = {_key_id(key): key for key in keys}
        self._current = next(iter(self._keys))
        self._decoders = {
            key_id: JWTMiddleware(
                key,
                request_property=CLAIMS,
                token_getter=self.kind.token_of,
                algorithms=[algorithm],
                audience=self.kind.audience,
                issuer=ISSUER,
            )
            for key_id, key in self._keys.items()
        }
        self._verified: LruDict[str, Claims] = LruDict(VERIFIED_MAX)

    def issue(self, *, user_id: UUID, session_id: UUID) -> str:
        """Sign a token for a session."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": self.kind.audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "iat": now - CLOCK_SKEW_S,
            "exp": now + self.lifetime_s,
        }
        headers = {"typ": self.kind.type, "kid": self._current}
        return jwt.encode(claims, self._keys[self._current], self._algorithm, headers=headers)

    async def verify(self, token: str, request: web.Request) -> Claims:
        """Verify the token of a request; raises `Unauthenticated`."""
        claims = self._verified.get(token)
        if claims is None:
            claims = await self._decoded(token, request)
            self._verified[token] = claims
        if claims.expires_at <= time.time():
            self._verified.discard(token)
            raise Unauthenticated(f"the {self.kind.noun} has expired")
        return claims

    async def _decoded(self, token: str, request: web.Request) -> Claims:
        try:
            decode = self._decoders[self._key_id_of(token)]
            with warnings.catch_warnings():  # aiohttp-jwt keeps claims under a plain string.
                warnings.simplefilter("ignore", web.NotAppKeyWarning)
                await decode(request, _accept)
            claims = msgspec.convert(request[CLAIMS], _Payload)
        except (web.HTTPException, ValueError, KeyError):
            raise Unauthenticated(f"the {self.kind.noun} is not valid") from None
        if not 0 < claims.exp - claims.iat <= LIFETIME_S_MAX + CLOCK_SKEW_S:
            raise Unauthenticated(f"the {self.kind.noun} is not valid")
        return Claims(claims.sub, claims.sid, claims.exp)

    def _key_id_of(self, token: str) -> str:
        """Return the id of the key in the header of a token; raises `ValueError`."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError
        encoded = match[1]
        padded = encoded + "=" * (-len(encoded) % 4)
        header = msgspec.json.decode(urlsafe_b64decode(padded), type=_Header)
        if (header.alg, header.typ) != (self._algorithm, self.kind.type):
            raise ValueError
        return header.kid


class AccessTokens(Tokens):
    """Tokens for the API."""

    kind = ACCESS


class FeedTickets(Tokens):
    """Tokens for the live feed."""

    kind = TICKET


def _key_id(key: str) -> str:
    return hmac.digest(key.encode(), b"key id", "sha256").hex()[:16]


async def _accept(_: web.Request) -> web.Response:
    return web.Response()
