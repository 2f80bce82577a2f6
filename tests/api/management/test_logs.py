"""The audit trail: every Management write and every token leaves an entry, and no secret is in any."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from tests.world import JSON, World
from vestibule.db import DatabaseUnavailable, Statement
from vestibule.domain.audit import ERRORS_A_MINUTE, Event
from vestibule.domain.expiry import expire
from vestibule.store.rows import Row
from vestibule.store.tables import logs

pytestmark = pytest.mark.anyio
SECRET = "correct horse battery staple"
ALL: Statement[Row] = Statement(select(logs))
DAY = 86_400


async def entries(world: World, **filters: Any) -> list[JSON]:
    """List the audit trail."""
    answer = await world.call("GET", "/logs", params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def test_a_write_leaves_who_what_when_and_from_where(world: World) -> None:
    """B95."""
    user = await world.user(username="ada")
    headers = {"user-agent": "robot/1"}
    await world.call("PATCH", f"/users/{user['id']}", {"name": "Ada"}, headers=headers)
    (entry,) = await entries(world, logKey="Management.PATCH /users/{userId}")
    assert entry.keys() == {"tenantId", "id", "key", "payload", "createdAt"}
    assert entry["createdAt"] == world.clock.now()
    payload = entry["payload"]
    assert (await world.call("GET", f"/logs/{entry['id']}")).json() == entry
    assert len(payload.pop("applicationId")) == 21
    assert payload == {
        "key": "Management.PATCH /users/{userId}",
        "result": "Success",
        "ip": "127.0.0.1",
        "userAgent": "robot/1",
        "userId": user["id"],
        "params": {"userId": user["id"]},
    }


async def test_a_refused_write_leaves_its_code(world: World) -> None:
    await world.user(username="ada")
    world.clock.advance(seconds=1)
    assert (await world.call("POST", "/users", {"username": "ada"})).status_code == 422
    newest, first = await entries(world, logKey="Management.POST /users")
    assert (newest["payload"]["result"], newest["payload"]["error"]) == ("Error", "user.username_already_in_use")
    assert first["payload"]["result"] == "Success"


async def test_a_created_user_is_found_by_id(world: World) -> None:
    user = await world.user(username="ada")
    (entry,) = await entries(world, userId=user["id"])
    assert (entry["key"], entry["payload"]["made"]) == ("Management.POST /users", user["id"])


async def test_reads_leave_nothing(world: World) -> None:
    user = await world.user()
    before = len(await entries(world))
    await world.call("GET", f"/users/{user['id']}")
    await world.call("GET", "/users")
    assert len(await entries(world)) == before


async def test_tokens_leave_an_entry_whether_granted_or_not(world: World) -> None:
    client_id, secret = await world.app("MachineToMachine", management=True)
    await world.client_token(client_id, secret, resource="https://default.logto.app/api", scope="all")
    world.clock.advance(seconds=1)
    await world.client_token(client_id, secret, resource="https://nobody.example")
    refused, granted = await entries(world, applicationId=client_id)
    assert granted["key"] == refused["key"] == "ExchangeTokenBy.ClientCredentials"
    assert granted["payload"]["tokenTypes"] == ["AccessToken"]
    assert granted["payload"]["params"]["client_secret"] == "******"
    assert (refused["payload"]["result"], refused["payload"]["error"]) == (
        "Error",
        "invalid_target: resource indicator is missing, or unknown",
    )


async def test_the_list_is_narrowed_by_every_filter_and_paged(world: World) -> None:
    ids = []
    for name in ("ada", "bob", "eve"):
        world.clock.advance(seconds=1)
        ids.append((await world.user(username=name))["id"])
    key = "Management.POST /users"
    now = world.clock.now()
    assert [e["payload"]["userId"] for e in await entries(world, logKey=key)] == ids[::-1]
    assert [e["payload"]["userId"] for e in await entries(world, logKey=key, start_time=now)] == ids[2:]
    assert [e["payload"]["userId"] for e in await entries(world, logKey=key, end_time=now - 1)] == ids[1::-1]
    second = await world.call("GET", "/logs", params={"logKey": key, "page": 2, "page_size": 2})
    assert (len(second.json()), second.headers["total-number"]) == (1, "3")
    assert await entries(world, userId="nobody") == []
    assert len(await entries(world, userId="", logKey=key)) == 3


@pytest.mark.parametrize("query", ["start_time=soon", "end_time=-1", "start_time=1&start_time=2"])
async def test_bad_times_are_refused(world: World, query: str) -> None:
    answer = await world.call("GET", f"/logs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_an_unknown_entry_is_not_found(world: World) -> None:
    answer = await world.call("GET", "/logs/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "entity.not_found")


async def test_counting_can_be_capped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vestibule.api.management.logs.CAP", 2)
    for _ in range(4):
        await world.user()
    capped = await world.call("GET", "/logs?enableCap=true&logKey=Management.POST /users")
    assert (capped.headers["total-number"], capped.headers["total-number-is-capped"]) == ("2", "true")
    exact = await world.call("GET", "/logs?logKey=Management.POST /users")
    assert exact.headers["total-number"] == "4"
    assert "total-number-is-capped" not in exact.headers


async def test_no_secret_is_in_any_entry(world: World) -> None:
    """B93: what was sent in bodies and forms stays out."""
    client_id, secret = await world.app("MachineToMachine", management=True)
    await world.client_token(client_id, secret, resource="https://default.logto.app/api", scope="all")
    user = await world.user(username="ada", password=SECRET)
    await world.call("POST", f"/users/{user['id']}/password/verify", {"password": SECRET})
    await world.call("PATCH", f"/users/{user['id']}/password", {"password": SECRET})
    await world.call("POST", "/verification-codes", {"email": "ada@example.com"})
    code = world.code_for("ada@example.com")
    await world.call("POST", "/verification-codes/verify", {"email": "ada@example.com", "verificationCode": code})
    await entries(world)
    async with world.server.ctx.db.read() as tx:
        kept = str(await tx.all(ALL))
    assert "password/verify" in kept
    assert not [word for word in (SECRET, secret, code, await world.management_token()) if word in kept]


async def test_the_trail_outlives_the_user(world: World) -> None:
    user = await world.user(username="ada")
    world.clock.advance(seconds=1)
    await world.call("DELETE", f"/users/{user['id']}")
    assert [e["key"] for e in await entries(world, userId=user["id"])] == [
        "Management.DELETE /users/{userId}",
        "Management.POST /users",
    ]


async def test_a_store_that_is_away_fails_nothing_and_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B114: the entries wait for the store, in their order."""
    trail = world.server.ctx.trail
    trail.record(Event(key="First"))
    with monkeypatch.context() as patch:

        def away() -> None:
            raise DatabaseUnavailable("gone")

        patch.setattr(type(world.server.ctx.db), "single", lambda db: away())
        assert await trail.settle() is False
        trail.record(Event(key="Second"))
        assert trail.waiting.is_set()
    assert await trail.settle() is True
    kept = [entry["key"] for entry in await entries(world)]
    assert {"First", "Second"} <= set(kept)


async def test_entries_whose_answer_was_lost_are_stored_once_and_hold_nothing_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B114: a connection may go between the commit and its answer; the next try brings the same entries again."""
    trail, db = world.server.ctx.trail, world.server.ctx.db
    single = type(db).single
    trail.record(Event(key="First"))
    with monkeypatch.context() as patch:

        @asynccontextmanager
        async def cut(of: Any) -> AsyncIterator[Any]:
            async with single(of) as tx:
                yield tx
            raise DatabaseUnavailable("gone")

        patch.setattr(type(db), "single", cut)
        assert await trail.settle() is False
    trail.record(Event(key="Second"))
    assert await trail.settle() is True
    kept = [entry["key"] for entry in await entries(world)]
    assert (kept.count("First"), kept.count("Second")) == (1, 1)


async def test_entries_of_one_moment_share_a_transaction_and_none_is_believed_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail, db = world.server.ctx.trail, world.server.ctx.db
    single, opened = type(db).single, list[str]()

    def counted(of: Any) -> Any:
        opened.append("one")
        return single(of)

    monkeypatch.setattr(type(db), "single", counted)

    async def note(key: str) -> int:
        trail.record(Event(key=key))
        assert await trail.settle()
        async with db.read() as tx:
            return len([row for row in await tx.all(ALL) if key in row])

    assert await asyncio.gather(*(note(f"Note.{number}") for number in range(20))) == [1] * 20
    assert len(opened) == 1


async def test_strangers_cannot_fill_the_store_with_failures(world: World) -> None:
    trail = world.server.ctx.trail
    for _ in range(ERRORS_A_MINUTE + 7):
        trail.record(Event(key="Flood", error="refused"))
    world.clock.advance(seconds=60)
    trail.record(Event(key="Flood", error="refused"))
    flood = await world.call("GET", "/logs?logKey=Flood")
    assert flood.headers["total-number"] == str(ERRORS_A_MINUTE + 1)
    (said,) = await entries(world, logKey="Trail.Shortened")
    assert said["payload"]["failuresLeftOut"] == 7


async def test_entries_are_forgotten_after_their_time(world: World) -> None:
    await world.user()
    assert await entries(world)
    world.clock.advance(seconds=364 * DAY)
    await expire(world.server.ctx)
    world.token = ""
    assert await entries(world, logKey="Management.POST /users")
    world.clock.advance(seconds=2 * DAY)
    await expire(world.server.ctx)
    world.token = ""
    assert await entries(world, logKey="Management.POST /users") == []


async def test_an_odd_path_leaves_a_bounded_entry(world: World) -> None:
    await world.call("PATCH", f"/users/{'x' * 3000}", {"name": "Ada"})
    (entry,) = await entries(world, logKey="Management.PATCH /users/{userId}")
    assert len(entry["payload"]["params"]["userId"]) == 1024
    assert "userId" not in entry["payload"]
