"""Who waits for whom when something ends and something begins at the same moment: first the user, then the rest.

PostgreSQL is asked who waits and what is taken; SQLite has one writer, and only the outcome can be seen.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import column, func, select, table

from tests.oidc.receiver import Receiver, receiving
from tests.oidc.world import World, query_of, worlds
from vestibule.crypto import digest
from vestibule.db import Statement, Tx
from vestibule.db.locks import take_turn
from vestibule.domain import deletion, logout_notices, sessions, trusted_devices, users
from vestibule.domain.logout_notices import LEASE_MS
from vestibule.store import logout_notices as notices
from vestibule.store import tables
from vestibule.store.tokens import ROTATE

pytestmark = pytest.mark.anyio
SECONDS = 20

_activity = table("pg_stat_activity", column("datname"), column("wait_event_type"))
WAITING: Statement[object] = Statement(
    select(func.count())
    .select_from(_activity)
    .where(_activity.c.datname == func.current_database(), _activity.c.wait_event_type == "Lock")
)
UNTAKEN: list[Statement[object]] = [
    Statement(select(held.c.id).with_for_update(nowait=True)) for held in (tables.sessions, tables.interactions)
]
"""Takes every row, and fails at once where somebody else has one."""


async def waits(world: World) -> None:
    """Return as soon as somebody waits for a row."""
    if world.ctx.db.dialect == "postgresql":
        async with asyncio.timeout(SECONDS):
            while True:
                async with world.ctx.db.read() as tx:
                    if await tx.value(WAITING):
                        return


async def resumable(world: World) -> tuple[str, Callable[[], Awaitable[str]]]:
    """Sign ada in again where she is signed in; returns her id, and what resumes that and says where it leads."""
    user, app, browser = await world.user(), await world.application(), world.browser()
    await browser.tokens(app)
    await browser.authorize(app, prompt="login")
    onward = await browser.sign_in()

    async def resume() -> str:
        return str((await browser.get(onward)).headers.get("location", ""))

    return user.id, resume


async def test_a_sign_in_that_is_resumed_waits_for_its_user_before_it_takes_anything(world: World) -> None:
    """B30: whoever ends the user's sessions meanwhile finds all of them, and the sign-in, and leaves nothing."""
    user_id, resume = await resumable(world)
    async with world.ctx.db.write() as tx:
        await sessions.hold_user(tx, user_id)
        resuming = asyncio.ensure_future(resume())
        await waits(world)
        for statement in UNTAKEN:
            assert len(await tx.all(statement)) == 1
        await sessions.end_all(tx, world.clock, user_id)
    assert "code" not in query_of(await resuming)
    assert await world.dump(tables.sessions) == "[[]]"


async def test_whoever_gets_another_name_is_held_before_the_name_is(database_url: str) -> None:
    """The end of a sign-in holds the user, and then the name that an account lacked."""
    async with worlds(database_url, CASE_SENSITIVE_USERNAME="false") as world:
        user = await world.user()
        async with world.ctx.db.write() as tx:
            await sessions.hold_user(tx, user.id)
            renaming = asyncio.ensure_future(users.change_user(world.ctx, user.id, {"username": "lovelace"}))
            await waits(world)
            await take_turn(tx, "username:lovelace")
        assert (await renaming).username == "lovelace"


async def everything(tx: Tx, world: World, user_id: str) -> None:
    """As when somebody is suspended."""
    await sessions.end_all(tx, world.clock, user_id)


async def others(tx: Tx, world: World, user_id: str) -> None:
    """As when a factor changes."""
    await sessions.end_others(tx, world.clock, user_id, None)


async def trust(tx: Tx, world: World, user_id: str) -> None:
    """As when an address changes."""
    await sessions.end_trust(tx, user_id)


@pytest.mark.parametrize("end", [everything, others, trust])
async def test_whoever_ends_something_waits_for_the_user_before_taking_anything(
    world: World, end: Callable[[Tx, World, str], Awaitable[None]]
) -> None:
    """Taken the other way round, two of them could wait for each other for ever."""
    user_id, _ = await resumable(world)

    async def ending() -> None:
        async with world.ctx.db.write() as tx:
            await end(tx, world, user_id)

    async with world.ctx.db.write() as tx:
        await sessions.hold_user(tx, user_id)
        task = asyncio.ensure_future(ending())
        await waits(world)
        for statement in UNTAKEN:
            assert len(await tx.all(statement)) == 1
    await task


async def test_whoever_is_deleted_is_held_before_the_steps_that_know_them_are(world: World) -> None:
    """A consent, or the way back from a sign-in, holds its user first: the other order could lock both out."""
    user_id, _ = await resumable(world)
    async with world.ctx.db.write() as tx:
        await sessions.hold_user(tx, user_id)
        deleting = asyncio.ensure_future(deletion.delete_user(world.ctx, user_id, "somebody else"))
        await waits(world)
        for statement in UNTAKEN:
            assert len(await tx.all(statement)) == 1
    await deleting
    assert await world.dump(tables.sessions, tables.interactions) == "[[], []]"


@pytest.mark.parametrize("held", ["session", "refresh token"])
async def test_whoever_is_deleted_is_waited_for_by_nobody_who_is_waited_for(world: World, held: str) -> None:
    """A request holds a session or a token, and then writes a row that names its user."""
    user, app, browser = await world.user(), await world.application("SPA"), world.browser()
    tokens = await browser.tokens(app, scope="openid offline_access", prompt="consent")
    async with world.ctx.db.write() as tx:
        if held == "session":
            assert await sessions.hold(tx, world.clock, browser.client.cookies["_session"])
        else:
            assert await tx.run(ROTATE, token_id=digest(tokens["refresh_token"]), now=world.clock.now())
        deleting = asyncio.ensure_future(deletion.delete_user(world.ctx, user.id, "somebody else"))
        await waits(world)
        await trusted_devices.trust(tx, world.ctx, None, user.id)
    await deleting
    assert await world.dump(tables.sessions, tables.refresh_tokens, tables.trusted_devices) == "[[], [], []]"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody who listens."""
    async with receiving() as made:
        yield made


async def test_a_notice_that_somebody_is_taking_is_nobody_elses_turn(database_url: str, receiver: Receiver) -> None:
    """Who comes second saw it as due, waits for the first, and leaves it alone."""
    async with worlds(database_url, VESTIBULE_ALLOW_PRIVATE="127.0.0.0/8") as world:
        await world.user()
        app = await world.application(metadata={"backchannelLogoutUri": receiver.uri})
        browser = world.browser()
        await browser.tokens(app)
        await world.sign_out(browser)
        now = world.clock.now()
        async with world.ctx.db.write() as tx:
            assert len(await tx.all(notices.CLAIM, now=now, until=now + LEASE_MS, most=10)) == 1
            second = asyncio.ensure_future(logout_notices.deliver(world.ctx, world.keys))
            await waits(world)
        assert await second == 0
        assert receiver.tokens == []
