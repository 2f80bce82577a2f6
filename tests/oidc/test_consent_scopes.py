"""Third-party clients: they ask for what was enabled for them, and get it for as long as it is."""

import pytest

from tests.oidc.world import App, World, query_of
from vestibule.domain import consent_scopes, resources, roles, scopes

pytestmark = pytest.mark.anyio

API = "https://api.example"


@pytest.fixture
async def app(world: World) -> App:
    """A third party that may ask for `email`, and for `read` of the resource; a user who may do more."""
    resource = await resources.create_resource(world.ctx, "API", API, 3600)
    made = [await scopes.create_scope(world.ctx, resource.id, name, None) for name in ("read", "write")]
    ids = [scope.id for scope in made]
    await roles.create_role(world.ctx, "Editor", "Edits", "User", is_default=True, scope_ids=ids)
    await world.user(primary_email="ada@example.com")
    app = await world.application("Traditional", third_party=True, user_scopes=("email",))
    await consent_scopes.add(world.ctx, app.id, resource_scopes=[made[0].id])
    return app


@pytest.mark.parametrize("scope", ["openid profile", "openid write", "roles", "unheard-of", "email read write"])
async def test_what_was_not_enabled_cannot_be_asked_for(world: World, app: App, scope: str) -> None:
    answer = await world.browser().authorize(app, scope=scope, resource=API)
    query = query_of(answer.headers["location"])
    assert (answer.status_code, query["error"]) == (303, "invalid_scope")
    assert query["error_description"] == "requested scope is not allowed"
    assert set(query["scope"].split()) == set(scope.split()) - {"openid", "email", "read"}


async def test_what_was_enabled_is_asked_for_and_granted(world: World, app: App) -> None:
    tokens = await world.browser().tokens(app, scope="openid offline_access email read", resource=API, prompt="consent")
    assert (await world.claims(tokens["access_token"]))["scope"] == "read"
    assert (await world.claims(tokens["id_token"]))["email"] == "ada@example.com"


async def test_what_is_disabled_is_gone_from_the_next_token_and_back_when_enabled(world: World, app: App) -> None:
    """B80: evaluated anew at every issue."""
    tokens = await world.browser().tokens(app, scope="openid offline_access email read", resource=API, prompt="consent")
    enabled = await consent_scopes.get(world.ctx, app.id)
    await consent_scopes.remove(world.ctx, app.id, "resource-scopes", enabled.resource_scopes[0].id)
    await consent_scopes.remove(world.ctx, app.id, "user-scopes", "email")
    narrow = (await world.refresh(app, tokens["refresh_token"], resource=API)).json()
    assert (await world.claims(narrow["access_token"]))["scope"] == ""
    assert "email" not in await world.claims(narrow["id_token"])
    opaque = (await world.refresh(app, tokens["refresh_token"])).json()
    assert opaque["scope"] == "openid offline_access"
    assert "email" not in (await world.userinfo(opaque["access_token"])).json()
    await consent_scopes.add(world.ctx, app.id, user_scopes=["email"])
    wide = (await world.refresh(app, tokens["refresh_token"])).json()
    assert (await world.claims(wide["id_token"]))["email"] == "ada@example.com"


async def test_a_name_enabled_at_one_resource_counts_at_no_other(world: World, app: App) -> None:
    second = await resources.create_resource(world.ctx, "B", "https://b.example", 60)
    same = await scopes.create_scope(world.ctx, second.id, "read", None)
    await roles.create_role(world.ctx, "B", "B", "User", is_default=True, scope_ids=[same.id])
    await world.user("eve")
    tokens = await world.browser().tokens(app, user="eve", scope="openid read", resource="https://b.example")
    assert (await world.claims(tokens["access_token"]))["scope"] == ""


@pytest.mark.usefixtures("app")
async def test_a_first_party_asks_for_anything(world: World) -> None:
    own = await world.application("Traditional")
    tokens = await world.browser().tokens(own, scope="openid profile write unheard-of", resource=API)
    assert (await world.claims(tokens["access_token"]))["scope"] == "write"
