"""Many users at once, from another system: what cannot be taken is refused by itself and never stops the rest.

A batch and the mark of how far the import has come are one transaction, so an import that was stopped, or killed,
goes on exactly where it was.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vestibule import digests
from vestibule.db import Tx, UniqueViolation
from vestibule.db.locks import take_turn
from vestibule.domain import default_roles
from vestibule.domain.context import Context
from vestibule.domain.phones import normalise, spellings
from vestibule.domain.users import LEGACY, OUR_ALGORITHM, NewUser, row_of
from vestibule.errors import (
    AppError,
    EmailInUse,
    EntityConstraintViolated,
    EntityValueTooLong,
    PasswordAlgorithmRequired,
    PasswordAndDigest,
    PhoneInUse,
    UsernameInUse,
)
from vestibule.store import configs
from vestibule.store import users as store
from vestibule.store.tables import users as table

TRIES = 3
"""Another process may take a name between the look and the write; the batch is then looked at anew."""
COLUMNS = ("id", "username", "username_folded", "email_folded", "primary_phone")
LENGTHS = {column.name: length for column in table.columns if (length := getattr(column.type, "length", None))}


@dataclass(frozen=True)
class Candidate:
    """A row of the file; `id`, if any, is kept, so that tokens and references of the old system go on naming it."""

    line: int
    new: NewUser
    id: str | None = None
    is_suspended: bool = False
    created_at: int | None = None
    last_sign_in_at: int | None = None


class Refusal(msgspec.Struct, frozen=True):
    """A row that was not taken, and why."""

    line: int
    code: str
    message: str


class Mark(msgspec.Struct, frozen=True):
    """How far an import has come: bytes and lines read, users made, rows refused.

    `latest` are the refusals of the last batch, which belong after the first `report` bytes of the report.
    """

    offset: int = 0
    line: int = 0
    imported: int = 0
    refused: int = 0
    report: int = 0
    latest: tuple[Refusal, ...] = ()


Row = dict[str, object]


async def mark_of(ctx: Context, key: str) -> Mark:
    """Return how far an import has come; a new one is at the beginning."""
    async with ctx.db.read() as tx:
        held = await tx.value(configs.GET, key=key)
    return Mark() if held is None else msgspec.json.decode(held, type=Mark)


async def take(
    ctx: Context, key: str, candidates: Sequence[Candidate], before: Mark, faults: Sequence[Refusal]
) -> Mark:
    """Store a batch; `before` says where its end is and what was counted up to its beginning; returns the new mark.

    `faults` are rows of the batch that could not even be read.
    """
    prepared = await asyncio.gather(*(_prepare(ctx, item) for item in candidates))
    rows = [(item.line, made) for item, made in zip(candidates, prepared, strict=True) if isinstance(made, dict)]
    unsound = [made for made in prepared if isinstance(made, Refusal)]
    for attempt in range(TRIES):
        try:
            async with ctx.db.write() as tx:
                # Two imports of the same people in another order would wait for each other for ever.
                await take_turn(tx, "import of users")
                fresh, clashes = await _sort_out(tx, ctx, rows)
                await _store(tx, ctx, fresh)
                refusals = tuple(sorted([*faults, *unsound, *clashes], key=lambda refusal: refusal.line))
                mark = msgspec.structs.replace(
                    before,
                    imported=before.imported + len(fresh),
                    refused=before.refused + len(refusals),
                    latest=refusals,
                )
                await tx.run(configs.PUT, key=key, value=msgspec.json.encode(mark).decode())
        except UniqueViolation:
            if attempt == TRIES - 1:
                raise
        else:
            return mark
    raise AssertionError("the last try returns or raises")


async def _prepare(ctx: Context, item: Candidate) -> Row | Refusal:
    """Return the row of a candidate, or what is wrong with it by itself."""
    new = item.new
    try:
        if new.password and new.password_digest:
            raise PasswordAndDigest
        if new.password_digest and not new.password_algorithm:
            raise PasswordAlgorithmRequired
        if new.password_algorithm == LEGACY:
            digests.parse_legacy(new.password_digest)
        phone = normalise(new.primary_phone) if new.primary_phone else None
        digest, algorithm = new.password_digest or None, new.password_algorithm if new.password_digest else None
        if new.password:
            digest, algorithm = await ctx.passwords.hash(new.password), OUR_ALGORITHM
        row = row_of(new, phone, digest, algorithm, ctx.clock.now())
        given = {"id": item.id, "created_at": item.created_at, "last_sign_in_at": item.last_sign_in_at}
        row |= {name: value for name, value in given.items() if value is not None}
        row["is_suspended"] = item.is_suspended
        _check_lengths(row)
    except AppError as error:
        return _refusal(item.line, error)
    return row


def _check_lengths(row: Row) -> None:
    for name, length in LENGTHS.items():
        value = row.get(name)
        if isinstance(value, str) and len(value) > length:
            raise EntityValueTooLong(f"`{name}` has more than {length} characters.")


async def _sort_out(tx: Tx, ctx: Context, rows: Sequence[tuple[int, Row]]) -> tuple[list[Row], list[Refusal]]:
    """Part the rows whose identifiers are free from those that somebody holds, earlier rows of the batch included."""
    held = {name: await _held(tx, name, [row for _, row in rows]) for name in COLUMNS}
    fresh: list[Row] = []
    refusals: list[Refusal] = []
    for line, row in rows:
        clash = _clash(ctx, row, held)
        if clash is not None:
            refusals.append(_refusal(line, clash))
            continue
        fresh.append(row)
        for name in COLUMNS:
            held[name].add(row[name])
    return fresh, refusals


async def _held(tx: Tx, name: str, rows: Sequence[Row]) -> set[object]:
    values = {str(row[name]) for row in rows if row[name] is not None}
    if name == "primary_phone":
        values |= {spelling for value in values for spelling in spellings(value)}
    found = await tx.all(store.HELD[name], values=sorted(values)) if values else []
    return {value for (value,) in found}


def _clash(ctx: Context, row: Row, held: dict[str, set[object]]) -> AppError | None:
    username = "username" if ctx.case_sensitive_usernames else "username_folded"
    phone = row["primary_phone"]
    if row["id"] in held["id"]:
        return EntityConstraintViolated("A user with this id exists.")
    if row[username] is not None and row[username] in held[username]:
        return UsernameInUse()
    if row["email_folded"] is not None and row["email_folded"] in held["email_folded"]:
        return EmailInUse()
    if phone is not None and not held["primary_phone"].isdisjoint(spellings(str(phone))):
        return PhoneInUse()
    return None


async def _store(tx: Tx, ctx: Context, rows: Sequence[Row]) -> None:
    if not rows:
        return
    await default_roles.check(tx, ctx)
    await tx.many(store.INSERT_ROW, rows)
    await default_roles.give(tx, ctx, [str(row["id"]) for row in rows])


def _refusal(line: int, error: AppError) -> Refusal:
    return Refusal(line, error.code, error.text)
