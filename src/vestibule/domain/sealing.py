"""The sealer of a store, and how its values move to a new master key while servers run (docs/operating.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vestibule.clock import Clock
from vestibule.crypto import Sealer, SealError, new_id, new_key
from vestibule.db import Database
from vestibule.domain.context import Context
from vestibule.model import ServerKeyKind
from vestibule.store import configs, server_keys, signing_keys
from vestibule.store.sealed import COLUMNS, SealedColumn

BATCH = 200


async def open_sealer(db: Database, clock: Clock, master_keys: Sequence[bytes]) -> Sealer:
    """Return the sealer of a store, whose own keys are made at the first start.

    Raises SealError when the store was sealed with another master key.
    """
    sealer = Sealer(master_keys)
    digest_key = await _own_key(db, clock, sealer, "digest", sealer.digest_key)
    await _own_key(db, clock, sealer, "cookie", sealer.derived("cookies"))
    return Sealer(master_keys, digest_key)


async def _own_key(db: Database, clock: Clock, sealer: Sealer, kind: ServerKeyKind, before: bytes) -> bytes:
    """Return the newest key of a kind; `before` is what a store has used that is older than its table of keys."""
    async with db.read() as tx:
        held = await tx.one(server_keys.OF_KIND, of_kind=kind)
    if held is None:
        row_id = new_id()
        async with db.write() as tx:
            await tx.run(configs.PUT, key="serverKeys", value="{}")  # one at a time
            held = await tx.one(server_keys.OF_KIND, of_kind=kind)
            if held is None:
                key = before if await tx.all(signing_keys.ALL) else new_key()
                sealed = sealer.seal(key, *server_keys.SEAL, row_id)
                row = {"id": row_id, "kind": kind, "secret_sealed": sealed, "created_at": clock.now()}
                await tx.run(server_keys.INSERT, **row)
                return key
    return sealer.open(held.secret_sealed, *server_keys.SEAL, held.id)


@dataclass
class Resealing:
    """How far it has come: values moved to the newest master key, and rows whose value opens with none."""

    total: int
    resealed: int = 0
    unopened: list[str] = field(default_factory=list)


async def reseal(ctx: Context, report: Callable[[Resealing], None], *, batch: int = BATCH) -> Resealing:
    """Seal every value anew that an older master key has sealed; reports after each batch.

    It can be stopped at any point and run again: what is left to do is read from the values themselves.
    """
    current = f"{ctx.sealer.prefix}%"
    async with ctx.db.scan() as tx:
        state = Resealing(sum([int(await tx.value(column.stale, current=current)) for column in COLUMNS]))
    for column in COLUMNS:
        await _reseal_column(ctx, column, state, report, batch)
    return state


async def _reseal_column(
    ctx: Context, column: SealedColumn, state: Resealing, report: Callable[[Resealing], None], batch: int
) -> None:
    current, unopened = f"{ctx.sealer.prefix}%", 0
    while True:
        async with ctx.db.scan() as tx:
            rows = await tx.all(column.page, current=current, limit=batch, offset=unopened)
        moved: list[dict[str, str]] = []
        for held, *names in rows:
            name = "/".join(str(part) for part in names)
            try:
                plain = ctx.sealer.open(str(held), column.table, column.column, name)
            except SealError:
                state.unopened.append(f"{column.name} of {name}")
                unopened += 1
                continue
            moved.append({"held": str(held), "sealed": ctx.sealer.seal(plain, column.table, column.column, name)})
        async with ctx.db.write() as tx:
            for change in moved:
                state.resealed += await tx.run(column.replace, **change)
        if rows:
            report(state)
        if len(rows) < batch:
            return
