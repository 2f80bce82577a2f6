"""The step of the account page that asks for codes: where they went, sending again, and what a wrong one costs."""

import re

import httpx2
import pytest

from tests.account.conftest import World
from tests.account.stub import CODE
from tests.account.test_page import post, sign_in

pytestmark = pytest.mark.anyio


def code_fields(page: httpx2.Response) -> list[str]:
    """Return the names of the code inputs."""
    return re.findall(r'name="(proof_[^"]+)"', page.text)


async def send_again(world: World, page: httpx2.Response) -> httpx2.Response:
    """Press the button that sends the codes again; the code inputs go along, empty."""
    return await post(world, "/email", page.text, **dict.fromkeys(code_fields(page), ""), resend="yes")


async def asked(world: World) -> httpx2.Response:
    """Ask for a new e-mail address, and stand before the code."""
    await sign_in(world)
    page = (await world.client.get("/email")).text
    return await post(world, "/email", page, email="new@example.com", current="correct horse")


async def test_the_step_says_where_the_code_went_and_how_to_give_up(world: World) -> None:
    step = await asked(world)
    assert "Code sent to new@example.com" in step.text
    assert 'href="/">Cancel' in step.text
    assert world.stub.users["ada"]["primaryEmail"] == "ada@example.com"


async def test_a_code_can_be_sent_again_once_a_minute(world: World) -> None:
    """B57."""
    step = await asked(world)
    hasty = await send_again(world, step)
    assert hasty.status_code == 429
    assert "less than a minute ago" in hasty.text
    assert code_fields(hasty) == code_fields(step)
    world.clock.advance(seconds=61)
    renewed = await send_again(world, hasty)
    assert renewed.status_code == 200
    assert "We have sent a new code" in renewed.text
    assert code_fields(renewed) != code_fields(step)
    done = await post(world, "/email", renewed.text, **{code_fields(renewed)[0]: CODE})
    assert done.headers["location"] == "/?saved=email"


async def test_after_too_many_wrong_codes_a_new_one_is_the_way_on(world: World) -> None:
    """B54."""
    step = await asked(world)
    name = code_fields(step)[0]
    for _ in range(5):
        wrong = await post(world, "/email", step.text, **{name: "000000"})
        assert "This is not the code we sent" in wrong.text
    over = await post(world, "/email", step.text, **{name: CODE})
    assert over.status_code == 429
    assert "Ask for a new one" in over.text
    world.clock.advance(seconds=61)
    renewed = await send_again(world, over)
    done = await post(world, "/email", renewed.text, **{code_fields(renewed)[0]: CODE})
    assert done.headers["location"] == "/?saved=email"


async def test_a_code_may_be_typed_in_groups(world: World) -> None:
    step = await asked(world)
    grouped = f" {CODE[:3]} {CODE[3:]} "
    done = await post(world, "/email", step.text, **{code_fields(step)[0]: grouped})
    assert done.headers["location"] == "/?saved=email"


async def test_of_two_codes_only_the_wrong_one_is_asked_for_again(world: World) -> None:
    del world.stub.passwords["ada"]
    step = await asked(world)
    right, other = code_fields(step)
    again = await post(world, "/email", step.text, **{right: CODE, other: "000000"})
    assert again.status_code == 422
    assert code_fields(again) == [other]
    done = await post(world, "/email", again.text, **{other: CODE})
    assert done.headers["location"] == "/?saved=email"


async def test_both_codes_can_be_sent_again_after_one_was_right(world: World) -> None:
    del world.stub.passwords["ada"]
    step = await asked(world)
    right, other = code_fields(step)
    again = await post(world, "/email", step.text, **{right: CODE, other: "000000"})
    world.clock.advance(seconds=61)
    renewed = await send_again(world, again)
    done = await post(world, "/email", renewed.text, **dict.fromkeys(code_fields(renewed), CODE))
    assert done.headers["location"] == "/?saved=email"


async def test_a_weak_password_does_not_cost_the_code(world: World) -> None:
    del world.stub.passwords["ada"]
    await sign_in(world)
    first = (await world.client.get("/password")).text
    assert "ada@example.com" in first
    assert 'name="password"' not in first
    step = await post(world, "/password", first)
    weak = await post(world, "/password", step.text, **{code_fields(step)[0]: CODE, "password": "password1"})
    assert weak.status_code == 422
    assert code_fields(weak) == []
    done = await post(world, "/password", weak.text, password="battery staple ten")
    assert done.headers["location"] == "/?saved=password"


async def test_without_a_password_removing_is_confirmed_by_a_code(world: World) -> None:
    del world.stub.passwords["ada"]
    await sign_in(world)
    first = (await world.client.get("/remove-username")).text
    assert "we first send a code to ada@example.com" in first
    step = await post(world, "/remove-username", first)
    done = await post(world, "/remove-username", step.text, **{code_fields(step)[0]: CODE})
    assert done.headers["location"] == "/?saved=remove-username"
    assert world.stub.users["ada"]["username"] is None


async def test_what_is_not_there_cannot_be_removed(world: World) -> None:
    await sign_in(world)
    assert (await world.client.get("/remove-phone")).status_code == 404
    page = (await world.client.get("/name")).text
    assert (await post(world, "/nothing", page)).status_code == 404


async def test_a_taken_address_is_told_at_its_field(world: World) -> None:
    world.stub.add("bob", "battery staple", primaryEmail="new@example.com")
    step = await asked(world)
    taken = await post(world, "/email", step.text, **{code_fields(step)[0]: CODE})
    assert taken.status_code == 409
    assert 'id="email-fault"' in taken.text
    assert 'value="new@example.com"' in taken.text
