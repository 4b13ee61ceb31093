"""Tokens: short-lived signed statements of who is asking, and through which session.

An access token is for the API; a ticket opens the live feed, where no header can be sent, and is
good for nothing else. Each names its own type and audience, so that neither stands for the other.

They are issued with PyJWT and read with aiohttp-jwt, which on its own takes too much: tokens
without an end, of any kind, with any header. So nothing reaches it that does not look exactly
like a token of ours, and what it lets through is checked again, claim by claim.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import jwt
import msgspec
from aiohttp import web
from aiohttp_jwt import JWTMiddleware

from domain.aggregate import new_id
from domain.errors import Unauthenticated
from storage.lru_dict import LruDict

ALGORITHM: Final = "HS256"
ISSUER: Final = "mlplatform"
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


class _Envelope(dict[str, Any]):
    """What aiohttp-jwt takes for a request: a token goes in, its claims come out."""

    method = "GET"
    path = "/"


@dataclass(frozen=True)
class Kind:
    """What a token is for."""

    noun: str
    type: str
    audience: str


ACCESS: Final = Kind("access token", "at+jwt", "mlplatform:api")
TICKET: Final = Kind("ticket", "feed-ticket+jwt", "mlplatform:feed")
TICKET_LIFETIME_S: Final = 60


class Tokens:
    """Issues tokens of one kind under the first key and reads those of every key.

    A token that was verified is not verified again before its end, which it costs thirty-six
    microseconds to do: whether its session is still open is asked elsewhere, for every call.
    """

    def __init__(self, kind: Kind, keys: Sequence[str], *, lifetime_s: int) -> None:
        assert lifetime_s <= LIFETIME_S_MAX, "a token lives for an hour at the most"
        self.lifetime_s = lifetime_s
        self._kind = kind
        self._keys = {_key_id(key): key for key in keys}
        self._current = next(iter(self._keys))
        self._decoders = {
            key_id: JWTMiddleware(
                key,
                request_property="claims",
                token_getter=_token_of,
                algorithms=[ALGORITHM],
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
        return jwt.encode(claims, self._keys[self._current], ALGORITHM, headers=headers)

    async def verify(self, token: str) -> Claims:
        """Read a token; raises `Unauthenticated` for all that is not a current one of ours."""
        claims = self._verified.get(token)
        if claims is None:
            claims = await self._decoded(token)
            self._verified[token] = claims
        if claims.expires_at <= time.time():
            self._verified.discard(token)
            raise Unauthenticated(f"the {self._kind.noun} has expired")
        return claims

    async def _decoded(self, token: str) -> Claims:
        envelope = _Envelope(token=token)
        try:
            await self._decoders[self._key_id_of(token)](envelope, _accept)
            claims = msgspec.convert(envelope["claims"], _Payload)
        except (web.HTTPException, ValueError, KeyError):
            raise Unauthenticated(f"the {self._kind.noun} is not valid") from None
        if not 0 < claims.exp - claims.iat <= LIFETIME_S_MAX + CLOCK_SKEW_S:
            raise Unauthenticated(f"the {self._kind.noun} is not valid")
        return Claims(claims.sub, claims.sid, claims.exp)

    def _key_id_of(self, token: str) -> str:
        """Say which key a token names; a header with anything more in it is none of ours."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise ValueError
        encoded = match[1]
        padded = encoded + "=" * (-len(encoded) % 4)
        header = msgspec.json.decode(urlsafe_b64decode(padded), type=_Header)
        if (header.alg, header.typ) != (ALGORITHM, self._kind.type):
            raise ValueError
        return header.kid


class AccessTokens(Tokens):
    """What is shown with every call."""

    def __init__(self, keys: Sequence[str], *, lifetime_s: int) -> None:
        super().__init__(ACCESS, keys, lifetime_s=lifetime_s)


class FeedTickets(Tokens):
    """What opens the live feed, in whichever process."""

    def __init__(self, keys: Sequence[str], *, lifetime_s: int = TICKET_LIFETIME_S) -> None:
        super().__init__(TICKET, keys, lifetime_s=lifetime_s)


def _key_id(key: str) -> str:
    return hmac.digest(key.encode(), b"key id", "sha256").hex()[:16]


def _token_of(envelope: Any) -> str:
    return envelope["token"]


async def _accept(_: Any) -> web.Response:
    return web.Response()
