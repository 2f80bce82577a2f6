"""Every route of the API with every wrong kind of token: nothing gets in (B77, B80, B1-B9, A10, A12-A16).

The routes come from the face that is served, so that a new one is visited without anybody's doing.
"""

import re

import pytest
from sqlalchemy import bindparam, insert, select

from tests.api.management.wrong_tokens import TAKE_ROLES, every_wrong_token, prepare, token_of
from tests.world import World
from vestibule.api.auth import ManagementAccess
from vestibule.api.experience.access import InteractionAccess
from vestibule.api.my_account.access import AccountAccess
from vestibule.app import faces
from vestibule.db import Statement
from vestibule.domain.callers import KEPT_MS
from vestibule.http import PUBLIC, Route
from vestibule.store.rows import Row
from vestibule.store.tables import application_roles

ROLE_OF: Statement[Row] = Statement(
    select(application_roles.c.role_id).where(application_roles.c.application_id == bindparam("app"))
)
GIVE_ROLE: Statement[Row] = Statement(insert(application_roles))

pytestmark = pytest.mark.anyio

PUBLIC_ROUTES = {
    ("POST", "/api/authn/saml/{connectorId}"),  # a social one
    ("POST", "/api/authn/single-sign-on/saml/{connectorId}"),  # a company's provider posts to it, by the browser
    ("GET", "/api/.well-known/experience.openapi.json"),
    ("GET", "/api/.well-known/management.openapi.json"),
    ("GET", "/api/.well-known/phrases"),
    ("GET", "/api/.well-known/sign-in-exp"),
    ("GET", "/api/.well-known/user.openapi.json"),
    ("GET", "/api/status"),
    ("GET", "/api/swagger.json"),
}
"""What needs no token; whoever adds to it says so here."""


def routes_of(world: World) -> list[Route]:
    """The routes below /api as they are served, without those of sign-in and of the account API.

    `tests/api/experience` and `tests/api/my_account` visit these.
    """
    return [route for route in every_route(world) if not isinstance(route.access, InteractionAccess | AccountAccess)]


def every_route(world: World) -> list[Route]:
    """The same with those."""
    [face] = [face for face in faces(world.server.ctx, world.server.keys) if face.prefix == "/api"]
    return list(face.routes)


async def test_only_the_listed_routes_are_public(world: World) -> None:
    """B77: every other one asks for a Management token, is a step of a sign-in, or the person's own; that is all."""
    own = {(route.method, route.path) for route in every_route(world) if isinstance(route.access, AccountAccess)}
    assert own == {
        ("GET", "/api/my-account/identities/{target}/access-token"),
        ("GET", "/api/my-account/sso-identities/{connectorId}/access-token"),
    }
    steps = [route for route in every_route(world) if isinstance(route.access, InteractionAccess)]
    assert [route for route in steps if not route.path.startswith(("/api/experience", "/api/interaction/"))] == []
    routes = routes_of(world)
    assert {(route.method, route.path) for route in routes if route.access is PUBLIC} == PUBLIC_ROUTES
    closed = [route for route in routes if route.access is not PUBLIC]
    assert len(closed) > 20
    assert [route for route in closed if not isinstance(route.access, ManagementAccess)] == []


async def test_no_route_opens_to_a_wrong_token(world: World) -> None:
    """B77: 100 % of routes; the refusal comes before the body is read and names nothing of the token."""
    user_id = await prepare(world)
    wrong = await every_wrong_token(world, user_id)
    assert len(wrong) > 40
    for route in routes_of(world):
        if route.access is PUBLIC:
            continue
        path = re.sub(r"{\w+}", "x", route.path.replace("{userId}", user_id))
        for one in wrong:
            headers = {} if one.header is None else {"authorization": one.header}
            answer = await world.client.request(route.method, path, headers=headers, content=b"{broken")
            assert (answer.status_code, answer.json()["code"]) == one.refusal, (one.name, route)
            assert set(answer.json()) <= {"code", "message", "data"}
    assert (await world.call("GET", f"/users/{user_id}")).status_code == 200


async def test_a_good_token_opens_every_route(world: World) -> None:
    """The control: what the test above sees is the token's doing."""
    for route in routes_of(world):
        path = re.sub(r"{\w+}", "x", route.path).removeprefix("/api")
        if route.access is not PUBLIC:
            answer = await world.call(route.method, path, headers={"content-type": "application/json"})
            assert answer.status_code not in {401, 403}, route


async def test_a_role_that_was_taken_away_closes_within_ten_seconds(world: World) -> None:
    """B80: also for a token that is still good; a role that is given back opens again."""
    assert KEPT_MS == 10_000
    client_id, secret = await world.app("MachineToMachine", management=True)
    headers = {"authorization": f"Bearer {await token_of(world, client_id, secret)}"}

    async def status() -> int:
        return (await world.client.get("/api/users", headers=headers)).status_code

    assert await status() == 200
    async with world.server.ctx.db.write() as tx:
        held = await tx.one(ROLE_OF, app=client_id)
        await tx.run(TAKE_ROLES, app=client_id)
    world.clock.advance(seconds=10)
    assert await status() == 403
    async with world.server.ctx.db.write() as tx:
        assert held is not None
        await tx.run(GIVE_ROLE, application_id=client_id, role_id=held[0])
    world.clock.advance(seconds=10)
    assert await status() == 200
