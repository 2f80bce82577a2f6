"""Roles and scopes become the scope of tokens, and every change shows in the next token."""

from typing import Any

import pytest

from tests.oidc.world import App, World
from vestibule.domain import resources, role_holders, roles, scopes
from vestibule.model import MANAGEMENT_RESOURCE, Resource, Role, Scope

pytestmark = pytest.mark.anyio

API = "https://api.example"
ASKED = "openid offline_access read write"


class Permissions:
    """One resource with two scopes, and a role of each type that holds both."""

    def __init__(self, world: World, resource: Resource, held: dict[str, Scope], made: dict[str, Role]) -> None:
        self.world, self.resource, self.scopes, self.roles = world, resource, held, made


@pytest.fixture
async def permissions(world: World) -> Permissions:
    resource = await resources.create_resource(world.ctx, "API", API, 120)
    held = {name: await scopes.create_scope(world.ctx, resource.id, name, None) for name in ("read", "write")}
    ids = [scope.id for scope in held.values()]
    made = {
        "User": await roles.create_role(world.ctx, "Editor", "Edits", "User", is_default=False, scope_ids=ids),
        "MachineToMachine": await roles.create_role(
            world.ctx, "Robot", "Runs", "MachineToMachine", is_default=False, scope_ids=ids
        ),
    }
    return Permissions(world, resource, held, made)


async def machine_scope(world: World, app: App, **more: str) -> str | None:
    """Return the scope of a new client-credentials token."""
    form = {"grant_type": "client_credentials", "resource": API, "scope": "read write", **app.login, **more}
    answer = await world.post("/oidc/token", form)
    assert answer.status_code == 200, answer.text
    scope = (await world.claims(answer.json()["access_token"])).get("scope")
    return None if scope is None else str(scope)


class SignedIn:
    """A user with a refresh token, in an application that asks for everything."""

    def __init__(self, world: World, app: App, tokens: dict[str, Any]) -> None:
        self.world, self.app, self.token = world, app, tokens["refresh_token"]

    async def scope(self) -> str:
        """Return the scope of a new access token for the resource."""
        answer = await self.world.refresh(self.app, self.token, resource=API)
        assert answer.status_code == 200, answer.text
        self.token = answer.json().get("refresh_token", self.token)
        return str((await self.world.claims(answer.json()["access_token"]))["scope"])


async def signed_in(world: World, role: Role) -> tuple[str, SignedIn]:
    """Sign a user in who has the role; returns the user's id too."""
    user, app = await world.user(), await world.application("SPA")
    await role_holders.assign(world.ctx, role_holders.USERS, user.id, [role.id])
    tokens = await world.browser().tokens(app, scope=ASKED, resource=API, prompt="consent")
    assert (await world.claims(tokens["access_token"]))["scope"] == "read write"
    return user.id, SignedIn(world, app, tokens)


async def test_a_scope_taken_from_a_role_is_gone_from_the_next_token(permissions: Permissions) -> None:
    world, role = permissions.world, permissions.roles["User"]
    _, person = await signed_in(world, role)
    await roles.remove_scope(world.ctx, role.id, permissions.scopes["write"].id)
    assert await person.scope() == "read"
    await roles.add_scopes(world.ctx, role.id, [permissions.scopes["write"].id])
    assert await person.scope() == "read write"


async def test_a_role_taken_from_a_user_or_deleted_gives_nothing(permissions: Permissions) -> None:
    """B80: at the next token; what was issued before lives to its end."""
    world, role = permissions.world, permissions.roles["User"]
    user_id, person = await signed_in(world, role)
    await role_holders.replace(world.ctx, role_holders.USERS, user_id, [])
    assert await person.scope() == ""
    await role_holders.add_holders(world.ctx, role_holders.USERS, role.id, [user_id])
    assert await person.scope() == "read write"
    await roles.delete_role(world.ctx, role.id)
    assert await person.scope() == ""


async def test_a_deleted_scope_is_gone_and_a_renamed_one_was_never_asked_for(permissions: Permissions) -> None:
    world, held = permissions.world, permissions.scopes
    _, person = await signed_in(world, permissions.roles["User"])
    await scopes.delete_scope(world.ctx, permissions.resource.id, held["write"].id)
    assert await person.scope() == "read"
    await scopes.change_scope(world.ctx, permissions.resource.id, held["read"].id, {"name": "view"})
    assert await person.scope() == ""


async def test_a_deleted_resource_is_unknown(permissions: Permissions) -> None:
    world = permissions.world
    _, person = await signed_in(world, permissions.roles["User"])
    await resources.delete_resource(world.ctx, permissions.resource.id)
    answer = await world.refresh(person.app, person.token, resource=API)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


async def test_the_lifetime_of_a_resource_is_that_of_its_next_token(permissions: Permissions) -> None:
    world, app = permissions.world, await permissions.world.application("MachineToMachine")
    form = {"grant_type": "client_credentials", "resource": API, **app.login}
    assert (await world.post("/oidc/token", form)).json()["expires_in"] == 120
    await resources.change_resource(world.ctx, permissions.resource.id, {"access_token_ttl": 60})
    assert (await world.post("/oidc/token", form)).json()["expires_in"] == 60


async def test_a_machines_roles_are_looked_at_for_each_token(permissions: Permissions) -> None:
    """B80: a token that was issued lives to its end, which the resource's lifetime bounds."""
    world, role = permissions.world, permissions.roles["MachineToMachine"]
    app = await world.application("MachineToMachine")
    assert await machine_scope(world, app) is None
    await role_holders.assign(world.ctx, role_holders.APPLICATIONS, app.id, [role.id])
    assert await machine_scope(world, app) == "read write"
    await roles.remove_scope(world.ctx, role.id, permissions.scopes["read"].id)
    assert await machine_scope(world, app) == "write"
    await role_holders.take(world.ctx, role_holders.APPLICATIONS, role.id, app.id)
    assert await machine_scope(world, app) is None


async def test_a_role_of_applications_opens_the_management_api(permissions: Permissions) -> None:
    world = permissions.world
    role = await roles.create_role(
        world.ctx, "Admin", "Admin", "MachineToMachine", is_default=False, scope_ids=["management-api-all"]
    )
    app = await world.application("MachineToMachine")
    await role_holders.assign(world.ctx, role_holders.APPLICATIONS, app.id, [role.id])
    assert await machine_scope(world, app, resource=MANAGEMENT_RESOURCE, scope="all") == "all"
    await roles.delete_role(world.ctx, role.id)
    assert await machine_scope(world, app, resource=MANAGEMENT_RESOURCE, scope="all") is None


async def test_the_roles_claim_names_the_roles_of_the_moment(permissions: Permissions) -> None:
    world, role = permissions.world, permissions.roles["User"]
    user, app = await world.user(), await world.application("SPA")
    await role_holders.assign(world.ctx, role_holders.USERS, user.id, [role.id])
    tokens = await world.browser().tokens(app, scope="openid roles offline_access", prompt="consent")
    assert (await world.claims(tokens["id_token"]))["roles"] == ["Editor"]
    await roles.change_role(world.ctx, role.id, {"name": "Author"})
    answer = (await world.refresh(app, tokens["refresh_token"])).json()
    assert (await world.claims(answer["id_token"]))["roles"] == ["Author"]
    assert (await world.userinfo(answer["access_token"])).json()["roles"] == ["Author"]


async def test_the_default_resource_serves_requests_that_name_none(permissions: Permissions) -> None:
    world, role = permissions.world, permissions.roles["MachineToMachine"]
    app = await world.application("MachineToMachine")
    await role_holders.assign(world.ctx, role_holders.APPLICATIONS, app.id, [role.id])
    await resources.set_default(world.ctx, permissions.resource.id, True)
    form = {"grant_type": "client_credentials", "scope": "read", **app.login}
    claims = await world.claims((await world.post("/oidc/token", form)).json()["access_token"])
    assert (claims["aud"], claims["scope"]) == (API, "read")
