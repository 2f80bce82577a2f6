"""Generated references are current, and what the README promises exists."""

import re
from pathlib import Path

import pytest

from scripts import docs
from vestibule.client import error_codes

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", sorted(docs.generated()))
def test_a_generated_reference_is_current(name: str) -> None:
    assert (ROOT / name).read_text() == docs.generated()[name], "run `make docs`"


def test_every_setting_and_every_error_is_documented() -> None:
    assert "VESTIBULE_PUBLIC_URL" in docs.configuration()
    codes = [kind.code for kind in docs.error_classes()]
    assert "entity.not_found" in codes
    assert len(codes) == len(set(codes)), "one class an error code"


def test_every_error_code_has_a_constant_of_the_client_and_no_two_share_one() -> None:
    codes = {kind.code for kind in docs.error_classes()}
    constants = {name: value for name, value in vars(error_codes).items() if name.isupper()}
    assert set(constants.values()) == codes
    assert constants["ENTITY_NOT_FOUND"] == "entity.not_found"
    assert len(constants) == len(codes)


def test_every_file_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_decisions_are_dated_and_numbered_in_order() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert re.search(r"\(20\d\d-\d\d-\d\d\)$", page.read_text().splitlines()[0]), page.name
