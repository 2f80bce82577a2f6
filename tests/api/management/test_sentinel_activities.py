"""Letting people and applications in again through the Management API."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.world import World
from vestibule.domain import attempts
from vestibule.domain.users import looked_up_as
from vestibule.errors import TooManyAttempts

pytestmark = pytest.mark.anyio


async def forget(world: World, kind: str, *targets: Any) -> httpx2.Response:
    return await world.call("POST", "/sentinel-activities/delete", {"targetType": kind, "targets": list(targets)})


async def lock(world: World, account: str) -> None:
    for _ in range(10):
        await attempts.begin(world.server.ctx, account, factor=True)
    assert await is_locked(world, account)


async def is_locked(world: World, account: str) -> bool:
    try:
        await attempts.begin(world.server.ctx, account, factor=True)
    except TooManyAttempts:
        return True
    return False


@pytest.mark.parametrize("identifier", ["ada", "ADA@x.io", "ada@x.io", "33612345678", "+33 6 12 34 56 78"])
async def test_a_locked_account_is_let_in_again_by_any_of_its_identifiers(world: World, identifier: str) -> None:
    user = await world.user(username="ada", primaryEmail="Ada@x.io", primaryPhone="33612345678")
    other = await world.user(username="bob")
    await lock(world, user["id"])
    await lock(world, other["id"])
    answer = await forget(world, "User", identifier, "nobody")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not await is_locked(world, user["id"])
    assert await is_locked(world, other["id"])


async def test_an_id_and_an_identifier_that_nobody_has_do_as_well(world: World) -> None:
    user = await world.user()
    await lock(world, user["id"])
    typed = looked_up_as(world.server.ctx, "eve@x.io")
    await lock(world, typed)
    await forget(world, "User", user["id"], "EVE@x.io ")
    assert not await is_locked(world, user["id"])
    assert not await is_locked(world, typed)


@pytest.mark.parametrize("by_id", [True, False])
async def test_what_was_typed_is_let_in_again_with_the_account(world: World, by_id: bool) -> None:
    user = await world.user(username="ada", primaryEmail="Ada@x.io")
    typed = [looked_up_as(world.server.ctx, text) for text in ("ada", "ADA@x.io")]
    for one in typed:
        await lock(world, one)
    await forget(world, "User", user["id"] if by_id else "ada")
    assert [await is_locked(world, one) for one in typed] == [False, False]


@pytest.mark.parametrize(
    ("recipient", "target"), [({"email": "ada@x.io"}, "ADA@x.io"), ({"phone": "33612345678"}, "33612345678")]
)
async def test_messages_can_be_sent_again(world: World, recipient: dict[str, str], target: str) -> None:
    for _ in range(10):
        assert (await world.call("POST", "/verification-codes", recipient)).status_code == 204
    assert (await world.call("POST", "/verification-codes", recipient)).status_code == 429
    await forget(world, "User", "somebody@else.io")
    assert (await world.call("POST", "/verification-codes", recipient)).status_code == 429
    await forget(world, "User", target)
    assert (await world.call("POST", "/verification-codes", recipient)).status_code == 204


async def wrong_secret(world: World, client_id: str) -> int:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "wrong"}
    return (await world.client.post("/oidc/token", data=form)).status_code


async def test_an_application_is_let_in_again(world: World) -> None:
    """B32."""
    (one, _), (other, _) = await world.app("MachineToMachine"), await world.app("MachineToMachine")
    for client_id in (one, other):
        await asyncio.gather(*[wrong_secret(world, client_id) for _ in range(21)])
        assert await wrong_secret(world, client_id) == 429
    assert (await forget(world, "User", one)).status_code == 204
    assert await wrong_secret(world, one) == 429
    assert (await forget(world, "App", one)).status_code == 204
    assert await wrong_secret(world, one) == 401
    assert await wrong_secret(world, other) == 429


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"targetType": "User"},
        {"targetType": "Robot", "targets": []},
        {"targetType": "User", "targets": "ada"},
        {"targetType": "User", "targets": [1]},
        {"targetType": "User", "targets": ["x"] * 101},
    ],
)
async def test_another_shape_is_refused(world: World, body: dict[str, Any]) -> None:
    answer = await world.call("POST", "/sentinel-activities/delete", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_nobody_is_nobody(world: World) -> None:
    assert (await forget(world, "User")).status_code == 204
