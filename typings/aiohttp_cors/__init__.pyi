from collections.abc import Mapping, Sequence

from aiohttp import web

class ResourceOptions:
    def __init__(
        self,
        *,
        allow_credentials: bool = ...,
        expose_headers: Sequence[str] = ...,
        allow_headers: Sequence[str] = ...,
        max_age: int | None = ...,
        allow_methods: Sequence[str] | None = ...,
    ) -> None: ...

class CorsConfig:
    def add(
        self, routing_entity: web.AbstractRoute, config: Mapping[str, ResourceOptions] | None = ...
    ) -> web.AbstractRoute: ...

def setup(
    app: web.Application, *, defaults: Mapping[str, ResourceOptions] | None = ...
) -> CorsConfig: ...
