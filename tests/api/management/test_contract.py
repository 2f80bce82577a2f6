"""Every operation that we serve against the contract's shapes; what differs is named, and counted in the docs."""

import pytest

from scripts import contract, docs


def test_every_difference_from_the_contract_is_named_and_none_that_is_gone() -> None:
    """`tests/contract/differences.tsv` names each with its reason; `make docs` copies them to docs/compatibility.md."""
    found = {(" ".join(key), difference) for key, listed in contract.differences().items() for difference in listed}
    named = contract.named()
    assert sorted(found - named.keys()) == [], "name the difference in tests/contract/differences.tsv, or mend it"
    assert sorted(named.keys() - found) == [], "this difference is gone: take it out of tests/contract/differences.tsv"
    assert all(named.values())


def test_only_consent_and_the_second_spelling_of_codes_are_beyond_the_contracts_documents() -> None:
    assert contract.beyond() == [
        ("GET", "/api/interaction/consent"),
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
