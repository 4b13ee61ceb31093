"""Who connected, as limits count it, and how."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

IPV6_PREFIX = 64
"""What one subscriber gets is a network of this size, so that it is counted as one."""

Network = IPv4Network | IPv6Network


class ClientAddresses:
    """Finds the client behind the proxies that are known to say the truth about it."""

    def __init__(self, trusted_proxies: Sequence[str] = ()) -> None:
        self._trusted = [ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def of(self, request: web.Request) -> str:
        """Give the client's IPv4 address or the /64 of its IPv6 address.

        The last address of X-Forwarded-For that is no trusted proxy counts: what stands before
        it was written by the client.
        """
        peer = request.remote or ""
        if not self._trusted or not self._is_trusted(peer):
            return _counted_as(peer)
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        for hop in reversed([hop.strip() for hop in forwarded.split(",")]):
            if not _is_address(hop):
                break
            peer = hop
            if not self._is_trusted(hop):
                break
        return _counted_as(peer)

    def is_https(self, request: web.Request) -> bool:
        """Say whether the client is under TLS, by its connection or by the page's own origin.

        The origin tells it where the proxy is not context.
        """
        origin = request.headers.get("Origin", "")
        return self.came_by_tls(request) or origin.startswith("https://")

    def came_by_tls(self, request: web.Request) -> bool:
        """Say whether the client spoke to us, or to a proxy that is known, under TLS."""
        forwarded = ",".join(request.headers.getall("X-Forwarded-Proto", ()))
        return request.secure or (
            self._is_trusted(request.remote or "") and "https" in forwarded.lower()
        )

    def _is_trusted(self, text: str) -> bool:
        return _is_address(text) and any(_address(text) in network for network in self._trusted)


@lru_cache(maxsize=10_000)
def _counted_as(text: str) -> str:
    if not _is_address(text):
        return "unknown"
    address = _address(text)
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address.packed, IPV6_PREFIX), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address:
    """Read an address; a socket for both versions shows IPv4 addresses in the form of IPv6."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
