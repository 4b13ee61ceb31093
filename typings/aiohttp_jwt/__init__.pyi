from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

def JWTMiddleware(
    secret_or_pub_key: str,
    request_property: str = ...,
    credentials_required: bool = ...,
    whitelist: Sequence[str] = ...,
    token_getter: Callable[[Any], str] | None = ...,
    is_revoked: Callable[..., bool] | None = ...,
    store_token: bool | str = ...,
    algorithms: Sequence[str] | None = ...,
    auth_scheme: str = ...,
    audience: str | None = ...,
    issuer: str | None = ...,
) -> Callable[
    [Any, Callable[[Any], Awaitable[web.StreamResponse]]], Awaitable[web.StreamResponse]
]: ...
