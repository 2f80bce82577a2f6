"""Whatever is taken as an identifier is found again; whatever is not is refused in the contract's words."""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.world import World, worlds
from vestibule.domain.phones import normalise
from vestibule.domain.users import find_by_identifier

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("VESTIBULE_TEST_EXAMPLES", "60"))
"""More of them by hand: VESTIBULE_TEST_EXAMPLES=5000."""
KINDS = {"username", "email", "phone"}
BLANK = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What `\\s` is in ECMAScript."""
FORMS = {
    "username": re.compile(r"[A-Z_a-z][0-9A-Z_a-z]*"),
    "primaryEmail": re.compile(rf"[^{BLANK}]+@[^{BLANK}]+\.[^{BLANK}]+"),
    "primaryPhone": re.compile(r"[0-9]+"),
}
TAKEN = {
    "username": "user.username_already_in_use",
    "primaryEmail": "user.email_already_in_use",
    "primaryPhone": "user.phone_already_in_use",
}
ODD = st.text(max_size=200) | st.text("aZ_9é \0\n\x1c\ud800@.", max_size=12)
WORD = st.text("abcXYZ_019", min_size=1, max_size=140)
PART = st.text(st.characters(exclude_categories=["Zs", "Zl", "Zp"]), min_size=1, max_size=50)
ADDRESSES = st.builds("{}@{}.{}".format, PART, PART, st.sampled_from(["io", "Example", "ß", "İ", "\u0130x"]))
NUMBERS = st.text("0123456789", max_size=18) | st.builds(
    "{}{}".format, st.sampled_from(["33", "44", "440", "1", "61", "39"]), st.integers(0, 10**11)
)


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A server whose every kind of identifier signs people in."""
    async with worlds(database_url, tmp_path) as made:
        yield made


async def post(world: World, body: dict[str, str]) -> tuple[int, str]:
    """Create a user; returns the status and the code of the refusal, or the id. Half a character is sent as well."""
    headers = {"content-type": "application/json"}
    answer = await world.call("POST", "/users", headers=headers, content=json.dumps(body).encode())
    return answer.status_code, answer.json().get("id" if answer.status_code == 200 else "code", "")


async def is_found(world: World, field: str, value: str, user_id: str) -> None:
    """Hold that a user is found by an identifier as it was given, as it is shown, and at sign-in."""
    shown = (await world.call("GET", f"/users/{user_id}")).json()[field]
    assert shown == value or field == "primaryPhone"
    for query in (
        {f"search.{field}": shown, "mode": "exact"},
        {f"search.{field}": shown, "mode": "exact", "isCaseSensitive": "true"},
        {f"search.{field}": shown.upper()[:256], "mode": "exact"},
        {"search": "%" + re.sub(r"([\\%_])", r"\\\1", shown)[:120].rstrip("\\") + "%"},
    ):
        answer = await world.call("GET", "/users", params=query)
        assert [one["id"] for one in answer.json()] == [user_id], query
    async with world.server.ctx.db.read() as tx:
        # A number that exists nowhere may lose its trunk prefix twice, as libphonenumber reads it.
        is_settled = field != "primaryPhone" or normalise(shown) == shown
        for text in (value, shown) if is_settled else (value,):
            user = await find_by_identifier(tx, world.server.ctx, text, KINDS)
            assert user is not None, text
            assert user.id == user_id


async def holds(world: World, field: str, value: str) -> None:
    """Hold everything that is said of an identifier."""
    status, outcome = await post(world, {field: value})
    if status != 200:
        allowed = {(400, "guard.invalid_input")}
        if FORMS[field].fullmatch(value):
            allowed = {(422, "entity.value_too_long")} if len(value) > 128 else set()
            allowed |= {(422, "user.invalid_phone")} if field == "primaryPhone" else set()
        if re.search("[\0\ud800-\udfff]", value):
            # Half a character is no JSON, which the contract refuses without a code.
            allowed |= {(400, "guard.invalid_input"), (422, "entity.invalid_input"), (400, "")}
        assert (status, outcome) in allowed
        return
    assert FORMS[field].fullmatch(value)
    await is_found(world, field, value, outcome)
    assert await post(world, {field: value}) == (422, TAKEN[field])
    assert (await world.call("DELETE", f"/users/{outcome}")).status_code == 204


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(value=WORD | ODD)
@example(value="a" * 128)
@example(value="a" * 129)
@bounded
async def test_a_user_name_that_is_taken_is_found_again(world: World, value: str) -> None:
    """B89, B76."""
    await holds(world, "username", value)


@given(value=ADDRESSES | ODD)
@example(value="a\0@x.io")
@example(value="\x1ca@x.io\x1f")
@example(value="a@b@c.d")
@example(value="ß" * 123 + "@x.io")
@bounded
async def test_an_address_that_is_taken_is_found_again(world: World, value: str) -> None:
    """A27, B89: in any case, in any script."""
    await holds(world, "primaryEmail", value)


@given(value=NUMBERS | ODD)
@example(value="61" + "0" * 200)
@example(value="788504984415586078")
@example(value="٤١٤١٤١٤١٤")
@bounded
async def test_a_phone_number_that_is_taken_is_found_again(world: World, value: str) -> None:
    """B89: with or without the national leading zero."""
    await holds(world, "primaryPhone", value)
