"""The address of a client, behind trusted and untrusted proxies."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from api.http.client_address import ClientAddresses

PROXIES = ("10.0.0.0/8", "fd00::/8")


def address_of(peer: str, *forwarded: str, trusted: tuple[str, ...] = PROXIES) -> str:
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    request = make_mocked_request("GET", "/", headers).clone(remote=peer)
    return ClientAddresses(trusted).of(request)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.7",), "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.7, 10.2.3.4"), "198.51.100.7"),
        ("10.0.0.1", ("10.9.9.9",), "10.9.9.9"),
        ("10.0.0.1", ("nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.7, nonsense",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
        ("fd00::1", ("2001:db8:1:2::9",), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", (), "192.0.2.1"),
        ("::ffff:10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("198.51.100.7, ::ffff:10.2.3.4",), "198.51.100.7"),
        ("10.0.0.1", ("198.51.100.7:4711",), "10.0.0.1"),
        ("2001:DB8:0001:0002::", (), "2001:db8:1:2::/64"),
        ("", (), "unknown"),
    ],
)
def test_the_last_address_that_is_not_a_trusted_proxy_is_the_client(
    peer: str, forwarded: tuple[str, ...], client: str
) -> None:
    assert address_of(peer, *forwarded) == client


def test_without_trusted_proxies_forwarded_addresses_are_ignored() -> None:
    assert address_of("10.0.0.1", "198.51.100.7", trusted=()) == "10.0.0.1"
