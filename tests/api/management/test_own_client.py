"""Our own client against our own server: what it sends is understood, what it gets is read."""

from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest

from tests.world import URL, World
from vestibule.client import AsyncManagementClient, NotFound, Refused, applications, resources, roles, users

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncManagementClient]:
    """A client with an application of its own."""
    client_id, secret = await world.app("MachineToMachine", management=True)
    transport = httpx2.ASGITransport(app=world.server.app)
    async with AsyncManagementClient(URL, client_id, secret, transport=transport) as made:
        yield made


async def test_the_life_of_a_resource(client: AsyncManagementClient) -> None:
    made = await client.send(resources.create("API", "https://api.example", access_token_ttl=60))
    assert (made.name, made.access_token_ttl, made.scopes) == ("API", 60, [])
    read = await client.send(resources.create_scope(made.id, "read", description="Read"))
    renamed = await client.send(resources.update_scope(made.id, read.id, name="view", description=None))
    assert (renamed.name, renamed.description) == ("view", None)
    assert (await client.send(resources.update(made.id, name="B"))).name == "B"
    assert (await client.send(resources.set_default(made.id))).is_default
    found = {item.id: item async for item in client.pages(resources.find(with_scopes=True))}
    assert [scope.name for scope in found[made.id].scopes or []] == ["view"]
    assert (await client.send(resources.get(made.id))).scopes is None
    assert [item.id async for item in client.pages(resources.scopes(made.id, search="VIEW"))] == [read.id]
    await client.send(resources.delete_scope(made.id, read.id))
    await client.send(resources.delete(made.id))
    with pytest.raises(NotFound):
        await client.send(resources.get(made.id))


async def test_the_life_of_a_role(client: AsyncManagementClient) -> None:
    resource = await client.send(resources.create("API", "https://api.example"))
    scope = await client.send(resources.create_scope(resource.id, "read"))
    role = await client.send(roles.create("Reader", "Reads", scope_ids=[scope.id]))
    assert [item.resource.indicator async for item in client.pages(roles.scopes(role.id))] == ["https://api.example"]
    await client.send(roles.remove_scope(role.id, scope.id))
    assert [item.name for item in await client.send(roles.add_scopes(role.id, [scope.id]))] == ["read"]
    user = await client.send(users.create(username="ada"))
    await client.send(roles.add_users(role.id, [user.id]))
    listed = [item async for item in client.pages(roles.find(search="reader"))]
    assert [(item.users_count, item.featured_users[0].id) for item in listed] == [(1, user.id)]
    assert [item.id async for item in client.pages(roles.users(role.id))] == [user.id]
    await client.send(roles.remove_user(role.id, user.id))
    assert (await client.send(roles.give_user(user.id, [role.id]))).added_role_ids == [role.id]
    assert [item.id async for item in client.pages(roles.of_user(user.id))] == [role.id]
    assert (await client.send(roles.replace_of_user(user.id, []))).role_ids == []
    with pytest.raises(NotFound):
        await client.send(roles.take_from_user(user.id, role.id))
    assert (await client.send(roles.update(role.id, description="Looks", is_default=True))).is_default
    assert (await client.send(roles.get(role.id))).description == "Looks"
    await client.send(roles.delete(role.id))


async def test_the_roles_of_an_application(world: World, client: AsyncManagementClient) -> None:
    robot, _ = await world.app("MachineToMachine")
    role = await client.send(roles.create("Robot", "Runs", type="MachineToMachine"))
    await client.send(roles.add_applications(role.id, [robot]))
    with pytest.raises(Refused, match="application_exists"):
        await client.send(roles.add_applications(role.id, [robot]))
    assert [item.id async for item in client.pages(roles.applications(role.id))] == [robot]
    await client.send(roles.remove_application(role.id, robot))
    assert (await client.send(roles.give_application(robot, [role.id]))).added_role_ids == [role.id]
    assert [item.id async for item in client.pages(roles.of_application(robot))] == [role.id]
    await client.send(roles.take_from_application(robot, role.id))
    assert (await client.send(roles.replace_of_application(robot, [role.id]))).role_ids == [role.id]


async def test_the_life_of_an_application(world: World, client: AsyncManagementClient) -> None:
    addresses = {"redirectUris": ["https://a.example/"], "postLogoutRedirectUris": []}
    made = await client.send(applications.create("Shop", "Traditional", oidc_client_metadata=addresses))
    assert (made.type, made.oidc_client_metadata, made.is_admin) == ("Traditional", addresses, None)
    renamed = await client.send(applications.update(made.id, name="Store", custom_client_metadata={"idTokenTtl": 60}))
    assert (renamed.name, renamed.custom_client_metadata) == ("Store", {"idTokenTtl": 60})
    assert await client.send(applications.update_custom_data(made.id, {"a": 1})) == {"a": 1}
    assert (await client.send(applications.get(made.id))).is_admin is False
    found = [item.id async for item in client.pages(applications.find(types=["SPA", "Traditional"], search="st%"))]
    assert found == [made.id]
    assert [item async for item in client.pages(applications.find(is_third_party=True))] == []
    end = world.clock.now() + 1000
    secret = await client.send(applications.create_secret(made.id, "a/b", expires_at=end))
    assert await client.send(applications.rename_secret(made.id, "a/b", "c")) == msgspec.structs.replace(
        secret, name="c"
    )
    await client.send(applications.delete_secret(made.id, "c"))
    assert [item.name for item in await client.send(applications.secrets(made.id))] == ["Default secret"]
    await client.send(applications.delete(made.id))
    with pytest.raises(NotFound):
        await client.send(applications.get(made.id))


async def test_what_a_third_party_may_ask_for(client: AsyncManagementClient) -> None:
    resource = await client.send(resources.create("API", "https://api.example"))
    scope = await client.send(resources.create_scope(resource.id, "read"))
    made = await client.send(applications.create("Other", "SPA", is_third_party=True))
    await client.send(applications.add_consent_scopes(made.id, user_scopes=["email"], resource_scopes=[scope.id]))
    asked = await client.send(applications.consent_scopes(made.id))
    assert (asked.user_scopes, asked.resource_scopes[0].scopes[0].name) == (["email"], "read")
    await client.send(applications.remove_consent_scope(made.id, "user-scopes", "email"))
    assert (await client.send(applications.consent_scopes(made.id))).user_scopes == []
