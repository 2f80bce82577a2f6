"""The classifier of addresses: what may be reached, in every spelling."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.connectors.addresses import is_public, may_reach, unwrap

REFUSED_TEXTS = """
0.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254
168.63.129.16 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:a00:1
64:ff9b::10.0.0.1 64:ff9b:1::7f00:1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
"""
REACHED = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", REFUSED_TEXTS.split())
def test_an_address_that_is_not_the_public_internet_is_refused(address: str) -> None:
    """B92: loopback, link-local, metadata, private, shared, multicast, reserved, and IPv4 inside IPv6."""
    assert not may_reach(address, [])


@pytest.mark.parametrize("address", REACHED)
def test_a_public_address_is_reached(address: str) -> None:
    assert may_reach(address, [])


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "8.8.8.8:80"])
def test_what_is_not_an_address_in_plain_form_is_refused(text: str) -> None:
    assert not may_reach(text, [ip_network("0.0.0.0/0")])


def test_a_listed_network_is_reached_and_its_neighbour_is_not() -> None:
    listed = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]
    assert may_reach("10.1.2.3", listed)
    assert may_reach("::ffff:10.1.2.3", listed)
    assert may_reach("fd00:1::9", listed)
    assert not may_reach("10.2.0.1", listed)
    assert not may_reach("fd00:2::9", listed)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_ipv6_dress(address: IPv4Address) -> None:
    for prefix in (0xFFFF << 32, 0x64_FF9B << 96):
        dressed = IPv6Address(prefix | int(address))
        assert unwrap(dressed) == address
        assert is_public(dressed) == is_public(address)
    assert not is_public(IPv6Address(0x2002 << 112 | int(address) << 80)), "6to4 carries another network"


@given(st.ip_addresses())
def test_nothing_that_python_holds_for_private_passes(address: IPv4Address | IPv6Address) -> None:
    plain = unwrap(address)
    if plain.is_private or plain.is_loopback or plain.is_link_local or plain.is_multicast or plain.is_reserved:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_a_list_of_everything_lets_everything_through(address: IPv4Address) -> None:
    assert may_reach(str(address), [ip_network("0.0.0.0/0")])
