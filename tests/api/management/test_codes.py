"""Verification codes: sent, tried, replaced, used once; the second spelling of the paths answers alike."""

import asyncio
import re

import pytest
from sqlalchemy import select

from tests.world import World
from vestibule.db import Statement
from vestibule.domain import verifications
from vestibule.domain.expiry import expire
from vestibule.errors import CodeNotFound
from vestibule.store.rows import Row
from vestibule.store.tables import verification_codes

ALL_CODES: Statement[Row] = Statement(select(verification_codes))

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"
SPELLINGS = ["/verification-codes", "/verifications/verification-code"]


async def send(world: World, email: str = ADA, path: str = SPELLINGS[0]) -> str:
    """Send a code and read it from the outbox."""
    world.clock.advance(seconds=1)
    answer = await world.call("POST", path, {"email": email})
    assert (answer.status_code, answer.content) == (204, b"")
    return world.code_for(email)


async def verify(world: World, code: str, path: str = SPELLINGS[0], **recipient: str) -> str:
    """Verify a code; returns the error's code, or `ok`."""
    answer = await world.call("POST", f"{path}/verify", {**(recipient or {"email": ADA}), "verificationCode": code})
    return "ok" if answer.status_code == 204 else f"{answer.status_code} {answer.json()['code']}"


def other(code: str) -> str:
    """Return another code."""
    return "000000" if code != "000000" else "111111"


@pytest.mark.parametrize("path", SPELLINGS)
async def test_a_code_of_six_digits_is_good_once(world: World, path: str) -> None:
    """B54: at least six digits, single use."""
    code = await send(world, path=path)
    assert re.fullmatch("[0-9]{6}", code)
    assert await verify(world, other(code), path) == "400 verification_code.code_mismatch"
    assert await verify(world, code, path) == "ok"
    assert await verify(world, code, path) == "400 verification_code.not_found"


async def test_a_phone_number_gets_its_code_too_and_the_e_mail_address_wins(world: World) -> None:
    assert (await world.call("POST", "/verification-codes", {"phone": "61412345678"})).status_code == 204
    assert await verify(world, world.code_for("61412345678"), phone="61412345678") == "ok"
    both = await world.call("POST", "/verification-codes", {"email": ADA, "phone": "61412345678"})
    assert both.status_code == 204
    assert await verify(world, world.code_for(ADA)) == "ok"


async def test_a_code_ends_after_ten_minutes(world: World) -> None:
    """B54: at most ten minutes."""
    code = await send(world)
    world.clock.advance(seconds=600)
    assert await verify(world, other(code)) == "400 verification_code.code_mismatch"
    world.clock.advance(seconds=1)
    assert await verify(world, code) == "400 verification_code.expired"


async def test_the_eleventh_try_is_refused_even_with_the_right_code(world: World) -> None:
    """B55: ten wrong tries, also in parallel, and the code is dead."""
    code = await send(world)
    wrong = await asyncio.gather(*(verify(world, other(code)) for _ in range(14)))
    assert wrong.count("400 verification_code.code_mismatch") == 10
    assert wrong.count("400 verification_code.exceed_max_try") == 4
    assert await verify(world, code) == "400 verification_code.exceed_max_try"


async def test_a_new_code_replaces_the_old_one_and_its_tries(world: World) -> None:
    first = await send(world)
    await verify(world, other(first))
    second = await send(world)
    if first != second:
        assert await verify(world, first) == "400 verification_code.code_mismatch"
    assert await verify(world, second) == "ok"


async def test_one_code_used_by_many_at_once_succeeds_once(world: World) -> None:
    code = await send(world)
    outcomes = await asyncio.gather(*(verify(world, code) for _ in range(20)))
    assert outcomes.count("ok") == 1


async def test_a_code_is_for_its_recipient_as_written(world: World) -> None:
    """B56: another spelling, address or kind does not take it."""
    code = await send(world)
    for email in ("bob@example.com", "ADA@example.com"):
        assert await verify(world, code, email=email) == "400 verification_code.not_found"
    assert await verify(world, code, phone="123456") == "400 verification_code.not_found"
    assert await verify(world, code) == "ok"


async def test_ten_messages_in_ten_minutes_are_the_limit_in_any_case(world: World) -> None:
    for number in range(10):
        await send(world, ADA if number % 2 else ADA.upper())
    answer = await world.call("POST", "/verification-codes", {"email": f"{ADA}"})
    assert (answer.status_code, answer.json()["code"]) == (429, "request.message_rate_limited")
    assert (await world.call("POST", "/verification-codes", {"email": "bob@example.com"})).status_code == 204
    world.clock.advance(seconds=600)
    assert (await world.call("POST", "/verification-codes", {"email": ADA})).status_code == 204


async def test_without_a_connector_the_answer_is_501_and_the_code_stays(world: World) -> None:
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    answer = await world.call("POST", "/verification-codes", {"email": ADA})
    assert (answer.status_code, answer.json()["code"]) == (501, "connector.not_found")
    assert await verify(world, "000000") in {"400 verification_code.code_mismatch", "ok"}


async def test_of_many_sends_at_once_ten_go_out(world: World) -> None:
    """B57: counted before the message is sent, in whatever case the address is written."""
    addresses = [ADA, ADA.upper(), ADA.title()] * 8
    sends = (world.call("POST", "/verification-codes", {"email": address}) for address in addresses)
    statuses = [answer.status_code for answer in await asyncio.gather(*sends)]
    assert (statuses.count(204), statuses.count(429)) == (10, 14)


async def test_a_message_that_was_not_sent_does_not_count(world: World) -> None:
    for connector in (await world.call("GET", "/connectors")).json():
        await world.call("DELETE", f"/connectors/{connector['id']}")
    for _ in range(12):
        assert (await world.call("POST", "/verification-codes", {"email": ADA})).status_code == 501


async def test_asking_for_new_codes_does_not_give_more_than_fifty_guesses_an_hour(world: World) -> None:
    """B55: resending resets the tries of a code, not those of the recipient."""
    for _ in range(5):
        code = await send(world)
        for _ in range(10):
            assert await verify(world, other(code)) == "400 verification_code.code_mismatch"
    code = await send(world, ADA.title())
    assert await verify(world, code, email=ADA.title()) == "400 verification_code.exceed_max_try"
    assert await verify(world, await send(world, "bob@example.com"), email="bob@example.com") == "ok"
    world.clock.advance(seconds=3600)
    world.token = ""  # it has expired
    assert await verify(world, await send(world)) == "ok"


async def test_a_good_code_ends_the_count_of_wrong_ones(world: World) -> None:
    for _ in range(6):
        code = await send(world)
        for _ in range(9):
            assert await verify(world, other(code)) == "400 verification_code.code_mismatch"
        assert await verify(world, code) == "ok"


async def test_a_code_for_one_purpose_is_none_for_another(world: World) -> None:
    """B56: what was sent for the sign-in is not taken as a Generic code, and the reverse."""
    ctx = world.server.ctx
    await verifications.send_code(ctx, "email", ADA, "SignIn")
    assert await verify(world, world.code_for(ADA)) == "400 verification_code.not_found"
    await verifications.verify_code(ctx, "email", ADA, world.code_for(ADA), "SignIn")
    code = await send(world)
    with pytest.raises(CodeNotFound):
        await verifications.verify_code(ctx, "email", ADA, code, "SignIn")


async def test_old_codes_and_counts_are_forgotten(world: World) -> None:
    await verify(world, other(await send(world)))
    world.clock.advance(seconds=2 * 86_400)
    assert await expire(world.server.ctx) >= 3
    async with world.server.ctx.db.read() as tx:
        assert await tx.all(ALL_CODES) == []


async def test_of_email_and_phone_the_first_that_is_sound_counts(world: World) -> None:
    body = {"email": "nobody", "phone": "61412345678"}
    assert (await world.call("POST", "/verification-codes", body)).status_code == 204
    code = world.code_for("61412345678")
    verified = await world.call("POST", "/verification-codes/verify", {**body, "verificationCode": code})
    assert verified.status_code == 204


async def test_what_fits_neither_form_is_told_for_both(world: World) -> None:
    [issue] = (await world.call("POST", "/verification-codes", {})).json()["data"]["issues"]
    assert (issue["code"], issue["path"]) == ("invalid_union", [])
    assert [error["issues"][0]["path"] for error in issue["unionErrors"]] == [["email"], ["phone"]]
    [issue] = (await world.call("POST", "/verification-codes", {"email": "x"})).json()["data"]["issues"]
    assert (issue["code"], issue["path"]) == ("invalid_string", ["email"])


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"phone": "+1"}, {"email": 1}, {"phone": "12a"}])
async def test_a_faulty_recipient_is_refused(world: World, body: dict[str, object]) -> None:
    answer = await world.call("POST", "/verification-codes", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_a_recipient_that_is_too_long_is_refused(world: World) -> None:
    for body in ({"phone": "1" * 33}, {"email": "a" * 130 + "@x.io"}):
        answer = await world.call("POST", "/verification-codes", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "entity.value_too_long")


async def test_the_store_never_holds_a_code(world: World) -> None:
    """B98: only a keyed digest is kept."""
    code = await send(world)
    async with world.server.ctx.db.read() as tx:
        row = await tx.one(ALL_CODES)
    assert row is not None
    assert code not in map(str, row)
