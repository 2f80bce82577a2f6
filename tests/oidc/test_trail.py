"""What signing in, tokens and signing out leave in the audit trail (B95)."""

import msgspec
import pytest
from sqlalchemy import select

from tests.oidc.world import JSON, PASSWORD, World
from vestibule.db import Statement
from vestibule.model import LogEntry
from vestibule.store.tables import logs

pytestmark = pytest.mark.anyio
ALL = Statement(select(logs).order_by(logs.c.created_at), LogEntry)
PASSWORD_STEP = "Interaction.SignIn.Verification.Password.Submit"


async def entries(world: World, key: str = "") -> list[JSON]:
    """Return the payloads of the trail, oldest first."""
    await world.ctx.trail.settle()
    async with world.ctx.db.read() as tx:
        found = await tx.all(ALL)
    return [msgspec.json.decode(entry.payload) for entry in found if not key or entry.key == key]


async def test_a_sign_in_leaves_its_steps(world: World) -> None:
    user, app = await world.user(), await world.application()
    await world.browser().tokens(app)
    trail = await entries(world)
    assert [entry["key"] for entry in trail if entry["userId"] == user.id] == [entry["key"] for entry in trail]
    assert {entry["key"] for entry in trail} == {
        PASSWORD_STEP,
        "Interaction.SignIn.Submit",
        "Interaction.End",
        "ExchangeTokenBy.AuthorizationCode",
    }
    assert {entry["applicationId"] for entry in trail} == {app.id}


async def test_a_wrong_password_leaves_whose_it_was(world: World) -> None:
    user, app = await world.user(), await world.application()
    browser = world.browser()
    await browser.authorize(app)
    for name in ("ada", "nobody"):
        await browser.client.post("/sign-in", data={"identifier": name, "password": "not the one"})
        world.clock.advance(seconds=1)
    known, unknown = await entries(world, PASSWORD_STEP)
    assert (known["error"], known["userId"]) == ("session.invalid_credentials", user.id)
    assert "userId" not in unknown


async def test_a_refused_code_leaves_the_reason_that_the_client_never_learns(world: World) -> None:
    await world.user()
    app = await world.application()
    code = await world.browser().code(app)
    await world.redeem(app, code)
    world.clock.advance(seconds=1)
    answer = await world.redeem(app, code)
    assert answer.json()["error_description"] == "grant request is invalid"
    refused = (await entries(world, "ExchangeTokenBy.AuthorizationCode"))[-1]
    assert refused["error"] == "invalid_grant: the code was used before"


async def test_secrets_of_the_token_endpoint_are_masked(world: World) -> None:
    """B93."""
    await world.user()
    app = await world.application()
    code = await world.browser().code(app)
    tokens = (await world.redeem(app, code)).json()
    text = str(await entries(world))
    secrets = [code, app.secret or "", PASSWORD, tokens["access_token"], tokens["id_token"]]
    assert not [secret for secret in secrets if secret in text]
    assert "******" in text


async def test_signing_out_and_revoking_leave_an_entry(world: World) -> None:
    user, app = await world.user(), await world.application()
    browser = world.browser()
    tokens = await browser.tokens(app)
    await world.post("/oidc/token/revocation", {"token": tokens["access_token"], **app.login})
    await world.sign_out(browser)
    (revoked,) = await entries(world, "RevokeToken")
    (ended,) = await entries(world, "Session.End")
    assert (revoked["userId"], revoked["applicationId"], ended["userId"]) == (user.id, app.id, user.id)
