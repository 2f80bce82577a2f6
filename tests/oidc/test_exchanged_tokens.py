"""What becomes of exchanged tokens: what they may do, how long they live, and what ends them."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Table

from tests.oidc.exchanging import (
    ACCESS,
    API,
    IMPERSONATION,
    PERSONAL,
    exchange,
    exchanged,
    exchanger,
    holder,
    impersonation,
    is_live,
    personal,
    reason,
)
from tests.oidc.world import App, World
from vestibule.domain import personal_access_tokens, users
from vestibule.domain.expiry import expire
from vestibule.store.tables import access_tokens, metadata, subject_tokens

pytestmark = pytest.mark.anyio


async def opaque(world: World, app: App, token: str, kind: str = PERSONAL, **more: Any) -> str:
    return str((await exchanged(world, app, token, kind, **{"scope": "openid", **more}))["access_token"])


# --- of personal access tokens -------------------------------------------------------------------------------


async def test_what_a_personal_access_token_got_dies_with_it_and_nothing_else_does(world: World) -> None:
    """B86: at once."""
    user, app = await holder(world), await exchanger(world)
    token, other = await personal(world, user), await personal(world, user, "other")
    mine = [await opaque(world, app, token), await opaque(world, app, token)]
    derived = await opaque(world, app, mine[0], ACCESS)
    spared = [
        await opaque(world, app, other),
        await opaque(world, app, await impersonation(world, user), IMPERSONATION),
    ]
    await personal_access_tokens.delete(world.ctx, user.id, "deploy")
    assert [await is_live(world, one) for one in [*mine, derived, *spared]] == [False, False, False, True, True]
    await reason(world, await exchange(world, app, mine[0], ACCESS))


async def test_what_an_expiring_token_got_does_not_outlive_it(world: World) -> None:
    """B86: opaque tokens and JWTs alike."""
    user, app = await holder(world), await exchanger(world)
    ends_at = world.clock.now() + 90_500
    token = await personal(world, user, expires_at=ends_at)
    made, jwt = await exchanged(world, app, token, scope="openid"), await exchanged(world, app, token, resource=API)
    assert (made["expires_in"], jwt["expires_in"]) == (90, 90)
    assert (await world.claims(jwt["access_token"]))["exp"] * 1000 <= ends_at
    world.clock.advance(seconds=89)
    assert await is_live(world, made["access_token"])
    world.clock.advance(seconds=1.1)
    assert not await is_live(world, made["access_token"])


async def test_suspension_ends_tokens_for_good(world: World) -> None:
    """B30, B86: they do not come back when it is lifted, and the personal access token does."""
    user, app = await holder(world), await exchanger(world)
    token, sub = await personal(world, user), await impersonation(world, user)
    made = [await opaque(world, app, token), await opaque(world, app, await impersonation(world, user), IMPERSONATION)]
    await users.suspend(world.ctx, user.id, True)
    assert [await is_live(world, one) for one in made] == [False, False]
    await reason(world, await exchange(world, app, token))
    await users.suspend(world.ctx, user.id, False)
    assert [await is_live(world, one) for one in made] == [False, False]
    await reason(world, await exchange(world, app, sub, IMPERSONATION))
    assert await is_live(world, await opaque(world, app, token))


@pytest.mark.parametrize("end", ["delete the token", "suspend the user"])
async def test_an_end_that_happens_at_the_same_time_leaves_nothing_alive(world: World, end: str) -> None:
    """B86: whoever comes first."""
    user, app = await holder(world), await exchanger(world)

    async def ending(name: str, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        if end == "delete the token":
            await personal_access_tokens.delete(world.ctx, user.id, name)
        else:
            await users.suspend(world.ctx, user.id, True)

    for number in range(20):
        token = await personal(world, user, f"token {number}")
        late = asyncio.ensure_future(ending(f"token {number}", number))
        answers = await asyncio.gather(*[exchange(world, app, token, scope="openid") for _ in range(6)])
        await late
        await users.suspend(world.ctx, user.id, False)
        for answer in answers:
            if answer.status_code == 200:
                assert not await is_live(world, answer.json()["access_token"])
            else:
                assert answer.json()["error"] == "invalid_grant"


# --- of subject tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", [None, API])
async def test_a_subject_token_is_used_once_however_many_try(world: World, resource: str | None) -> None:
    """B24's rule, for impersonation."""
    user, app = await holder(world), await exchanger(world)
    token = await impersonation(world, user)
    answers = await asyncio.gather(*[exchange(world, app, token, IMPERSONATION, resource=resource) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    await reason(world, await exchange(world, app, token, IMPERSONATION))


async def test_an_impersonation_lasts_as_long_as_any_token(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    made = await opaque(world, app, await impersonation(world, user), IMPERSONATION)
    world.clock.advance(seconds=3599)
    assert await is_live(world, made)
    world.clock.advance(seconds=1)
    assert not await is_live(world, made)


# --- of access tokens ----------------------------------------------------------------------------------------


async def test_an_access_token_never_becomes_more_of_the_same_nor_longer(world: World) -> None:
    await holder(world, primary_email="ada@example.com")
    app, web = await exchanger(world), await world.application()
    token = (await world.browser().tokens(web, scope="openid profile"))["access_token"]
    world.clock.advance(seconds=1000)
    same = await exchanged(world, app, token, ACCESS, scope="openid email")
    assert (same["scope"], same["expires_in"]) == ("openid", 2600)
    again = await exchanged(world, app, same["access_token"], ACCESS, scope="openid profile")
    assert (again["scope"], again["expires_in"]) == ("openid", 2600)
    elsewhere = await exchanged(world, app, token, ACCESS, scope="read write", resource=API)
    assert (elsewhere["scope"], elsewhere["expires_in"]) == ("read write", 2600)


async def test_a_jwt_never_becomes_more_of_the_same_nor_longer(world: World) -> None:
    await holder(world)
    app, web = await exchanger(world), await world.application()
    token = (await world.browser().tokens(web, scope="openid read", resource=API))["access_token"]
    world.clock.advance(seconds=1000)
    same = await exchanged(world, app, token, ACCESS, scope="read write", resource=API)
    assert (same["scope"], same["expires_in"]) == ("read", 2600)
    assert (await world.claims(same["access_token"]))["client_id"] == app.id
    elsewhere = await exchanged(world, app, token, ACCESS, scope="openid read")
    assert (elsewhere["scope"], elsewhere["expires_in"]) == ("openid", 2600)
    assert await is_live(world, elsewhere["access_token"])
    world.clock.advance(seconds=2600)
    assert not await is_live(world, elsewhere["access_token"])
    await reason(world, await exchange(world, app, token, ACCESS))


async def test_signing_out_ends_what_a_sessions_token_got(world: World) -> None:
    await holder(world)
    app, web, browser = await exchanger(world), await world.application(), world.browser()
    token = (await browser.tokens(web))["access_token"]
    derived = await opaque(world, app, token, ACCESS)
    await world.sign_out(browser)
    assert not await is_live(world, derived)
    await reason(world, await exchange(world, app, token, ACCESS))


async def test_revoking_a_grant_ends_what_its_token_got(world: World) -> None:
    await holder(world)
    app, web = await exchanger(world), await world.application()
    token = (await world.browser().tokens(web))["access_token"]
    derived = await opaque(world, app, token, ACCESS)
    await world.post("/oidc/token/revocation", {"token": token, **web.login})
    assert not await is_live(world, derived)


# --- looking up and revoking ---------------------------------------------------------------------------------


async def test_a_token_without_a_grant_is_looked_up_and_revoked(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    other = await exchanger(world)
    token, kept = [await opaque(world, app, await personal(world, user, name)) for name in ("a", "b")]
    seen = (await world.post("/oidc/token/introspection", {"token": token, **app.login})).json()
    now = world.clock.now() // 1000
    assert seen == {
        "active": True, "sub": user.id, "client_id": app.id, "iat": now, "exp": now + 3600,
        "iss": world.ctx.settings.issuer, "scope": "openid", "token_type": "Bearer",
    }  # fmt: skip
    foreign = {"token": token, **other.login}
    assert (await world.post("/oidc/token/introspection", foreign)).json() == {"active": False}
    assert (await world.post("/oidc/token/revocation", foreign)).status_code == 400
    assert await is_live(world, token)
    assert (await world.post("/oidc/token/revocation", {"token": token, **app.login})).status_code == 200
    assert [await is_live(world, one) for one in (token, kept)] == [False, True]
    assert (await world.post("/oidc/token/introspection", {"token": token, **app.login})).json() == {"active": False}


async def test_revoking_what_was_got_for_anothers_token_ends_only_itself(world: World) -> None:
    """B34: the grant is the other client's."""
    await holder(world)
    app, web = await exchanger(world), await world.application()
    token = (await world.browser().tokens(web))["access_token"]
    derived = await opaque(world, app, token, ACCESS)
    assert (await world.post("/oidc/token/revocation", {"token": derived, **app.login})).status_code == 200
    assert [await is_live(world, one) for one in (token, derived)] == [True, False]


# --- actors --------------------------------------------------------------------------------------------------


async def test_a_jwt_says_who_acts_and_who_acted_before(world: World) -> None:
    """RFC 8693 section 4.1."""
    user, bob, app = await holder(world), await world.user("bob"), await exchanger(world)
    eve = await world.user("eve")
    acting: dict[str, Any] = {"actor_token_type": ACCESS, "resource": API, "scope": "read"}
    by_bob = {"actor_token": await opaque(world, app, await personal(world, bob)), **acting}
    by_eve = {"actor_token": await opaque(world, app, await personal(world, eve)), **acting}
    first = await exchanged(world, app, await impersonation(world, user), IMPERSONATION, **by_bob)
    claims = await world.claims(first["access_token"])
    assert (claims["sub"], claims["act"]) == (user.id, {"sub": bob.id})
    silent = await exchanged(world, app, first["access_token"], ACCESS, resource=API)
    assert (await world.claims(silent["access_token"]))["act"] == {"sub": bob.id}
    second = await exchanged(world, app, first["access_token"], ACCESS, **by_eve)
    assert (await world.claims(second["access_token"]))["act"] == {"sub": eve.id, "act": {"sub": bob.id}}
    nobody = await exchanged(world, app, await personal(world, user), resource=API)
    assert "act" not in await world.claims(nobody["access_token"])


async def test_an_actor_needs_an_opaque_access_token_with_openid(world: World) -> None:
    user, bob, app = await holder(world), await world.user("bob"), await exchanger(world)
    token, of_bob = await impersonation(world, user), await personal(world, bob)
    good = await opaque(world, app, of_bob)
    wrong = [
        {"actor_token": good},
        {"actor_token": good, "actor_token_type": PERSONAL},
        {"actor_token": of_bob, "actor_token_type": PERSONAL},
        {"actor_token": of_bob, "actor_token_type": ACCESS},
        {"actor_token": f"{good}x", "actor_token_type": ACCESS},
        {"actor_token": await opaque(world, app, of_bob, scope="profile"), "actor_token_type": ACCESS},
        {"actor_token": await opaque(world, app, of_bob, resource=API), "actor_token_type": ACCESS},
    ]
    for actor in wrong:
        assert "actor" in await reason(world, await exchange(world, app, token, IMPERSONATION, **actor))
    await users.suspend(world.ctx, bob.id, True)
    late = {"actor_token": good, "actor_token_type": ACCESS}
    await reason(world, await exchange(world, app, token, IMPERSONATION, **late))
    await exchanged(world, app, token, IMPERSONATION)  # none of them has used it up


# --- what is left --------------------------------------------------------------------------------------------


async def test_expired_tokens_are_swept_away(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    await opaque(world, app, await personal(world, user))
    await opaque(world, app, await impersonation(world, user), IMPERSONATION)
    await impersonation(world, user)
    assert await expire(world.ctx) == 0
    world.clock.advance(seconds=601)
    assert await expire(world.ctx) == 2
    world.clock.advance(seconds=3000)
    assert await expire(world.ctx) == 2
    assert await world.dump(access_tokens, subject_tokens) == "[[], []]"
    assert len(await personal_access_tokens.of_user(world.ctx, user.id)) == 1


async def everything(world: World) -> str:
    await world.ctx.trail.settle()
    tables: list[Table] = list(metadata.tables.values())
    return await world.dump(*tables) + "".join(world.lines)


async def test_no_value_is_found_in_the_store_or_the_log(world: World) -> None:
    """B93, B98: after every kind of use and refusal."""
    user, app = await holder(world), await exchanger(world)
    values = [await personal(world, user), await impersonation(world, user)]
    values.append(await opaque(world, app, values[0]))
    values.append((await exchanged(world, app, values[1], IMPERSONATION, resource=API))["access_token"])
    values.append(await opaque(world, app, values[2], ACCESS))
    actor = {"actor_token": values[2], "actor_token_type": ACCESS}
    await exchanged(world, app, values[0], resource=API, **actor)
    for token in values:
        for kind in (PERSONAL, IMPERSONATION, ACCESS, "odd"):
            await exchange(world, app, token, kind, organization_id="o", **actor)
        await exchange(world, app, token, actor_token=token, actor_token_type="odd")
        await world.post("/oidc/token/introspection", {"token": token, **app.login})
        await world.userinfo(token)
    found = await everything(world)
    assert user.id in found
    assert [value for value in values if value in found] == []
    await world.execute(access_tokens.update().values(scope=values[0]))
    assert values[0] in await everything(world)  # the control: it would be seen
