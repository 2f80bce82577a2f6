"""Moving sealed values to a new master key: everything moves, servers and digests go on, a stop loses nothing."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import bindparam, insert, select, update

from tests.world import World, worlds
from vestibule import totp
from vestibule.crypto import Sealer, SealError
from vestibule.db import Statement, connect
from vestibule.domain import mfa
from vestibule.domain.connectors import list_instances
from vestibule.domain.sealing import Resealing, reseal
from vestibule.model import MANAGEMENT_RESOURCE
from vestibule.store import tables
from vestibule.store.sealed import COLUMNS
from vestibule.store.tables import metadata, personal_access_tokens, server_keys

pytestmark = pytest.mark.anyio
OLD, NEW = os.urandom(32), os.urandom(32)
PERSONAL = Statement[Any](insert(personal_access_tokens))


def setting(*keys: bytes) -> str:
    return ",".join(base64.urlsafe_b64encode(key).decode() for key in keys)


def at(url: str, folder: Path, *keys: bytes) -> Any:
    """A server on the same store with these master keys, the first of which seals."""
    return worlds(url, folder, VESTIBULE_SECRET_KEY=setting(*keys))


async def prefixes(world: World) -> dict[str, set[str]]:
    """Return how the sealed values of each column begin."""
    found: dict[str, set[str]] = {}
    async with world.server.ctx.db.read() as tx:
        for column in COLUMNS:
            held = metadata.tables[column.table].c[column.column]
            rows = await tx.all(Statement(select(held).where(held.is_not(None))))
            found[column.name] = {str(row[0])[:12] for row in rows}
    return found


async def fill(world: World) -> dict[str, str]:
    """Put a value into every sealed column; returns what has to work afterwards."""
    ctx, user = world.server.ctx, await world.user()
    _, secret = await mfa.add_totp(ctx, user["id"])
    codes = await mfa.add_backup_codes(ctx, user["id"])
    client_id, client_secret = await world.app("MachineToMachine", management=True)
    sealed = ctx.sealer.seal(b"pat_x", "personal_access_tokens", "value_sealed", "token1")
    row = {"id": "token1", "user_id": user["id"], "name": "n", "value_digest": "d", "value_sealed": sealed}
    async with ctx.db.write() as tx:
        await tx.run(PERSONAL, **row, created_at=0, expires_at=None, last_used_at=None)
        for statement, values in others(ctx.sealer, user["id"]):
            await tx.run(statement, **values)
    kept = {"user": user["id"], "seed": secret, "code": codes[0], "client": client_id, "secret": client_secret}
    return kept | {
        "token": (await world.client_token(client_id, client_secret, resource=MANAGEMENT_RESOURCE))["access_token"]
    }


def others(sealer: Sealer, user_id: str) -> Iterator[tuple[Statement[Any], dict[str, object]]]:
    """Yield a row for each table that only has to move."""
    company = {"id": "company", "provider_name": "OIDC", "connector_name": "Company", "domains": "[]", "branding": "{}"}
    switches = {"sync_profile": False, "enable_token_storage": False, "created_at": 0}
    sealed = sealer.seal(b"{}", "sso_connectors", "config_sealed", "company")
    yield Statement(insert(tables.sso_connectors)), {**company, **switches, "config_sealed": sealed}
    key = {"id": "key", "sso_connector_id": "company", "certificate": "", "created_at": 0, "expires_at": 1}
    sealed = sealer.seal(b"key", "sso_signing_keys", "private_sealed", "key")
    yield Statement(insert(tables.sso_signing_keys)), {**key, "active": True, "private_sealed": sealed}
    held: dict[str, object] = dict.fromkeys(tables.token_secrets.columns.keys())
    held |= {"id": "held", "user_id": user_id, "identity_id": "ada", "metadata": "{}", "created_at": 0, "updated_at": 0}
    sealed = sealer.seal(b"{}", "token_secrets", "value_sealed", f"{user_id}/held")
    yield Statement(insert(tables.token_secrets)), {**held, "value_sealed": sealed}
    link = {"id": "link", "email": "ada@x.io", "email_folded": "ada@x.io", "value_digest": "d", "context": "{}"}
    sealed = sealer.seal(b"ott", "one_time_tokens", "value_sealed", "link")
    times = {"status": "active", "created_at": 0, "expires_at": 1 << 52}
    yield Statement(insert(tables.one_time_tokens)), {**link, **times, "value_sealed": sealed}


def quiet(state: Resealing) -> None:
    """Look at no progress."""


async def works(world: World, kept: dict[str, str]) -> None:
    """What was there before is still good: signing keys, secrets, seeds, codes, connectors."""
    ctx = world.server.ctx
    await world.server.keys.verify(kept["token"])
    answer = await world.client_token(kept["client"], kept["secret"], resource=MANAGEMENT_RESOURCE)
    assert "access_token" in answer, answer
    code = pyotp.TOTP(kept["seed"]).generate_otp(world.clock.now() // totp.STEP_MS)
    await mfa.verify_totp(ctx, kept["user"], code)
    await mfa.use_backup_code(ctx, kept["user"], kept["code"])
    assert len(await list_instances(ctx)) == 2


def test_every_sealed_column_is_known() -> None:
    named = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    assert {column.name for column in COLUMNS} == {name for name in named if name.endswith("_sealed")}


async def test_everything_moves_to_the_new_key_and_the_old_one_can_go(database_url: str, tmp_path: Path) -> None:
    """B101: the master key is rotated online; digests outlive it."""
    async with at(database_url, tmp_path, OLD) as world:
        kept = await fill(world)
        before = await prefixes(world)
        assert all(len(held) == 1 for held in before.values())
    async with at(database_url, tmp_path, NEW, OLD) as world:
        state = await reseal(world.server.ctx, quiet)
        assert (state.resealed, state.unopened) == (state.total, [])
        assert state.total >= len(COLUMNS)
        assert await prefixes(world) == {name: {Sealer([NEW]).prefix} for name in before}
        again = await reseal(world.server.ctx, quiet)
        assert (again.total, again.resealed) == (0, 0)
    async with at(database_url, tmp_path, NEW) as world:
        await works(world, kept)


async def test_servers_run_on_while_values_move(database_url: str, tmp_path: Path) -> None:
    """A server that still seals with the old key opens what the new one has sealed, and the other way round."""
    async with at(database_url, tmp_path, OLD, NEW) as world:
        kept = await fill(world)
        async with at(database_url, tmp_path, NEW, OLD) as other:
            await reseal(other.server.ctx, quiet)
        await works(world, kept)


async def test_stopped_midway_it_goes_on_where_it_was(database_url: str, tmp_path: Path) -> None:
    """B101: resumable."""

    class StoppedError(Exception):
        pass

    def stop(state: Resealing) -> None:
        if state.resealed >= 2:
            raise StoppedError

    async with at(database_url, tmp_path, OLD) as world:
        kept = await fill(world)
    async with at(database_url, tmp_path, NEW, OLD) as world:
        with pytest.raises(StoppedError):
            await reseal(world.server.ctx, stop, batch=1)
        rest = await reseal(world.server.ctx, quiet, batch=1)
        assert rest.resealed == rest.total > 0
        assert (await reseal(world.server.ctx, quiet)).total == 0
        await works(world, kept)


async def test_a_value_that_opens_with_no_key_is_named_and_the_others_move(database_url: str, tmp_path: Path) -> None:
    """B100: a value moved from another row is not sealed anew."""
    async with at(database_url, tmp_path, OLD) as world:
        await fill(world)
        moved = Sealer([OLD]).seal(b"x", "personal_access_tokens", "value_sealed", "another")
        statement: Statement[Any] = Statement(update(personal_access_tokens).values(value_sealed=bindparam("sealed")))
        async with world.server.ctx.db.write() as tx:
            await tx.run(statement, sealed=moved)
    async with at(database_url, tmp_path, NEW, OLD) as world:
        state = await reseal(world.server.ctx, quiet, batch=1)
        assert state.unopened == ["personal_access_tokens.value_sealed of token1"]
        assert state.resealed == state.total - 1


async def test_progress_is_told_after_each_batch(database_url: str, tmp_path: Path) -> None:
    async with at(database_url, tmp_path, OLD) as world:
        await fill(world)
    async with at(database_url, tmp_path, NEW, OLD) as world:
        seen: list[int] = []
        state = await reseal(world.server.ctx, lambda now: seen.append(now.resealed), batch=1)
        assert seen == list(range(1, state.total + 1))


async def test_another_master_key_is_refused_at_the_start(database_url: str, tmp_path: Path) -> None:
    """B101: a wrong key is noticed before anything is served."""
    async with at(database_url, tmp_path, OLD):
        pass
    with pytest.raises(SealError):
        async with at(database_url, tmp_path, NEW):
            pass


async def test_a_store_from_before_keeps_its_digests(database_url: str, tmp_path: Path) -> None:
    async with at(database_url, tmp_path, OLD) as world:
        assert world.server.ctx.sealer.digest_key != Sealer([OLD]).digest_key
        db = await connect(database_url, metadata)
        async with db.write() as tx:
            await tx.run(Statement(server_keys.delete()))
        await db.close()
    async with at(database_url, tmp_path, OLD) as world:
        assert world.server.ctx.sealer.digest_key == Sealer([OLD]).digest_key
    async with at(database_url, tmp_path, NEW, OLD) as world:
        assert world.server.ctx.sealer.digest_key == Sealer([OLD]).digest_key
