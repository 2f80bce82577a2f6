"""Every operation of the client: what it sends and reads fits the contract, and the server's routes are all there."""

import json
import typing
from collections.abc import Callable
from types import FunctionType

import pytest

from scripts.contract import operations, served
from tests.client import contract, every
from vestibule.api.documents import audience
from vestibule.client import Operation, Page, Unreachable, connectors

SINGLE = [every.single(call) for call in every.EVERY]


@pytest.mark.parametrize("operation", SINGLE, ids=every.plain)
def test_what_is_sent_is_what_the_contract_takes(operation: Operation[object]) -> None:
    body = operation.content()
    assert contract.faults(operation.method, operation.path, None if body is None else json.loads(body)) == []


@pytest.mark.parametrize("operation", SINGLE, ids=every.plain)
def test_what_the_contract_answers_is_read_whole(operation: Operation[object]) -> None:
    """Each shape an answer may have is tried; one of them is this operation's."""
    read = []
    for status, value in contract.answers(operation.method, operation.path):
        try:
            read.append(operation.read(status, b"" if value is None else json.dumps(value).encode()))
        except Unreachable:
            continue
    kind = typing.get_origin(operation.answer) or operation.answer
    assert {type(item) for item in read} == {kind} or every.plain(operation) in every.SHAPELESS


def test_every_operation_that_the_server_serves_has_one_in_the_client() -> None:
    """Told apart by method and path; what is left out on purpose is in `NOT_IN_THE_CLIENT`, and nothing else is."""
    offered = offered_to_programs()
    sent = {template(operation, offered) for operation in SINGLE}
    left_out = {f"{method} {path}" for method, path in offered - sent}
    assert left_out == set(every.NOT_IN_THE_CLIENT)


def offered_to_programs() -> set[tuple[str, str]]:
    """Return what the Management API serves; people's browsers have other APIs."""
    return {(method, path) for method, path in operations(served()) if audience(path) == "management"}


def template(operation: Operation[object], offered: set[tuple[str, str]]) -> tuple[str, str]:
    """Return the route that answers an operation: literal segments win over parameters, as in the server's table."""
    parts = operation.path.split("/")
    fitting = [
        (method, path)
        for method, path in offered
        if method == operation.method
        and len(path.split("/")) == len(parts)
        and all(theirs in ("{}", ours) for theirs, ours in zip(path.split("/"), parts, strict=True))
    ]
    assert fitting, f"no route answers {every.plain(operation)}"
    return min(fitting, key=lambda item: item[1].count("{}"))


def makers() -> dict[str, Callable[..., object]]:
    """Return every public function of the client that makes an operation."""
    found = {}
    for module in every.MODULES:
        for name, made in vars(module).items():
            ours = isinstance(made, FunctionType) and made.__module__ == module.__name__ and not name.startswith("_")
            kind = typing.get_type_hints(made)["return"] if ours else None
            if typing.get_origin(kind) in (Operation, Page):
                found[f"{module.__name__}.{name}"] = made
    return found


def test_every_function_that_makes_an_operation_is_tried_above() -> None:
    """Each makes another request: as many different requests are tried as there are functions."""
    assert len(makers()) == len(every.EVERY) > 100


def test_the_client_has_an_answer_for_a_route_only_while_it_is_served() -> None:
    """The control: an operation that no route answers is noticed."""
    with pytest.raises(AssertionError, match="no route answers"):
        template(Operation("GET", "/api/nowhere", dict), offered_to_programs())


def test_a_test_message_goes_to_exactly_one_recipient() -> None:
    for wrong in ({}, {"email": "a@example.com", "phone": "1"}):
        with pytest.raises(ValueError, match="one recipient"):
            connectors.send_test("f1", {}, **wrong)
