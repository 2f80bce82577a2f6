"""Told by the identity server that somebody is signed out: what ends, and what is believed."""

from typing import Any

import pytest
from httpx2 import Response
from joserfc.jwk import ECKey
from starlette.responses import Response as Answer

from tests.account.conftest import World, browser
from tests.account.test_page import COOKIE, sign_in
from vestibule.account.page.logout_tokens import EVENT

pytestmark = pytest.mark.anyio
SIGN_IN = "sign-in one"


def logout_claims(world: World, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good logout token for ada's sign-in, changed; None leaves one out."""
    now = world.clock.now() // 1000
    made = {
        "iss": world.stub.issuer, "aud": "page", "iat": now, "exp": now + 120, "jti": "j", "sub": "ada",
        "sid": SIGN_IN, "events": {EVENT: {}},
    }  # fmt: skip
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


async def tell(world: World, **changes: Any) -> Response:
    """Post a logout token of the identity server's."""
    return await post(world, world.stub.sign(logout_claims(world, **changes), typ="logout+jwt"))


async def post(world: World, *tokens: str) -> Response:
    """Post tokens, from no browser."""
    async with browser(world.server) as other:
        return await other.post("/backchannel-logout", data={"logout_token": list(tokens)})


async def is_signed_in(world: World) -> bool:
    """Tell whether the browser is."""
    return (await world.client.get("/")).status_code == 200


async def test_a_sign_in_that_is_over_ends_the_sessions_that_rest_on_it(world: World) -> None:
    """B39: at once, also those whose tokens are still good."""
    await sign_in(world, sid=SIGN_IN)
    assert await is_signed_in(world)
    answer = await tell(world)
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert not await is_signed_in(world)
    assert (await tell(world)).status_code == 200, "there is nothing left to end"


async def test_another_sign_in_of_the_same_person_goes_on(world: World) -> None:
    await sign_in(world, sid="sign-in two")
    assert (await tell(world)).status_code == 200
    assert await is_signed_in(world)


async def test_the_sign_in_of_somebody_else_goes_on(world: World) -> None:
    await sign_in(world, sid=SIGN_IN)
    assert (await tell(world, sub="bob")).status_code == 200
    assert await is_signed_in(world)


async def test_without_a_sign_in_every_session_of_the_person_ends(world: World) -> None:
    """Section 2.4."""
    await sign_in(world, sid=SIGN_IN)
    assert (await tell(world, sid=None)).status_code == 200
    assert not await is_signed_in(world)


@pytest.mark.parametrize("sid", [None, SIGN_IN])
async def test_what_is_told_late_or_again_ends_nothing_that_began_since(world: World, sid: str | None) -> None:
    """B28: a retry is a fresh token, which says when it happened; a minute is for clocks that differ."""
    happened = world.clock.now() / 1000
    world.clock.advance(seconds=62)
    await sign_in(world, sid=SIGN_IN)
    assert (await tell(world, sid=sid, toe=happened)).status_code == 200
    assert await is_signed_in(world)
    assert (await tell(world, sid=sid, toe=happened + 3)).status_code == 200
    assert not await is_signed_in(world)


async def test_a_session_that_does_not_know_its_sign_in_ends_with_any_of_the_person(world: World) -> None:
    """One from before this was told, or at a server whose ID tokens name no session; nobody else's."""
    await sign_in(world)
    assert (await tell(world, sub="bob")).status_code == 200
    assert await is_signed_in(world)
    assert (await tell(world)).status_code == 200
    assert not await is_signed_in(world)


async def test_without_a_person_the_sign_in_is_enough(world: World) -> None:
    await sign_in(world, sid=SIGN_IN)
    assert (await tell(world, sub=None)).status_code == 200
    assert not await is_signed_in(world)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example/oidc"}, {"aud": "another"}, {"aud": None}, {"events": None}, {"events": {}},
        {"events": {EVENT: "x"}}, {"events": {"other": {}}}, {"nonce": "n"}, {"nonce": 0}, {"sub": None, "sid": None},
        {"iat": None}, {"exp": None}, {"exp": 1}, {"iat": 4_000_000_000}, {"sub": 5}, {"sid": ["x"]},
    ],
)  # fmt: skip
async def test_what_is_no_logout_token_for_this_page_ends_nothing(world: World, changes: dict[str, Any]) -> None:
    """Section 2.6, each check."""
    await sign_in(world, sid=SIGN_IN)
    answer = await tell(world, **changes)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert await is_signed_in(world)


async def test_a_token_of_another_kind_or_another_key_ends_nothing(world: World) -> None:
    """B10: an access token or one of a stranger passes for no logout token; neither does none, or two."""
    await sign_in(world, sid=SIGN_IN)
    claims = logout_claims(world)
    foreign = ECKey.generate_key("P-256", {"kid": "one"})
    good = world.stub.sign(claims, typ="logout+jwt")
    for given in (
        (world.stub.sign(claims),),
        (world.stub.sign(claims, foreign, typ="logout+jwt"),),
        ("x",),
        (),
        (good, good),
    ):
        assert (await post(world, *given)).status_code == 400
    assert await is_signed_in(world)


async def test_what_cannot_be_checked_now_is_asked_for_again(world: World) -> None:
    """503: the identity server tries again later."""
    await sign_in(world, sid=SIGN_IN)
    world.clock.advance(seconds=1200)
    world.stub.key = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
    world.stub.broken = lambda path: Answer(status_code=500) if "jwks" in path else None
    token = world.stub.sign(logout_claims(world), typ="logout+jwt", kid="two")
    assert (await post(world, token)).status_code == 503
    world.stub.broken = lambda _: None
    world.clock.advance(seconds=31)
    assert (await post(world, token)).status_code == 200
    assert COOKIE in world.client.cookies
