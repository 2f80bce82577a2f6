"""Values of secrets that lists show again: sealed for their row, or forgotten by setting."""

import pytest
from sqlalchemy import bindparam, select, update

from tests.oidc.world import App, World, worlds
from vestibule.crypto import SealError
from vestibule.db import Statement
from vestibule.domain.shown_secrets import APPLICATION_SECRET, HIDDEN, forget
from vestibule.model import ApplicationSecret
from vestibule.store.tables import application_secrets

pytestmark = pytest.mark.anyio

OF_APPLICATION = Statement(
    select(application_secrets).where(application_secrets.c.application_id == bindparam("id")), ApplicationSecret
)


async def secret_of(world: World, app: App) -> ApplicationSecret:
    async with world.ctx.db.read() as tx:
        found = await tx.one(OF_APPLICATION, id=app.id)
    assert found is not None
    return found


def shown(world: World, secret: ApplicationSecret) -> str:
    row = f"{secret.application_id}/{secret.value_digest}"
    return APPLICATION_SECRET.show(world.ctx, row, secret.value_sealed)


async def logs_in(world: World, app: App) -> bool:
    answer = await world.post("/oidc/token", {"grant_type": "refresh_token", "refresh_token": "x", **app.login})
    return bool(answer.json()["error"] == "invalid_grant")


async def test_a_secret_is_sealed_for_its_row_and_for_no_other(world: World) -> None:
    """B98, B99, B100: a sealed value that was moved or altered does not open."""
    app, other = await world.application(), await world.application()
    secret = await secret_of(world, app)
    assert shown(world, secret) == app.secret
    assert app.secret is not None
    assert app.secret not in await world.dump(application_secrets)
    assert secret.value_sealed is not None
    moved = (await secret_of(world, other)).value_digest
    altered = secret.value_sealed[:-6] + ("A" if secret.value_sealed[-6] != "A" else "B") + secret.value_sealed[-5:]
    for row, sealed in ((f"{other.id}/{moved}", secret.value_sealed), (f"{app.id}/{secret.value_digest}", altered)):
        with pytest.raises(SealError):
            APPLICATION_SECRET.show(world.ctx, row, sealed)


async def test_a_secret_survives_a_new_name(world: World) -> None:
    app = await world.application()
    await world.execute(update(application_secrets).values(name="renamed"))
    assert shown(world, await secret_of(world, app)) == app.secret
    assert await logs_in(world, app)


async def test_a_secret_that_is_shown_once_is_not_kept(database_url: str) -> None:
    async with worlds(database_url, VESTIBULE_SHOW_TOKENS="once") as world:
        app = await world.application()
        secret = await secret_of(world, app)
        assert (secret.value_sealed, shown(world, secret)) == (None, HIDDEN)
        assert await logs_in(world, app)


async def test_the_setting_forgets_what_was_kept_before(database_url: str) -> None:
    async with worlds(database_url) as world:
        app = await world.application()
        await forget(world.ctx)
        assert shown(world, await secret_of(world, app)) == app.secret
    async with worlds(database_url, VESTIBULE_SHOW_TOKENS="once") as world:
        assert shown(world, await secret_of(world, app)) == HIDDEN
        await forget(world.ctx)
        assert (await secret_of(world, app)).value_sealed is None
        assert await logs_in(world, app)
    async with worlds(database_url) as world:
        assert shown(world, await secret_of(world, app)) == HIDDEN
