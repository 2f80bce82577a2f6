"""Letting people and applications in again: what counts against them is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vestibule.db import Tx
from vestibule.domain import attempts, client_failures, verifications
from vestibule.domain.audit import Event
from vestibule.domain.context import Context
from vestibule.domain.phones import spellings
from vestibule.domain.users import looked_up_as, phone_digits, ways_to
from vestibule.model import User, fold
from vestibule.store import activities
from vestibule.store import users as store

TargetType = Literal["User", "App"]
UNLOCKED, LONGEST_ID = "Command.users unlock", 12


@dataclass(frozen=True)
class Lifted:
    """Who was let in again, and how many tries and messages were forgotten."""

    users: tuple[str, ...]
    forgotten: int


async def unlock(ctx: Context, text: str) -> "Lifted":
    """Let whoever has an identifier or an id in again, and note it: for an operator at the machine."""
    async with ctx.db.write() as tx:
        users = await _users(tx, text.strip())
        forgotten = await activities.forget_targets(tx, _counters(ctx, text.strip(), users))
    ids = tuple(user.id for user in users)
    for user_id in ids:
        ctx.trail.record(Event(key=UNLOCKED, user_id=user_id, more={"forgotten": forgotten}))
    await ctx.trail.settle()
    return Lifted(ids, forgotten)


async def forget(ctx: Context, kind: TargetType, targets: Sequence[str]) -> None:
    """Forget failed tries and sent messages: of people by identifier or id, of applications by id."""
    async with ctx.db.write() as tx:
        if kind == "App":
            for client_id in targets:
                await activities.forget_family(tx, client_failures.family(ctx, client_id))
        else:
            counters: set[str] = set()
            for text in map(str.strip, targets):
                counters |= _counters(ctx, text, await _users(tx, text))
            await activities.forget_targets(tx, counters)


async def _users(tx: Tx, text: str) -> list[User]:
    """Return whoever has an identifier or an id, in whatever case."""
    folded, digits = fold(text) or "", phone_digits(text)
    users = [*await tx.all(store.BY_EMAIL, text=folded), *await tx.all(store.BY_USERNAME, text=text)]
    users += await tx.all(store.BY_USERNAME_FOLDED, text=folded)
    if digits:
        stored, legacy = spellings(digits)
        users += await tx.all(store.BY_PHONE, text=stored, legacy=legacy)
    known = await tx.one(store.GET, id=text) if len(text) <= LONGEST_ID else None
    return list({user.id: user for user in [*users, *([known] if known else [])]}.values())


def _counters(ctx: Context, text: str, users: Sequence[User]) -> set[str]:
    """Return every counter that an identifier leads to: of the text, of whoever has it, of messages sent to it."""
    accounts = {text, looked_up_as(ctx, text), *(user.id for user in users)}
    accounts |= {way for user in users for way in ways_to(ctx, user)}
    digits = phone_digits(text)
    buckets = {verifications.bucket(ctx, "email", text), verifications.bucket(ctx, "phone", digits or text)}
    return {attempts.account_target(ctx, account) for account in accounts} | buckets
