"""One-time tokens through the Management API: made for an address, used once, listed, ended, kept as digests."""

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.world import World
from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import one_time_tokens

pytestmark = pytest.mark.anyio
ADDRESS = "ada@example.com"
VALUES: Statement[Row] = Statement(select(one_time_tokens.c.value_digest, one_time_tokens.c.value_sealed))


async def made(world: World, email: str = ADDRESS, **body: Any) -> dict[str, Any]:
    """Make a token."""
    answer = await world.call("POST", "/one-time-tokens", {"email": email, **body})
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json()
    return token


async def refused(world: World, token: str, email: str = ADDRESS) -> tuple[int, str]:
    """Try to use a token up in vain."""
    answer = await world.call("POST", "/one-time-tokens/verify", {"token": token, "email": email})
    return answer.status_code, str(answer.json()["code"])


async def test_a_token_is_made_for_ten_minutes(world: World) -> None:
    token = await made(world, context={"interactionEvent": "SignIn", "jitOrganizationIds": ["o1"]})
    assert re.fullmatch(r"[0-9A-Za-z]{32}", token["token"])
    assert re.fullmatch(r"[0-9a-z]{21}", token["id"])
    assert token["expiresAt"] - token["createdAt"] == 600_000
    assert (token["email"], token["status"], token["tenantId"]) == (ADDRESS, "active", "default")
    assert token["context"] == {"interactionEvent": "SignIn", "jitOrganizationIds": ["o1"]}
    shown = await world.call("GET", f"/one-time-tokens/{token['id']}")
    assert shown.json() == token


async def test_a_token_is_used_once(world: World) -> None:
    token = await made(world, "Ada@Example.com")
    used = await world.call("POST", "/one-time-tokens/verify", {"token": token["token"], "email": ADDRESS})
    assert (used.status_code, used.json()) == (200, token | {"status": "consumed"})
    assert await refused(world, token["token"]) == (400, "one_time_token.token_consumed")


async def test_of_many_uses_at_once_one_counts(world: World) -> None:
    body = {"token": (await made(world))["token"], "email": ADDRESS}
    answers = await asyncio.gather(*(world.call("POST", "/one-time-tokens/verify", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]


async def test_a_token_for_somebody_else_is_refused_and_stays_good(world: World) -> None:
    token = await made(world)
    assert await refused(world, token["token"], "eve@example.com") == (400, "one_time_token.email_mismatch")
    assert await refused(world, "x" * 32) == (404, "one_time_token.token_not_found")
    good = await world.call("POST", "/one-time-tokens/verify", {"token": token["token"], "email": ADDRESS})
    assert good.status_code == 200


async def test_a_token_ends(world: World) -> None:
    token = await made(world, expiresIn=60)
    world.clock.advance(seconds=60)
    assert (await world.call("GET", f"/one-time-tokens/{token['id']}")).json()["status"] == "expired"
    assert await refused(world, token["token"]) == (400, "one_time_token.token_expired")


async def test_a_token_that_is_over_is_never_made_good_again(world: World) -> None:
    token = await made(world)
    path = f"/one-time-tokens/{token['id']}/status"
    assert (await world.call("PUT", path, {"status": "active"})).status_code == 200
    assert (await world.call("PUT", path, {"status": "revoked"})).json()["status"] == "revoked"
    assert await refused(world, token["token"]) == (400, "one_time_token.token_revoked")
    again = await world.call("PUT", path, {"status": "active"})
    assert (again.status_code, again.json()["code"]) == (400, "one_time_token.cannot_reactivate_token")
    ended = await made(world, expiresIn=1)
    world.clock.advance(seconds=1)
    again = await world.call("PUT", f"/one-time-tokens/{ended['id']}/status", {"status": "active"})
    assert again.status_code == 400


async def test_tokens_are_listed_by_address_and_status(world: World) -> None:
    ended, spent = await made(world, expiresIn=1), await made(world)
    world.clock.advance(seconds=2)
    good, other = await made(world), await made(world, "bob@example.com")
    await world.call("POST", "/one-time-tokens/verify", {"token": spent["token"], "email": ADDRESS})

    async def listed(query: str) -> list[str]:
        answer = await world.call("GET", f"/one-time-tokens?{query}")
        return [one["id"] for one in answer.json()]

    assert set(await listed("")) == {ended["id"], spent["id"], good["id"], other["id"]}
    assert await listed("email=ADA%40example.com&status=active") == [good["id"]]
    assert await listed("status=expired") == [ended["id"]]
    assert await listed("status=consumed") == [spent["id"]]
    assert await listed("status=revoked") == []
    page = await world.call("GET", "/one-time-tokens?page=1&page_size=3")
    assert (len(page.json()), page.headers["total-number"]) == (3, "4")


async def test_a_deleted_token_is_gone(world: World) -> None:
    token = await made(world)
    path = f"/one-time-tokens/{token['id']}"
    assert (await world.call("DELETE", path)).status_code == 204
    answers = [await world.call("GET", path), await world.call("DELETE", path)]
    answers.append(await world.call("PUT", f"{path}/status", {"status": "revoked"}))
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert await refused(world, token["token"]) == (404, "one_time_token.token_not_found")


async def test_the_links_to_somebody_go_with_the_account(world: World) -> None:
    user = await world.user(primaryEmail="Ada@example.com")
    token = await made(world)
    await world.call("DELETE", f"/users/{user['id']}")
    assert await refused(world, token["token"]) == (404, "one_time_token.token_not_found")


async def test_no_token_lies_in_the_store_in_plain(world: World) -> None:
    """B98."""
    token = (await made(world))["token"]
    async with world.server.ctx.db.read() as tx:
        ((digest, sealed),) = await tx.all(VALUES)
    assert token not in f"{digest} {sealed}"
    assert str(sealed).startswith("v1.")


BAD: list[Any] = [{}, {"email": "nobody"}, {"email": f"{'a' * 128}@x.io"}, {"email": None}]


@pytest.mark.parametrize(
    "body", [*BAD, {"email": ADDRESS, "expiresIn": 0}, {"email": ADDRESS, "context": {"interactionEvent": "x"}}]
)
async def test_a_faulty_body_is_refused(world: World, body: Any) -> None:
    answer = await world.call("POST", "/one-time-tokens", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")
