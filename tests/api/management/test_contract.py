"""Every operation that we serve against the contract's shapes; what differs is named, and counted in the docs."""

import json
from functools import reduce

import pytest

from scripts import contract, docs
from scripts.shapes import Shape, answered, shape_of, taken


def test_every_difference_from_the_contract_is_named_and_none_that_is_gone() -> None:
    """`tests/contract/differences.tsv` names each with its reason; `make docs` copies them to docs/compatibility.md."""
    found = {(" ".join(key), difference) for key, listed in contract.differences().items() for difference in listed}
    named = contract.named()
    assert sorted(found - named.keys()) == [], "name the difference in tests/contract/differences.tsv, or mend it"
    assert sorted(named.keys() - found) == [], "this difference is gone: take it out of tests/contract/differences.tsv"
    assert all(named.values())


def test_only_what_its_own_page_describes_is_beyond_the_contracts_documents() -> None:
    assert contract.beyond() == [
        ("DELETE", "/api/users/{}/trusted-devices/{}"),
        ("GET", "/api/interaction/consent"),
        ("GET", "/api/users/{}/trusted-devices"),
        ("PATCH", "/api/users/{}/mfa-verifications/{}/name"),
        ("POST", "/api/experience/profile/mfa/trusted-device"),
        ("POST", "/api/interaction/consent"),
        ("POST", "/api/verifications/verification-code"),
        ("POST", "/api/verifications/verification-code/verify"),
    ]


def test_everything_that_is_counted_was_compared() -> None:
    served = contract.listed().keys() & contract.operations(contract.served()).keys()
    assert served <= contract.differences().keys()
    assert len(served) >= 70


def test_the_count_in_the_docs_is_current() -> None:
    assert (docs.ROOT / "docs" / "compatibility.md").read_text() == docs.counted(), "run `make docs`"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda operation: operation["responses"].pop("404"), "does not answer 404"),
        (lambda operation: operation["responses"].update({"418": {}}), "also answers 418"),
        (lambda operation: operation["responses"].pop("200"), "does not answer 200"),
    ],
)
def test_a_status_that_changes_is_noticed(change: object, difference: str) -> None:
    """The control: the comparison sees what it is there to see."""
    theirs = contract.operations(contract.contract())["GET", "/api/users/{}"]
    changed = {**theirs, "responses": dict(theirs["responses"])}
    assert callable(change)
    change(changed)
    assert difference in contract.compare(theirs, changed)


def test_a_member_that_goes_or_comes_is_noticed() -> None:
    theirs = contract.operations(contract.contract())["POST", "/api/users"]
    schema = {"type": "object", "properties": {"username": {}, "extra": {}}, "required": ["username"]}
    ours = {**theirs, "requestBody": {"content": {"application/json": {"schema": schema}}}}
    found = contract.compare(theirs, ours)
    assert {"body: lacks name", "body: adds extra", "body: username is required"} <= set(found)


OBJECT = {"type": "object", "properties": {"at": {"type": "number"}, "by": {"type": "string"}}, "required": ["at"]}
WHOLE = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "one": {**OBJECT, "nullable": True},
        "many": {"type": "array", "items": OBJECT},
    },
    "required": ["kind", "one"],
}


def changed(at: str, value: object) -> Shape:
    """Return the shape of the object above with one part of its schema replaced; `None` takes the part out."""
    schema = json.loads(json.dumps(WHOLE))
    *way, last = at.split(".")
    inside = reduce(lambda part, name: part[name], way, schema)
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return shape_of({}, schema)


@pytest.mark.parametrize(
    ("at", "value", "answer", "body"),
    [
        ("properties.one.properties.by", None, [], ["body: lacks one.by"]),
        ("properties.one.properties.at", None, ["lacks one.at"], ["body: lacks one.at"]),
        ("properties.many.items.properties.at.type", "string",
         ["many[].at can be string"], ["body: many[].at does not take number"]),
        ("properties.many.items.properties.at.type", "integer", [], []),
        ("properties.many.items.properties.new", {}, ["adds many[].new"], ["body: adds many[].new"]),
        ("properties.many.items.required", None, ["many[].at is not required"], ["body: many[].at is not required"]),
        ("properties.one.required", ["at", "by"], [], ["body: one.by is required"]),
        ("properties.one.nullable", None, [], ["body: one does not take null"]),
        ("properties.kind.enum", ["a"], [], ["body: kind does not take b"]),
        ("properties.kind.enum", ["a", "b", "c"], ["kind can be c"], []),
        ("properties.kind.enum", None, ["kind can be any text"], []),
        ("properties.kind", {"const": "a"}, [], ["body: kind does not take b"]),
        ("properties.one", {"anyOf": [OBJECT, {"type": "null"}]}, [], []),
    ],
)  # fmt: skip
def test_a_difference_inside_a_member_is_noticed(at: str, value: object, answer: list[str], body: list[str]) -> None:
    """What we answer must be known there; what can be sent there must be taken here."""
    theirs, ours = shape_of({}, WHOLE), changed(at, value)
    assert answered(theirs, ours) == answer
    assert taken(theirs, ours) == body


def test_a_schema_inside_itself_ends() -> None:
    tree = {
        "type": "object",
        "properties": {"below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    read = shape_of({"Tree": tree}, {"$ref": "#/components/schemas/Tree"})
    assert read.members["below"].items == Shape()
