"""Proofs by a second factor of whoever was identified: a code of an authenticator, a backup code."""

from collections.abc import Awaitable, Callable

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain import mfa
from vestibule.domain.context import Context
from vestibule.domain.interactions import holding
from vestibule.domain.interactions.state import Record, State
from vestibule.domain.interactions.trail import note
from vestibule.errors import AppError, IdentifierNotFound, MfaRequired
from vestibule.model import FactorType, Interaction
from vestibule.store import mfa as store

FACTORS: dict[FactorType, Callable[[Context, str, str, str], Awaitable[None]]] = {
    "Totp": mfa.verify_totp,
    "BackupCode": mfa.use_backup_code,
}
"""How the code of a factor is checked and used up."""


async def verify(ctx: Context, interaction: Interaction, kind: FactorType, code: str, ip: str) -> str:
    """Use up a code of a factor; returns the id of the record.

    Raises IdentifierNotFound when nobody was identified yet, TooManyAttempts, InvalidTotpCode, InvalidBackupCode, and
    what `holding.hold` raises.
    """
    user_id = (await holding.read(ctx, interaction)).user_id
    if user_id is None:
        raise IdentifierNotFound
    step = f"SignIn.Verification.{kind}.Submit"
    try:
        await FACTORS[kind](ctx, user_id, code, ip)
    except AppError as error:
        await note(ctx, interaction, step, user_id, error)
        raise
    record = Record(new_id(), "BackupCode" if kind == "BackupCode" else "Totp", user_id=user_id,
                    verified_at=ctx.clock.now())  # fmt: skip
    await holding.change(ctx, interaction, lambda state: state.keeping(record))
    await note(ctx, interaction, step, user_id)
    return record.id


async def asked(ctx: Context, interaction: Interaction) -> list[FactorType]:
    """Return what whoever was identified can be asked for; raises IdentifierNotFound and what `holding.read` raises."""
    user_id = (await holding.read(ctx, interaction)).user_id
    if user_id is None:
        raise IdentifierNotFound
    async with ctx.db.read() as tx:
        return await available(tx, user_id)


async def available(tx: Tx, user_id: str) -> list[FactorType]:
    """Return the kinds of factor that a user can be asked for, the last used first, backup codes last."""
    held = [one for one in await tx.all(store.OF_USER, of_user=user_id) if one.type != "BackupCode" or one.remaining]
    held.sort(key=lambda one: (one.type == "BackupCode", -(one.last_used_at or 0)))
    return list(dict.fromkeys(one.type for one in held))


async def check(tx: Tx, state: State, user_id: str) -> None:
    """Refuse to go on while a user who has a factor has not proven one; raises MfaRequired (A21, B62)."""
    asked = await available(tx, user_id)
    if asked and not state.proves_factor(user_id):
        raise MfaRequired(data={"availableFactors": asked, "maskedIdentifiers": {}})
