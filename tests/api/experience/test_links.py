"""One-time tokens over the Experience API: verify, then identify, as by a code."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from tests.api.experience.headless import Headless, headless
from tests.world import JSON, World
from vestibule.db import Statement
from vestibule.model import OneTimeToken
from vestibule.store import one_time_tokens as store
from vestibule.store.tables import one_time_tokens

pytestmark = pytest.mark.anyio
ADDRESS, PATH = "ada@example.com", "/verification/one-time-token/verify"


async def body_of(world: World, email: str = ADDRESS, **more: Any) -> JSON:
    """Make a token; returns what verifies it."""
    answer = await world.call("POST", "/one-time-tokens", {"email": email, **more})
    return {"identifier": {"type": "email", "value": email}, "token": answer.json()["token"]}


async def test_a_token_signs_in(world: World, program: Headless) -> None:
    user = await world.user(primaryEmail=ADDRESS)
    await program.start()
    verification = (await program.good("POST", PATH, await body_of(world, "Ada@Example.com")))["verificationId"]
    await program.identify(verification)
    assert (await program.good("GET", "/interaction"))["userId"] == user["id"]
    assert await program.code_for_tokens()


async def test_nobody_yet_registers_with_the_same_token(world: World, program: Headless) -> None:
    sign_up = {"identifiers": ["email"], "password": False, "verify": True}
    assert (await world.call("PATCH", "/sign-in-exp", {"signUp": sign_up})).status_code == 200
    await program.start()
    verification = (await program.good("POST", PATH, await body_of(world)))["verificationId"]
    identify = {"verificationId": verification}
    assert await program.refused("POST", "/identification", identify) == (404, "user.user_not_exist")
    await program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert (await program.call("POST", "/identification", identify)).status_code == 201
    assert await program.code_for_tokens()


async def test_where_nobody_registers_with_an_identifier_a_link_invites_and_a_code_does_not(
    world: World, program: Headless
) -> None:
    """What is asked for beside is asked of whom a provider names, and opens no door of its own."""
    beside = [{"identifier": "email"}, {"identifier": "username"}]
    sign_up = {"identifiers": [], "password": False, "verify": True, "secondaryIdentifiers": beside}
    assert (await world.call("PATCH", "/sign-in-exp", {"signUp": sign_up})).status_code == 200
    closed = (422, "user.sign_in_method_not_enabled")
    await program.start("Register")
    sent = await program.verified_code(ADDRESS, "Register")
    assert await program.refused("POST", "/identification", {"verificationId": sent}) == closed
    await program.good("POST", "/profile", {"type": "username", "value": "ada"})
    assert await program.refused("POST", "/identification", {}) == closed
    assert (await world.call("GET", "/users")).json() == []
    await program.start("Register")
    await program.good("POST", "/profile", {"type": "username", "value": "ada"})
    verification = (await program.good("POST", PATH, await body_of(world)))["verificationId"]
    assert (await program.call("POST", "/identification", {"verificationId": verification})).status_code == 201
    assert await program.code_for_tokens()


async def test_a_token_fits_one_of_many_sign_ins(world: World, program: Headless) -> None:
    await world.user(primaryEmail=ADDRESS)
    body = await body_of(world)
    programs = [program, *[await headless(world) for _ in range(4)]]
    for one in programs:
        await one.begin()
        await one.start()
    answers = await asyncio.gather(*(one.call("POST", PATH, body) for one in programs))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    assert {a.json().get("code") for a in answers} == {None, "one_time_token.token_consumed"}


async def test_a_token_for_another_purpose_does_not_identify(world: World, program: Headless) -> None:
    """B56."""
    await world.user(primaryEmail=ADDRESS)
    await program.start()
    body = await body_of(world, context={"interactionEvent": "ForgotPassword"})
    verification = (await program.good("POST", PATH, body))["verificationId"]
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused[1] == "session.verification_failed"


async def test_a_mailbox_that_is_only_looked_up_alike_is_not_that_of_the_token(world: World, program: Headless) -> None:
    """A27."""
    await world.user(primaryEmail="voss@example.com")
    await program.start()
    verification = (await program.good("POST", PATH, await body_of(world, "voß@example.com")))["verificationId"]
    refused = await program.refused("POST", "/identification", {"verificationId": verification})
    assert refused == (404, "user.user_not_exist")


async def test_the_mailbox_of_the_token_is_no_second_factor(world: World, program: Headless) -> None:
    """A21."""
    mfa = {"factors": ["Totp", "EmailVerificationCode"], "policy": "Mandatory"}
    assert (await world.call("PATCH", "/sign-in-exp", {"mfa": mfa})).status_code == 200
    await world.user(primaryEmail=ADDRESS)
    await program.start()
    await program.identify((await program.good("POST", PATH, await body_of(world)))["verificationId"])
    answer = await program.call("POST", "/submit")
    assert (answer.status_code, answer.json()["code"]) == (422, "user.missing_mfa")
    assert answer.json()["data"]["availableFactors"] == ["Totp"]


async def test_a_token_without_a_purpose_replaces_no_forgotten_password(world: World, program: Headless) -> None:
    """B56: and it stays good for what it is for."""
    await world.user(primaryEmail=ADDRESS)
    body = await body_of(world)
    await program.start("ForgotPassword")
    assert await program.refused("POST", PATH, body) == (400, "session.verification_failed")
    await program.start()
    await program.identify((await program.good("POST", PATH, body))["verificationId"])
    assert await program.code_for_tokens()


async def test_a_token_that_was_not_used_up_here_proves_nothing(
    world: World, program: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = await body_of(world)
    await program.start()
    one = one_time_tokens.c
    matches = (one.value_digest == bindparam("value_digest"), one.email_folded == bindparam("of_email"))
    nothing = select(one_time_tokens).where(*matches, one.expires_at < bindparam("now"))
    monkeypatch.setattr(store, "CONSUME", Statement(nothing, OneTimeToken))
    assert await program.refused("POST", PATH, body) == (400, "one_time_token.token_consumed")
