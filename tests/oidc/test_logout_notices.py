"""OpenID Connect Back-Channel Logout 1.0: applications hear that somebody is signed out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest

from tests.oidc.receiver import BUSY, OK, Receiver, receiving
from tests.oidc.world import JSON, App, Browser, World, worlds
from vestibule.domain import deletion, grants, logout_notices, sessions, users
from vestibule.domain.logout_notices import AT_ONCE, EVENT, LEASE_MS, PAUSES_SECONDS
from vestibule.store import logout_notices as store
from vestibule.store.tables import logout_notices as table
from vestibule.store.tables import logs

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A server that may reach this machine."""
    async with worlds(database_url, VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8") as made:
        yield made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody who listens."""
    async with receiving() as made:
        yield made


async def listener(world: World, receiver: Receiver, **more: Any) -> App:
    """An application that wants to hear of sign-outs."""
    return await world.application(metadata={"backchannelLogoutUri": receiver.uri, **more})


async def signed_in(world: World, *apps: App) -> Browser:
    """Ada, in a browser, signed in to each application."""
    browser = world.browser()
    for app in apps:
        await browser.tokens(app)
    return browser


async def deliver(world: World) -> int:
    return await logout_notices.deliver(world.ctx, world.keys)


async def opened(world: World, token: str, app: App) -> JSON:
    """Check a logout token as section 2.6 says, with a JOSE library that the server does not use."""
    known = jwt.PyJWKSet.from_dict((await world.client().get("/oidc/jwks")).json())
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "logout+jwt"
    claims = jwt.decode(
        token,
        known[header["kid"]].key,
        algorithms=["ES384"],
        audience=app.id,
        issuer=world.ctx.settings.issuer,
        options={"verify_exp": False, "verify_iat": False, "require": ["iss", "aud", "iat", "exp", "jti", "events"]},
    )
    assert claims["events"] == {EVENT: {}}
    assert claims["exp"] - claims["iat"] == 120
    assert claims["iat"] == world.clock.now() // 1000
    assert "nonce" not in claims
    return dict(claims)


async def test_signing_out_tells_every_application_of_the_session_that_listens(
    world: World, receiver: Receiver
) -> None:
    user = await world.user()
    first, second = await listener(world, receiver), await listener(world, receiver)
    browser = await signed_in(world, first, second, await world.application())
    assert await deliver(world) == 0
    await world.sign_out(browser)
    assert receiver.tokens == []  # nothing is sent while the session ends
    assert await deliver(world) == 2
    audiences = {jwt.decode(token, options={"verify_signature": False})["aud"]: token for token in receiver.tokens}
    assert set(audiences) == {first.id, second.id}
    claims = [await opened(world, audiences[app.id], app) for app in (first, second)]
    assert [one["sub"] for one in claims] == [user.id, user.id]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert not any("sid" in one for one in claims)
    assert all("content-type: application/x-www-form-urlencoded" in head.lower() for head in receiver.heads)
    assert await deliver(world) == 0


async def test_the_token_names_the_session_as_the_id_token_did(world: World, receiver: Receiver) -> None:
    await world.user()
    app = await listener(world, receiver, backchannelLogoutSessionRequired=True)
    browser = world.browser()
    known = await world.claims((await browser.tokens(app))["id_token"])
    await world.sign_out(browser)
    await deliver(world)
    assert (await opened(world, receiver.tokens[0], app))["sid"] == known["sid"]


async def test_an_application_that_is_away_is_told_again(world: World, receiver: Receiver) -> None:
    """B114: with longer and longer pauses, each time by a fresh token, and never twice once it has listened."""
    await world.user()
    app = await listener(world, receiver)
    await world.sign_out(await signed_in(world, app))
    receiver.answer = BUSY
    assert await deliver(world) == 1
    for pause in PAUSES_SECONDS[:2]:
        world.clock.advance(seconds=pause - 1)
        assert await deliver(world) == 0
        world.clock.advance(seconds=1)
        assert await deliver(world) == 1
    receiver.answer = OK
    world.clock.advance(seconds=PAUSES_SECONDS[2])
    assert await deliver(world) == 1
    world.clock.advance(seconds=86_400)
    assert await deliver(world) == 0
    assert len(receiver.tokens) == 4
    ids = [jwt.decode(token, options={"verify_signature": False})["jti"] for token in receiver.tokens]
    assert len(set(ids)) == 4
    world.clock.advance(seconds=-86_400)
    await opened(world, receiver.tokens[-1], app)


async def test_an_application_that_stays_away_is_given_up(world: World, receiver: Receiver) -> None:
    await world.user()
    await world.sign_out(await signed_in(world, await listener(world, receiver)))
    receiver.answer = BUSY
    for pause in (0, *PAUSES_SECONDS):
        world.clock.advance(seconds=pause)
        assert await deliver(world) == 1
    world.clock.advance(seconds=86_400)
    assert await deliver(world) == 0
    await world.ctx.trail.settle()
    trail = await world.dump(logs)
    assert "Session.End.Notice" in trail
    assert "answered with status 503" in trail
    assert receiver.tokens[0] not in trail


async def test_two_servers_send_a_notice_once(world: World, receiver: Receiver) -> None:
    await world.user()
    await world.sign_out(await signed_in(world, await listener(world, receiver)))
    assert sorted(await asyncio.gather(deliver(world), deliver(world))) == [0, 1]
    assert len(receiver.tokens) == 1


async def test_a_notice_survives_whoever_was_sending_it(world: World, receiver: Receiver) -> None:
    """Nobody else takes it meanwhile; once its lease is over somebody does."""
    await world.user()
    await world.sign_out(await signed_in(world, await listener(world, receiver)))
    now = world.clock.now()
    async with world.ctx.db.write() as tx:
        taken = await tx.all(store.CLAIM, now=now, until=now + LEASE_MS, most=10)
    assert len(taken) == 1
    assert await deliver(world) == 0
    world.clock.advance(seconds=LEASE_MS // 1000)
    assert await deliver(world) == 1
    assert len(receiver.tokens) == 1


async def test_a_private_address_hears_nothing(database_url: str, receiver: Receiver) -> None:
    """B92: the operator has opened no private network."""
    async with worlds(database_url) as world:
        await world.user()
        await world.sign_out(await signed_in(world, await listener(world, receiver)))
        assert await deliver(world) == 1
        assert receiver.tokens == []


@pytest.mark.parametrize("end", ["suspend", "delete", "password", "administrator", "somebody else"])
async def test_every_end_of_a_session_is_told(world: World, receiver: Receiver, end: str) -> None:
    user = await world.user()
    app = await listener(world, receiver)
    browser = await signed_in(world, app)
    if end == "suspend":
        await users.suspend(world.ctx, user.id, True)
    elif end == "delete":
        await deletion.delete_user(world.ctx, user.id, "")
    elif end == "password":
        async with world.ctx.db.write() as tx:
            await sessions.end_all(tx, world.clock, user.id)
    elif end == "administrator":
        (session,) = await sessions.of_user(world.ctx, user.id)
        await sessions.end_of_user(world.ctx, user.id, session.session.uid, None)
    else:
        await world.user("bob")
        await browser.code(app, user="bob", prompt="login")
    assert await deliver(world) == 1
    assert (await opened(world, receiver.tokens[0], app))["sub"] == user.id


async def test_signing_in_again_in_the_same_browser_tells_nobody(world: World, receiver: Receiver) -> None:
    await world.user()
    app = await listener(world, receiver)
    browser = await signed_in(world, app)
    await browser.code(app, prompt="login")
    assert await deliver(world) == 0


async def test_one_application_alone_can_be_signed_out(world: World, receiver: Receiver) -> None:
    """A grant is taken back: that application is told, and the session goes on with the others."""
    user = await world.user()
    app, other = await listener(world, receiver), await listener(world, receiver)
    browser = await signed_in(world, app, other)
    given = await grants.of_user(world.ctx, user.id)
    (grant,) = [one.grant for one in given if one.grant.application_id == app.id]
    await grants.revoke_of_user(world.ctx, user.id, grant.id)
    assert await deliver(world) == 1
    await opened(world, receiver.tokens[0], app)
    assert "code" in (await browser.authorize(other, prompt="none")).headers["location"]


async def test_an_application_that_no_longer_listens_is_left_alone(world: World, receiver: Receiver) -> None:
    await world.user()
    app = await listener(world, receiver)
    await world.sign_out(await signed_in(world, app))
    await world.change("applications", app.id, oidc_client_metadata='{"redirectUris":[],"postLogoutRedirectUris":[]}')
    assert await deliver(world) == 1
    assert (receiver.tokens, await world.dump(table)) == ([], "[[]]")


async def test_an_application_that_never_answers_does_not_keep_the_others_waiting(
    world: World, receiver: Receiver
) -> None:
    """Each has its turn, however many notices wait for one of them."""
    async with receiving() as busy:
        busy.answer = BUSY
        away, there = await listener(world, busy), await listener(world, receiver)
        await world.user()
        for _ in range(AT_ONCE + 2):
            await world.sign_out(await signed_in(world, away))
        await world.sign_out(await signed_in(world, there))
        assert await deliver(world) == AT_ONCE
        assert len(receiver.tokens) == 1
