"""JSON Web Tokens: access tokens for the API, and tickets for the live feed.

Browsers cannot send a header with a request for the feed, so a ticket stands in its query and is
good for nothing else. Each kind has its own type and audience.

PyJWT issues them, and aiohttp-jwt verifies them. By itself it accepts too much: tokens that never
expire, of any type, with any header. So only a token with exactly our header reaches it, and the
claims that it returns are checked again.
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
from typing import Final, Literal
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
"""Where aiohttp-jwt leaves the claims in the request."""
LIFETIME_S_MAX: Final = 3_600
CLOCK_SKEW_S: Final = 5
"""How far ahead of another machine's clock a clock may be: tokens are dated back by as much, so
that one that was just issued is never from the future. Their end is not moved."""
VERIFIED_MAX: Final = 10_000

_TOKEN = re.compile(r"([\w-]{2,512})\.[\w-]{2,1024}\.[\w-]{2,128}", re.ASCII)

# It logs every token that it refuses, with a traceback; the refusal is logged once, by us.
logging.getLogger("aiohttp_jwt").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class Claims:
    """What a token states once it has been verified."""

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
    """What a token is for."""

    noun: str
    type: str
    audience: str
    token_of: TokenGetter
    """Where a request has it; raises `Unauthenticated`."""


def bearer_token(request: web.Request) -> str:
    """Give the token of the only Authorization header; raises `Unauthenticated`."""
    values = request.headers.getall(hdrs.AUTHORIZATION, ())
    if not values:
        raise Unauthenticated("this needs an access token or an API key: Authorization: Bearer …")
    if len(values) > 1:
        raise Unauthenticated("there is more than one Authorization header")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != SCHEME:
        raise Unauthenticated("the Authorization header is not of the form: Bearer TOKEN")
    return token


def ticket_of(request: web.Request) -> str:
    """Give the ticket of a query; raises `Unauthenticated`."""
    ticket = request.rel_url.query.get(TICKET_PARAMETER)
    if ticket is None:
        raise Unauthenticated("there is no ticket in the query")
    return ticket


ACCESS: Final = Kind("access token", "at+jwt", "mlplatform:api", bearer_token)
TICKET: Final = Kind("ticket", "feed-ticket+jwt", "mlplatform:feed", ticket_of)
TICKET_LIFETIME_S: Final = 60


class Tokens:
    """Issues tokens of one kind under the first key, and verifies those of every key.

    Verifying costs 36 µs, so the claims of a verified token are kept until it expires. Whether
    its session is still open is checked elsewhere, for every request.
    """

    def __init__(
        self, kind: Kind, keys: Sequence[str], *, lifetime_s: int, algorithm: Algorithm = "HS256"
    ) -> None:
        assert lifetime_s <= LIFETIME_S_MAX, "a token lives for an hour at the most"
        self.lifetime_s = lifetime_s
        self._kind = kind
        self._algorithm: Algorithm = algorithm
        self._keys = {_key_id(key): key for key in keys}
        self._current = next(iter(self._keys))
        self._decoders = {
            key_id: JWTMiddleware(
                key,
                request_property=CLAIMS,
                token_getter=kind.token_of,
                algorithms=[algorithm],
                audience=kind.audience,
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
            "aud": self._kind.audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "iat": now - CLOCK_SKEW_S,
            "exp": now + self.lifetime_s,
        }
        headers = {"typ": self._kind.type, "kid": self._current}
        return jwt.encode(claims, self._keys[self._current], self._algorithm, headers=headers)

    async def verify(self, token: str, request: web.Request) -> Claims:
        """Verify the token of a request; raises `Unauthenticated`."""
        claims = self._verified.get(token)
        if claims is None:
            claims = await self._decoded(token, request)
            self._verified[token] = claims
        if claims.expires_at <= time.time():
            self._verified.discard(token)
            raise Unauthenticated(f"the {self._kind.noun} has expired")
        return claims

    async def _decoded(self, token: str, request: web.Request) -> Claims:
        try:
            decode = self._decoders[self._key_id_of(token)]
            with warnings.catch_warnings():  # aiohttp-jwt keeps claims under a plain string.
                warnings.simplefilter("ignore", web.NotAppKeyWarning)
                await decode(request, _accept)
            claims = msgspec.convert(request[CLAIMS], _Payload)
        except (web.HTTPException, ValueError, KeyError):
            raise Unauthenticated(f"the {self._kind.noun} is not valid") from None
        if not 0 < claims.exp - claims.iat <= LIFETIME_S_MAX + CLOCK_SKEW_S:
            raise Unauthenticated(f"the {self._kind.noun} is not valid")
        return Claims(claims.sub, claims.sid, claims.exp)

    def _key_id_of(self, token: str) -> str:
        """Give the id of the key that a token names; raises ValueError or KeyError."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError
        encoded = match[1]
        padded = encoded + "=" * (-len(encoded) % 4)
        header = msgspec.json.decode(urlsafe_b64decode(padded), type=_Header)
        if (header.alg, header.typ) != (self._algorithm, self._kind.type):
            raise ValueError
        return header.kid


class AccessTokens(Tokens):
    """Tokens for the API."""

    def __init__(
        self, keys: Sequence[str], *, lifetime_s: int, algorithm: Algorithm = "HS256"
    ) -> None:
        super().__init__(ACCESS, keys, lifetime_s=lifetime_s, algorithm=algorithm)


class FeedTickets(Tokens):
    """Tokens for the live feed, in any process."""

    def __init__(
        self,
        keys: Sequence[str],
        *,
        lifetime_s: int = TICKET_LIFETIME_S,
        algorithm: Algorithm = "HS256",
    ) -> None:
        super().__init__(TICKET, keys, lifetime_s=lifetime_s, algorithm=algorithm)


def _key_id(key: str) -> str:
    return hmac.digest(key.encode(), b"key id", "sha256").hex()[:16]


async def _accept(_: web.Request) -> web.Response:
    return web.Response()
