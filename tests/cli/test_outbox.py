"""`vestibule outbox last`: the last code written for somebody."""

from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from vestibule.connectors.outbox import OutboxMessage, write


def put(at: int, to: str, code: str | None) -> None:
    """Write a message the way the development connectors do."""
    text = f"{code} is your code." if code else "Welcome."
    write(Path("var/outbox"), OutboxMessage(at, "Email", to, "SignIn", "Hello", text, code))


@pytest.mark.parametrize("spelling", ["ada@example.com", "ADA@example.com"])
def test_the_newest_code_for_a_recipient_is_printed_alone(bare: Shell, spelling: str) -> None:
    put(1, "ada@example.com", "111111")
    put(2, "ada@example.com", "222222")
    put(3, "bob@example.com", "333333")
    assert bare("outbox", "last", spelling).out == "222222\n"


def test_the_whole_message_on_request_and_when_there_is_no_code(bare: Shell) -> None:
    put(1, "ada@example.com", "111111")
    assert bare("outbox", "last", "ada@example.com", "--whole").out == "111111 is your code.\n"
    put(2, "ada@example.com", None)
    assert bare("outbox", "last", "ada@example.com").out == "Welcome.\n"


def test_no_message_is_said_and_is_a_failure(bare: Shell) -> None:
    done = bare("outbox", "last", "ada@example.com")
    assert done.code == 2
    assert "no message to ada@example.com" in done.err
