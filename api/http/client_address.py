"""The client's address, as rate limits count it, and whether it uses TLS."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

IPV6_PREFIX = 64
"""A subscriber gets at least a network of this size, so it counts as one client."""


class ClientAddresses:
    """Finds the address of the client behind trusted proxies."""

    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        self._trusted = [ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def of(self, request: web.Request) -> str:
        """Return the client's IPv4 address or the /64 network of its IPv6 address.

        This is the last address in X-Forwarded-For that is not a trusted proxy; the client may
        have forged those before it.
        """
        peer = request.remote or ""
        if not self._trusted or not self._is_trusted(peer):
            return _client_id(peer)
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        for hop in reversed([hop.strip() for hop in forwarded.split(",")]):
            if _parse(hop) is None:
                break
            peer = hop
            if not self._is_trusted(hop):
                break
        return _client_id(peer)

    def is_https(self, request: web.Request) -> bool:
        """Whether the page uses HTTPS: by its origin too, as the proxy may not be trusted."""
        return self.is_tls(request) or request.headers.get("Origin", "").startswith("https://")

    def is_tls(self, request: web.Request) -> bool:
        """Whether the connection to this server or to a trusted proxy uses TLS."""
        forwarded = ",".join(request.headers.getall("X-Forwarded-Proto", ()))
        return request.secure or (
            self._is_trusted(request.remote or "") and "https" in forwarded.lower()
        )

    def _is_trusted(self, text: str) -> bool:
        address = _parse(text)
        return address is not None and any(address in network for network in self._trusted)


@lru_cache(maxsize=10_000)
def _client_id(text: str) -> str:
    address = _parse(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address.packed, IPV6_PREFIX), strict=False))
    return "unknown" if address is None else str(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address; IPv4 addresses in IPv6 notation become IPv4 addresses."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
