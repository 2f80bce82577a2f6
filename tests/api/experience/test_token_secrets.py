"""What providers give in a sign-in is kept where administrators want it, sealed, and goes with what it belongs to."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.api.experience.test_socials import GOOGLE, Provider, asked, decide, set_up, signed_in
from tests.api.experience.test_sso import Company, company
from tests.connectors.social.nearby import upstream, world
from tests.connectors.social.payloads import TOKEN
from tests.connectors.social.upstream import Json, Said, Upstream
from tests.sso_provider import CONFIG, ISSUER
from tests.world import World
from vestibule.crypto import SealError
from vestibule.db import Statement
from vestibule.domain import token_secrets
from vestibule.store.rows import Row
from vestibule.store.tables import token_secrets as table

__all__ = ["company", "upstream", "world"]
pytestmark = pytest.mark.anyio
GIVEN = {**TOKEN, "access_token": "canary-access", "refresh_token": "canary-refresh", "id_token": "canary-id"}


async def rows(world: World) -> list[Row]:
    async with world.server.ctx.db.read() as tx:
        found: list[Row] = list(await tx.all(Statement(select(table))))
    return found


async def known(provider: Provider, **given: Any) -> Json:
    """Come back from a provider that gives these tokens, and be signed in; returns the user."""
    verification = await provider.verified(changes={"tokenEndpoint": {**GIVEN, **given}})
    if (await asked(provider, verification))[0] == 404:
        await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
        assert (await asked(provider, verification))[0] == 201
    await signed_in(provider)
    [user] = (await provider.program.world.call("GET", "/users")).json()
    return dict(user)


async def somebody(provider: Provider) -> None:
    """Come back from a provider of any kind as somebody new, and be signed in."""
    given = {key: value for key, value in GIVEN.items() if key != "id_token"}
    changes = {} if provider.trial.record.id == "oidc" else {"tokenEndpoint": given}
    verification = await provider.verified(changes=changes)
    await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    assert (await asked(provider, verification))[0] == 201
    await signed_in(provider)


async def again(provider: Provider, **given: Any) -> Json:
    """Sign in once more."""
    await provider.program.begin(prompt="login")
    return await known(provider, **given)


async def keeping(world: World, upstream: Upstream, name: str = GOOGLE, **more: Any) -> Provider:
    """A provider whose tokens are kept."""
    await decide(world, socialSignIn={"skipRequiredIdentifiers": True})
    return await set_up(world, upstream, name, **{"enableTokenStorage": True, **more})


async def secret(world: World, user: Json, target: str = "google") -> Json | None:
    """What administrators are shown of the tokens."""
    answer = await world.call("GET", f"/users/{user['id']}/identities/{target}?includeTokenSecret=true")
    assert answer.status_code == 200, answer.text
    shown: Json | None = answer.json().get("tokenSecret")
    return shown


async def test_what_a_provider_gives_is_kept_sealed_and_administrators_see_what_it_is(
    world: World, upstream: Upstream
) -> None:
    """B98, B99."""
    provider = await keeping(world, upstream)
    user, now = await known(provider), world.clock.now()
    shown = await secret(world, user)
    assert shown is not None
    assert shown == {
        "tenantId": "default", "id": shown["id"], "userId": user["id"], "type": "federated_token_set",
        "metadata": {"scope": "profile", "tokenType": "bearer", "expiresAt": now // 1000 + 3600,
                     "hasRefreshToken": True},
        "createdAt": now, "updatedAt": now, "connectorId": provider.id, "identityId": "person-1", "target": "google",
    }  # fmt: skip
    [row] = await rows(world)
    assert "canary" not in repr(row)
    path = f"/users/{user['id']}"
    everything = (await world.call("GET", f"{path}/all-identities?includeTokenSecret=1")).json()
    assert [one["tokenSecret"] for one in everything["socialIdentities"]] == [shown]
    for address in (path, f"{path}/identities/google", f"{path}/all-identities?includeTokenSecret=no", "/logs"):
        text = (await world.call("GET", address)).text
        assert not [word for word in ("canary", "tokenSecret") if word in text], address


async def test_a_later_sign_in_replaces_what_was_kept(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    before = await secret(world, await known(provider))
    world.clock.advance(seconds=60)
    after = await secret(world, await again(provider, refresh_token=None, expires_in="90", scope="openid profile"))
    assert before is not None
    assert after is not None
    assert (after["id"], after["createdAt"]) == (before["id"], before["createdAt"])
    assert after["updatedAt"] == world.clock.now()
    expected = {"scope": "openid profile", "tokenType": "bearer", "expiresAt": world.clock.now() // 1000 + 90}
    assert after["metadata"] == {**expected, "hasRefreshToken": False}
    assert len(await rows(world)) == 1


async def test_nothing_is_kept_where_nobody_wants_it(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream, enableTokenStorage=False)
    assert await secret(world, await known(provider)) is None
    assert await rows(world) == []


async def test_a_set_that_cannot_be_kept_spoils_no_sign_in(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    assert await secret(world, await known(provider, refresh_token="x" * 40_000)) is None


@pytest.mark.parametrize("lifetime", ["soon", True, -5, 0, "9" * 40, 1e300, {"a": 1}, None])
async def test_a_lifetime_that_is_none_is_left_out(world: World, upstream: Upstream, lifetime: object) -> None:
    provider = await keeping(world, upstream)
    shown = await secret(world, await known(provider, expires_in=lifetime, scope=7))
    assert shown is not None
    assert shown["metadata"] == {"tokenType": "bearer", "hasRefreshToken": True}


@pytest.mark.parametrize("name", [GOOGLE, "github-universal", "facebook-universal", "oauth2", "oidc"])
async def test_five_kinds_of_connectors_can_keep_tokens(world: World, upstream: Upstream, name: str) -> None:
    factories = (await world.call("GET", "/connector-factories")).json()
    assert name in [one["id"] for one in factories if one.get("isTokenStorageSupported")]
    assert len([one for one in factories if one.get("isTokenStorageSupported")]) == 5
    await somebody(await keeping(world, upstream, name))
    [row] = await rows(world)
    assert row[1] == (await world.call("GET", "/users")).json()[0]["id"]


async def test_connectors_of_other_kinds_keep_none(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream, "discord-universal")
    refused = (422, "connector.token_storage_not_supported")
    assert await world.refusal("PATCH", f"/connectors/{provider.id}", {"enableTokenStorage": True}) == refused


@pytest.mark.parametrize("gone", ["identity", "another identity", "user", "connector", "switch", "by hand"])
async def test_tokens_go_with_what_they_belong_to(world: World, upstream: Upstream, gone: str) -> None:
    provider = await keeping(world, upstream)
    user = await known(provider)
    shown = await secret(world, user)
    assert shown is not None
    identity, connector = f"/users/{user['id']}/identities/google", f"/connectors/{provider.id}"
    if gone == "another identity":
        # What is only told anew of the same person changes nothing.
        assert (await world.call("PUT", identity, {"userId": "person-1"})).status_code == 200
        assert await secret(world, user) == shown
    ways: dict[str, tuple[str, str, Json | None]] = {
        "identity": ("DELETE", identity, None),
        "another identity": ("PUT", identity, {"userId": "person-2"}),
        "user": ("DELETE", f"/users/{user['id']}", None),
        "connector": ("DELETE", connector, None),
        "switch": ("PATCH", connector, {"enableTokenStorage": False}),
        "by hand": ("DELETE", f"/secrets/{shown['id']}", None),
    }
    assert (await world.call(*ways[gone])).status_code in {200, 204}
    assert await rows(world) == []
    assert await world.refusal("DELETE", f"/secrets/{shown['id']}") == (404, "entity.not_found")


CHECKED = {"jwksUri": "https://other.example/jwks", "issuer": "https://other.example"}


@pytest.mark.parametrize(
    ("name", "change", "goes"),
    [
        (GOOGLE, {"clientId": "other"}, True),
        (GOOGLE, {"tokenEndpoint": "https://other.example/token"}, True),
        (GOOGLE, {"issuer": "https://other.example"}, True),
        ("oidc", {"idTokenVerificationConfig": CHECKED}, True),
        (GOOGLE, {"clientSecret": "turned over", "scope": "openid", "userInfoEndpoint": "https://g.example/me"}, False),
    ],
)
async def test_tokens_are_not_kept_for_another_party_than_gave_them(
    world: World, upstream: Upstream, name: str, change: Json, *, goes: bool
) -> None:
    """A refresh token is sent to whom a connector is set to: never to another client, server or issuer."""
    provider = await keeping(world, upstream, name)
    await somebody(provider)
    assert len(await rows(world)) == 1
    connector, config = f"/connectors/{provider.id}", {**provider.trial.config, **change}
    assert (await world.call("PATCH", connector, {"config": provider.trial.config})).status_code == 200
    assert len(await rows(world)) == 1
    assert (await world.call("PATCH", connector, {"config": config})).status_code == 200
    assert len(await rows(world)) == (0 if goes else 1)


@pytest.mark.parametrize(
    ("change", "goes"),
    [({"clientId": "other"}, True), ({"issuer": "https://other.example"}, True), ({"clientSecret": "new"}, False)],
)
async def test_a_companys_tokens_are_not_kept_for_another_party(company: Company, change: Json, *, goes: bool) -> None:
    world, connector = company.world, f"/sso-connectors/{company.id}"
    assert (await world.call("PATCH", connector, {"enableTokenStorage": True})).status_code == 200
    await company.arrive_new()
    assert (await world.call("PATCH", connector, {"config": CONFIG})).status_code == 200
    assert len(await rows(world)) == 1
    company.provider.issuer = change.get("issuer", ISSUER)
    assert (await world.call("PATCH", connector, {"config": {**CONFIG, **change}})).status_code == 200
    assert len(await rows(world)) == (0 if goes else 1)


@pytest.mark.parametrize("change", ["switch", "connector", "identity", "another identity"])
async def test_nothing_is_kept_of_what_was_changed_while_somebody_signed_in(
    world: World, upstream: Upstream, change: str
) -> None:
    """B75."""
    provider = await keeping(world, upstream)
    user = await known(provider)
    identity = f"/users/{user['id']}/identities/google"
    assert (await world.call("DELETE", f"/secrets/{(await secret(world, user) or {})['id']}")).status_code == 204
    await provider.program.begin(prompt="login")
    assert (await asked(provider, await provider.verified(changes={"tokenEndpoint": GIVEN})))[0] == 204
    ways: dict[str, tuple[str, str, Json | None]] = {
        "switch": ("PATCH", f"/connectors/{provider.id}", {"enableTokenStorage": False}),
        "connector": ("DELETE", f"/connectors/{provider.id}", None),
        "identity": ("DELETE", identity, None),
        "another identity": ("PUT", identity, {"userId": "person-2"}),
    }
    assert (await world.call(*ways[change])).status_code in {200, 204}
    await provider.program.call("POST", "/submit")
    assert await rows(world) == []


async def test_tokens_stay_with_the_person_who_brought_them(world: World, upstream: Upstream) -> None:
    """A sign-in that ends for somebody else, or never ends, leaves nothing with anybody."""
    provider = await keeping(world, upstream)
    await world.user(username="bob")
    await provider.verified(changes={"tokenEndpoint": GIVEN})
    assert await rows(world) == []


async def test_linking_through_the_management_api_keeps_no_tokens(world: World, upstream: Upstream) -> None:
    provider = await keeping(world, upstream)
    user = await world.user(username="ada")
    provider.trial.answer({"tokenEndpoint": GIVEN})
    body = {"connectorId": provider.id, "connectorData": provider.trial.data}
    assert (await world.call("POST", f"/users/{user['id']}/identities", body)).status_code == 200
    assert await secret(world, user) is None


async def test_tokens_that_were_moved_to_another_row_do_not_open(world: World, upstream: Upstream) -> None:
    """B100: user and row are bound into the seal."""
    provider = await keeping(world, upstream)
    user = await known(provider)
    bob, ctx = await world.user(username="bob"), world.server.ctx
    assert (await world.call("PUT", f"/users/{bob['id']}/identities/google", {"userId": "bob"})).status_code == 201
    held = (await token_secrets.of_user(ctx, user["id"]))["google"]
    assert token_secrets.opened(ctx, held).access_token == "canary-access"
    move: Statement[Row] = Statement(update(table).values(user_id=bob["id"]))
    async with ctx.db.write() as tx:
        await tx.run(move)
    with pytest.raises(SealError):
        token_secrets.opened(ctx, (await token_secrets.of_user(ctx, bob["id"]))["google"])


async def test_what_a_company_gives_is_kept_as_well(company: Company) -> None:
    world, connector = company.world, f"/sso-connectors/{company.id}"
    assert (await world.call("PATCH", connector, {"enableTokenStorage": True})).json()["enableTokenStorage"] is True
    user = await company.arrive_new()
    path = f"/users/{user['id']}/sso-identities/{company.id}"
    shown = (await world.call("GET", f"{path}?includeTokenSecret=true")).json()["tokenSecret"]
    now = world.clock.now()
    assert shown == {
        "tenantId": "default", "id": shown["id"], "userId": user["id"], "type": "federated_token_set",
        "metadata": {"tokenType": "Bearer", "expiresAt": now // 1000 + 300, "hasRefreshToken": False},
        "createdAt": now, "updatedAt": now, "ssoConnectorId": company.id, "issuer": ISSUER,
        "identityId": "ada-at-acme",
    }  # fmt: skip
    everywhere = (await world.call("GET", f"/users/{user['id']}/all-identities?includeTokenSecret=1")).json()
    assert [one["tokenSecret"] for one in everywhere["ssoIdentities"]] == [shown]
    assert "tokenSecret" not in json.dumps((await world.call("GET", path)).json())
    assert await company.identify(await company.prove()) == (204, "")
    await company.program.finish()
    assert len(await rows(world)) == 1
    assert (await world.call("PATCH", connector, {"enableTokenStorage": False})).status_code == 200
    assert await rows(world) == []


async def test_tokens_of_a_newcomer_who_had_to_add_something_are_kept(world: World, upstream: Upstream) -> None:
    provider = await set_up(world, upstream, enableTokenStorage=True)
    verification = await provider.verified(changes={"tokenEndpoint": GIVEN, "userInfoEndpoint": {"sub": "person-1"}})
    await provider.program.good("PUT", "/interaction-event", {"interactionEvent": "Register"})
    status, error = await asked(provider, verification)
    assert (status, error["code"]) == (422, "user.missing_profile")
    await provider.program.good("POST", "/profile", {"type": "username", "value": "ada"})
    answer = await provider.program.call("POST", "/identification", {})
    assert answer.status_code == 201, answer.text
    await signed_in(provider)
    assert len(await rows(world)) == 1


@pytest.mark.parametrize("gone", ["user", "connector"])
async def test_what_a_company_gave_goes_with_the_user_and_the_connector(company: Company, gone: str) -> None:
    world = company.world
    await world.call("PATCH", f"/sso-connectors/{company.id}", {"enableTokenStorage": True})
    user = await company.arrive_new()
    assert len(await rows(world)) == 1
    path = f"/users/{user['id']}" if gone == "user" else f"/sso-connectors/{company.id}"
    assert (await world.call("DELETE", path)).status_code == 204
    assert await rows(world) == []


@pytest.mark.parametrize("answers", [True, False])
async def test_facebooks_token_is_changed_for_one_that_lives_longer_if_it_answers(
    world: World, upstream: Upstream, *, answers: bool
) -> None:
    provider = await keeping(world, upstream, "facebook-universal")
    plain = upstream.answers

    class Twice(dict[str, Said]):
        """Answers the first token request as usual, and the second one as Facebook does."""

        def get(self, key: str, default: Any = None) -> Any:
            second = key == "tokenEndpoint" and len(upstream.requests(key)) == 2
            longer = Said({"access_token": "long", "token_type": "bearer", "expires_in": 5_184_000})
            return (longer if answers else Said(b"", 503)) if second else super().get(key, default)

    upstream.answers = Twice(plain)
    user = await known(provider, refresh_token=None)
    _, asked_ = upstream.requests("tokenEndpoint")
    assert asked_.query == {
        "grant_type": "fb_exchange_token", "client_id": "client", "client_secret": "s3cret/&+",
        "fb_exchange_token": "canary-access",
    }  # fmt: skip
    held = (await token_secrets.of_user(world.server.ctx, user["id"]))["facebook"]
    tokens = token_secrets.opened(world.server.ctx, held)
    seconds = world.clock.now() // 1000
    expected = ("long", seconds + 5_184_000) if answers else ("canary-access", seconds + 3600)
    assert (tokens.access_token, tokens.expires_at) == expected
