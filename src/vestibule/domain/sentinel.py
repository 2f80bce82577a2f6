"""Letting people and applications in again: what counts against them is forgotten."""

from collections.abc import Sequence
from typing import Literal

from vestibule.db import Tx
from vestibule.domain import attempts, client_failures, verifications
from vestibule.domain.context import Context
from vestibule.domain.phones import spellings
from vestibule.domain.users import phone_digits
from vestibule.model import fold
from vestibule.store import activities
from vestibule.store import users as store

TargetType = Literal["User", "App"]


async def forget(ctx: Context, kind: TargetType, targets: Sequence[str]) -> None:
    """Forget failed tries and sent messages: of people by identifier or id, of applications by id."""
    async with ctx.db.write() as tx:
        if kind == "App":
            for client_id in targets:
                await activities.forget_family(tx, client_failures.family(ctx, client_id))
        else:
            counters: set[str] = set()
            for text in targets:
                counters |= await _counters(tx, ctx, text.strip())
            await activities.forget_targets(tx, counters)


async def _counters(tx: Tx, ctx: Context, text: str) -> set[str]:
    """Return every counter that an identifier leads to: of the text, of whoever has it, of messages sent to it."""
    folded, digits = fold(text) or "", phone_digits(text)
    users = [*await tx.all(store.BY_EMAIL, text=folded), *await tx.all(store.BY_USERNAME, text=text)]
    users += await tx.all(store.BY_USERNAME_FOLDED, text=folded)
    if digits:
        stored, legacy = spellings(digits)
        users += await tx.all(store.BY_PHONE, text=stored, legacy=legacy)
    accounts = {text, folded, *(user.id for user in users)}
    buckets = {verifications.bucket(ctx, "email", text), verifications.bucket(ctx, "phone", digits or text)}
    return {attempts.account_target(ctx, account) for account in accounts} | buckets
