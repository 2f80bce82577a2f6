"""Token exchange (RFC 8693, contract section 4): what comes out, who may ask, and each way to be refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete

from tests.oidc.exchanging import (
    ACCESS,
    API,
    GRANT,
    IMPERSONATION,
    PERSONAL,
    exchange,
    exchanged,
    exchanger,
    holder,
    impersonation,
    personal,
    reason,
    suspended,
)
from tests.oidc.world import PUBLIC_URL, App, World
from vestibule.domain import deletion, personal_access_tokens
from vestibule.model import MANAGEMENT_RESOURCE, User
from vestibule.store import resources as store
from vestibule.store.tables import user_roles

pytestmark = pytest.mark.anyio

MAKERS: dict[str, Callable[[World, User], Awaitable[str]]] = {PERSONAL: personal, IMPERSONATION: impersonation}


async def access(world: World, resource: str = "") -> tuple[str, App]:
    """Sign Ada in; returns her access token and the application that has it."""
    app = await world.application()
    return (await world.browser().tokens(app, scope="openid read", resource=resource))["access_token"], app


@pytest.mark.parametrize("kind", [PERSONAL, IMPERSONATION])
async def test_an_opaque_token_opens_userinfo_as_far_as_asked(world: World, kind: str) -> None:
    user, app = await holder(world, primary_email="ada@example.com"), await exchanger(world)
    answer = await exchange(world, app, await MAKERS[kind](world, user), kind, scope="openid email read offline_access")
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert body == {
        "access_token": body["access_token"],
        "expires_in": 3600,
        "scope": "openid email",
        "token_type": "Bearer",
        "issued_token_type": ACCESS,
    }
    claims = {"sub": user.id, "email": "ada@example.com", "email_verified": True}
    assert (await world.userinfo(body["access_token"])).json() == claims


@pytest.mark.parametrize("kind", [PERSONAL, IMPERSONATION])
async def test_a_jwt_holds_what_is_asked_and_held(world: World, kind: str) -> None:
    user, app = await holder(world), await exchanger(world)
    scope = "write openid email delete unknown read write"
    body = await exchanged(world, app, await MAKERS[kind](world, user), kind, scope=scope, resource=API)
    assert body.keys() == {"access_token", "expires_in", "scope", "token_type", "issued_token_type"}
    assert (body["scope"], body["expires_in"]) == ("write read", 3600)
    claims = await world.claims(body["access_token"])
    now = world.clock.now() // 1000
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "sub": user.id,
        "client_id": app.id,
        "iat": now,
        "exp": now + 3600,
        "scope": "write read",
        "iss": f"{PUBLIC_URL}/oidc",
        "aud": API,
    }
    assert (await world.userinfo(body["access_token"])).status_code == 401


async def test_nothing_asked_is_nothing_granted_and_still_says_so(world: World) -> None:
    app, token = await exchanger(world), await personal(world, await holder(world))
    opaque = await exchanged(world, app, token)
    assert opaque["scope"] == ""
    assert (await world.userinfo(opaque["access_token"])).json()["error"] == "insufficient_scope"
    jwt = await exchanged(world, app, token, resource=API)
    assert jwt["scope"] == (await world.claims(jwt["access_token"]))["scope"] == ""


async def test_permissions_are_those_of_now(world: World) -> None:
    """B80: a role taken away is gone from the next token."""
    app, token = await exchanger(world), await personal(world, await holder(world))
    assert (await exchanged(world, app, token, scope="read", resource=API))["scope"] == "read"
    await world.execute(delete(user_roles))
    assert (await exchanged(world, app, token, scope="read", resource=API))["scope"] == ""


async def test_the_lifetime_is_the_resources(world: World) -> None:
    app, token = await exchanger(world), await personal(world, await holder(world))
    async with world.ctx.db.read() as tx:
        resource_id = (await tx.all(store.KNOWN, indicators=[API]))[0].id
    await world.change("resources", resource_id, access_token_ttl=120, is_default=True)
    assert (await exchanged(world, app, token, resource=API))["expires_in"] == 120
    # The default resource is for other grants: without one the token is opaque.
    assert "." not in (await exchanged(world, app, token))["access_token"]


async def test_several_resources_make_an_opaque_token(world: World) -> None:
    app, token = await exchanger(world), await personal(world, await holder(world))
    body = await exchanged(world, app, token, resource=[API, "https://other.example"], scope="openid read")
    assert (len(body["access_token"]), body["scope"]) == (43, "openid")
    once = await exchanged(world, app, token, resource=[API, API], scope="read")
    assert once["scope"] == "read"


async def test_the_management_api_stays_out_of_reach(world: World) -> None:
    app, token = await exchanger(world), await personal(world, await holder(world))
    body = await exchanged(world, app, token, resource=MANAGEMENT_RESOURCE, scope="all openid")
    assert (await world.claims(body["access_token"]))["scope"] == ""


@pytest.mark.parametrize("kind", ["SPA", "Native", "Traditional", "MachineToMachine"])
async def test_any_type_of_application_may_be_allowed(world: World, kind: Any) -> None:
    token = await personal(world, await holder(world))
    app, not_allowed = await exchanger(world, kind), await world.application(kind)
    assert (await exchanged(world, app, token, scope="openid"))["scope"] == "openid"
    refused = await exchange(world, not_allowed, token)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused.json()["error_description"] == "requested grant type is not allowed for this client"


async def test_a_third_party_is_never_allowed(world: World) -> None:
    token = await personal(world, await holder(world))
    refused = await exchange(world, await exchanger(world, third_party=True), token)
    assert refused.json()["error_description"] == "requested grant type is not allowed for this client"


async def test_the_client_proves_itself_first(world: World) -> None:
    token, app = await personal(world, await holder(world)), await exchanger(world)
    wrong = await exchange(world, app, token, client_secret="wrong")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    foreign = await world.post(
        "/oidc/token",
        {"grant_type": GRANT, "subject_token": token, "subject_token_type": PERSONAL, **app.login},
        origin="https://evil.example",
    )
    assert foreign.status_code == 400


MISSING = "missing required parameter"
MALFORMED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"subject_token": None}, 400, "invalid_request", f"{MISSING} 'subject_token'"),
    ({"subject_token": ""}, 400, "invalid_request", f"{MISSING} 'subject_token'"),
    ({"subject_token_type": None}, 400, "invalid_request", f"{MISSING} 'subject_token_type'"),
    (
        {"subject_token": None, "subject_token_type": None},
        400,
        "invalid_request",
        f"{MISSING}s 'subject_token' and 'subject_token_type'",
    ),
    ({"actor_token_type": ACCESS}, 400, "invalid_request", f"{MISSING} 'actor_token'"),
    ({"subject_token": ["a", "b"]}, 400, "invalid_request", "'subject_token' parameter must not be provided twice"),
    ({"subject_token": "x" * 8193}, 400, "invalid_request", "'subject_token' parameter is too long"),
    (
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        400,
        "invalid_request",
        "only access tokens are issued",
    ),
    ({"resource": "https://unknown.example"}, 400, "invalid_target", "resource indicator is missing, or unknown"),
    ({"organization_id": "o"}, 403, "access_denied", "user is not a member of the organization"),
]


@pytest.mark.parametrize(("extra", "status", "error", "description"), MALFORMED)
async def test_each_fault_of_the_request_has_its_answer(
    world: World, extra: dict[str, Any], status: int, error: str, description: str
) -> None:
    app, user = await exchanger(world), await holder(world)
    token = await impersonation(world, user)
    answer = await exchange(world, app, token, IMPERSONATION, **extra)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_description"]) == (status, error, description)
    assert body["code"] == f"oidc.{error}"
    # A refusal uses nothing up.
    await exchanged(world, app, token, IMPERSONATION, requested_token_type=ACCESS)


async def test_a_token_of_another_type_is_unknown(world: World) -> None:
    """B5: and so are tokens that are no subject tokens at all."""
    user, app = await holder(world), await exchanger(world)
    signed_in = await world.browser().tokens(await world.application(), scope="openid offline_access", prompt="consent")
    pat, sub = await personal(world, user), await impersonation(world, user)
    machine = await world.application("MachineToMachine", management=True)
    form = {"grant_type": "client_credentials", "resource": MANAGEMENT_RESOURCE, "scope": "all", **machine.login}
    of_machine = (await world.post("/oidc/token", form)).json()["access_token"]
    wrong = [
        (sub, PERSONAL),
        (signed_in["access_token"], PERSONAL),
        (pat, IMPERSONATION),
        (signed_in["access_token"], IMPERSONATION),
        (pat, ACCESS),
        (signed_in["refresh_token"], ACCESS),
        (signed_in["id_token"], ACCESS),
        (of_machine, ACCESS),
        ("x", ACCESS),
        ("a.b.c", ACCESS),
        ("…", PERSONAL),
        (pat, "urn:ietf:params:oauth:token-type:id_token"),
        (pat, "urn:ietf:params:oauth:token-type:jwt"),
        (pat, "access_token"),
    ]
    for token, kind in wrong:
        assert "subject token" in await reason(world, await exchange(world, app, token, kind)), (token, kind)
    await exchanged(world, app, sub, IMPERSONATION)


@pytest.mark.parametrize("kind", [PERSONAL, IMPERSONATION])
async def test_a_token_must_be_whole(world: World, kind: str) -> None:
    """B8: cut or extended by any number of characters."""
    app, token = await exchanger(world), await MAKERS[kind](world, await holder(world))
    wrong = [token[:length] for length in range(1, len(token))]
    wrong += [f"{token}A", token + token, f" {token}", token.swapcase(), token.replace("_", "-")]
    for candidate in wrong:
        await reason(world, await exchange(world, app, candidate, kind))
    await exchanged(world, app, token, kind)


async def test_an_access_token_must_be_whole_and_ours(world: World) -> None:
    """B8."""
    await holder(world)
    app = await exchanger(world)
    for resource in ("", API):
        token, _ = await access(world, resource)
        for candidate in (token[:-1], token[1:], f"{token}A", token.swapcase()):
            await reason(world, await exchange(world, app, candidate, ACCESS))
        await exchanged(world, app, token, ACCESS)


@pytest.mark.parametrize("resource", ["", API])
async def test_a_third_partys_access_token_is_refused(world: World, resource: str) -> None:
    await holder(world)
    (token, its_app), app = await access(world, resource), await exchanger(world)
    await exchanged(world, app, token, ACCESS)
    await world.change("applications", its_app.id, is_third_party=True)
    await reason(world, await exchange(world, app, token, ACCESS))


async def test_a_personal_access_token_ends_when_it_says(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    token = await personal(world, user, expires_at=world.clock.now() + 10_000)
    zero = await personal_access_tokens.create(world.ctx, user.id, "zero", 0)
    world.clock.advance(seconds=9)
    assert (await exchanged(world, app, token))["expires_in"] == 1
    world.clock.advance(seconds=0.5)
    await reason(world, await exchange(world, app, token))  # no whole second is left
    world.clock.advance(seconds=3)
    await reason(world, await exchange(world, app, token))
    world.clock.advance(seconds=40 * 365 * 86_400)
    assert (await exchanged(world, app, zero[1]))["expires_in"] == 3600  # contract: 0 means never


async def test_a_deleted_or_renamed_token(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    token, other = await personal(world, user), await personal(world, user, "other")
    await personal_access_tokens.rename(world.ctx, user.id, "deploy", "renamed")
    await exchanged(world, app, token)
    await personal_access_tokens.delete(world.ctx, user.id, "renamed")
    await reason(world, await exchange(world, app, token))
    await exchanged(world, app, other)


@pytest.mark.parametrize("kind", [PERSONAL, IMPERSONATION, ACCESS, "jwt"])
async def test_a_suspended_or_deleted_user_gets_nothing(world: World, kind: str) -> None:
    """B30, B86."""
    user, app = await holder(world), await exchanger(world)
    if kind in MAKERS:
        token = await MAKERS[kind](world, user)
    else:
        token, _ = await access(world, API if kind == "jwt" else "")
        kind = ACCESS
    async with suspended(world, user):
        await reason(world, await exchange(world, app, token, kind))
        await reason(world, await exchange(world, app, token, kind, resource=API))
    await deletion.delete_user(world.ctx, user.id, "somebody else")
    await reason(world, await exchange(world, app, token, kind))


async def test_a_subject_token_lives_ten_minutes(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    token = await impersonation(world, user)
    world.clock.advance(seconds=599)
    other = await impersonation(world, user)
    await exchanged(world, app, token, IMPERSONATION)
    world.clock.advance(seconds=600)
    await reason(world, await exchange(world, app, other, IMPERSONATION))


async def test_old_clients_call_a_subject_token_an_access_token(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    token = await impersonation(world, user)
    await exchanged(world, app, token, ACCESS)
    for kind in (ACCESS, IMPERSONATION):
        await reason(world, await exchange(world, app, token, kind))


async def test_personal_access_tokens_record_their_last_use_to_the_minute(world: World) -> None:
    user, app = await holder(world), await exchanger(world)
    token = await personal(world, user)

    async def last_used() -> int | None:
        return (await personal_access_tokens.of_user(world.ctx, user.id))[0].last_used_at

    assert await last_used() is None
    await reason(world, await exchange(world, app, f"{token}x"))
    assert await last_used() is None
    for resource in (API, None):  # what comes out does not matter
        first = world.clock.now()
        await exchanged(world, app, token, resource=resource)
        assert await last_used() == first
        world.clock.advance(seconds=59.9)
        await exchanged(world, app, token, resource=resource)
        assert await last_used() == first
        world.clock.advance(seconds=0.1)
