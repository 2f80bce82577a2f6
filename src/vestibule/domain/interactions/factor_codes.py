"""Codes as a second factor: sent to an address that whoever was identified has, and asked for in the same sign-in."""

from vestibule.crypto import new_id
from vestibule.domain import attempts, verifications
from vestibule.domain.context import Context
from vestibule.domain.factor_settings import CODE_FACTORS
from vestibule.domain.interactions import codes, factors, holding
from vestibule.domain.interactions.state import FactorCodeRecordType, Identifier, Record
from vestibule.domain.interactions.trail import note
from vestibule.errors import AppError, FactorNotEnabled, VerificationNotFound
from vestibule.model import FactorType, Interaction, RecipientKind

USAGE = "MfaVerification"
RECORDS: dict[RecipientKind, FactorCodeRecordType] = {
    "email": "MfaEmailVerificationCode",
    "phone": "MfaPhoneVerificationCode",
}
FACTORS: dict[RecipientKind, FactorType] = {kind: factor for factor, kind in CODE_FACTORS.items()}


async def send(
    ctx: Context, interaction: Interaction, kind: RecipientKind, ip: str, *, locale: str | None = None
) -> str:
    """Send a code to the address of whoever was identified; returns the id of the record.

    Raises IdentifierNotFound, FactorNotEnabled, MessageRateLimited, the connector's refusals, and what `holding.hold`
    raises.
    """
    state = await holding.read(ctx, interaction)
    user_id = factors.identified(state)
    async with ctx.db.read() as tx:
        address = (await factors.addresses(tx, ctx, state, user_id)).get(FACTORS[kind])
        asked = await factors.available(tx, ctx, state, user_id)
    # Who has another factor and never chose this one is not asked for it, and does not get past with it (A21).
    is_asked = not asked or FACTORS[kind] in asked or state.proves_factor(user_id)
    if address is None or not is_asked:
        raise FactorNotEnabled
    record = Record(new_id(), RECORDS[kind], Identifier(kind, address), user_id=user_id)
    await codes.deliver(ctx, interaction, record, kind, address, ip, usage=USAGE, step="SignIn.Verification",
                        locale=locale)  # fmt: skip
    return record.id


async def verify(
    ctx: Context, interaction: Interaction, record_id: str, kind: RecipientKind, code: str, ip: str
) -> str:
    """Use up a code; returns the id of the record, which is verified from then on.

    Raises VerificationNotFound, TooManyAttempts, what `verifications.verify_code` raises, and what `holding.hold`
    raises. Tries count as those at any other factor do.
    """
    record, at = (await holding.read(ctx, interaction)).record(record_id), ctx.clock.now()
    if record.type != RECORDS[kind] or record.identifier is None or record.user_id is None:
        raise VerificationNotFound
    step = f"SignIn.Verification.{record.type}.Submit"
    try:
        await attempts.begin(ctx, record.user_id, ip, factor=True)
        await verifications.verify_code(ctx, kind, record.identifier.value, code, record.id)
        await attempts.succeed(ctx, record.user_id, factor=True)
    except AppError as error:
        await note(ctx, interaction, step, record.user_id, error)
        raise
    await holding.change(ctx, interaction, lambda held: held.verifying(record.id, at))
    await note(ctx, interaction, step, record.user_id)
    return record.id
