"""The suites stay on this machine, and would notice if they did not."""

import socket

import pytest

from tests.loopback import OutsideError


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8"])
def test_a_connection_to_another_machine_is_refused(address: str) -> None:
    with socket.socket() as outside, pytest.raises(OutsideError):
        outside.connect((address, 9))


def test_a_look_up_of_a_foreign_name_is_refused() -> None:
    with pytest.raises(OutsideError):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
        assert near.getpeername() == listener.getsockname()
