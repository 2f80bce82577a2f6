"""Proofs by a second factor of whoever was identified: a code of an authenticator, a backup code, a code sent."""

from collections.abc import Awaitable, Callable, Sequence

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain import logto_config, messages, mfa, trusted_devices
from vestibule.domain.context import Context
from vestibule.domain.factor_settings import CODE_FACTORS
from vestibule.domain.interactions import holding
from vestibule.domain.interactions.state import MAILED, Record, RecordType, State
from vestibule.domain.interactions.steps import params_of
from vestibule.domain.interactions.trail import note
from vestibule.domain.logto_config import Choices
from vestibule.errors import AppError, IdentifierNotFound, InvalidCredentials, MfaRequired
from vestibule.model import FactorType, Interaction, MfaVerification, RecipientKind, User
from vestibule.store import mfa as store
from vestibule.store import users

FACTORS: dict[FactorType, Callable[[Context, str, str, str], Awaitable[None]]] = {
    "Totp": mfa.verify_totp,
    "BackupCode": mfa.use_backup_code,
}
"""How the code of a factor is checked and used up."""
MASK = "••••"


async def verify(ctx: Context, interaction: Interaction, kind: FactorType, code: str, ip: str) -> str:
    """Use up a code of a factor; returns the id of the record.

    Raises IdentifierNotFound when nobody was identified yet, TooManyAttempts, InvalidTotpCode, InvalidBackupCode, and
    what `holding.hold` raises.
    """
    user_id = identified(await holding.read(ctx, interaction))
    step = f"SignIn.Verification.{kind}.Submit"
    try:
        await FACTORS[kind](ctx, user_id, code, ip)
    except AppError as error:
        await note(ctx, interaction, step, user_id, error)
        raise
    record_type: RecordType = "BackupCode" if kind == "BackupCode" else "Totp"
    record = Record(new_id(), record_type, user_id=user_id, verified_at=ctx.clock.now())
    await holding.change(ctx, interaction, lambda state: state.keeping(record))
    await note(ctx, interaction, step, user_id)
    return record.id


def identified(state: State) -> str:
    """Return who was identified; raises IdentifierNotFound."""
    if state.user_id is None:
        raise IdentifierNotFound
    return state.user_id


async def asked(ctx: Context, interaction: Interaction) -> dict[FactorType, str]:
    """Return what whoever was identified can be asked for, in order, with the masked address of a code that is sent.

    Raises IdentifierNotFound and what `holding.read` raises.
    """
    state = await holding.read(ctx, interaction)
    user_id = identified(state)
    async with ctx.db.read() as tx:
        kinds = await available(tx, ctx, state, user_id)
        by_message = await by_code(tx, ctx, state, user_id)
    return {kind: masked(by_message[kind]) if kind in by_message else "" for kind in kinds}


async def available(
    tx: Tx, ctx: Context, state: State, user_id: str, counted: Sequence[MfaVerification] | None = None
) -> list[FactorType]:
    """Return the kinds of factor that a user can be asked for, the last used first, backup codes last.

    Of what is `counted` (`counting`) already, where it is.
    """
    counted = await counting(tx, ctx, user_id) if counted is None else counted
    held = [one for one in counted if one.type != "BackupCode" or one.remaining]
    held.sort(key=lambda one: -(one.last_used_at or 0))
    kinds = dict.fromkeys(one.type for one in held if one.type != "BackupCode")
    by_message = await by_code(tx, ctx, state, user_id)
    last = (await logto_config.choices_in(tx, user_id)).get(logto_config.LAST_CODE, {}) if by_message else {}
    first = [kind for kind in by_message if last.get(kind)]
    backup: list[FactorType] = ["BackupCode"] if any(one.type == "BackupCode" for one in held) else []
    return list(dict.fromkeys([*first, *kinds, *by_message, *backup]))


async def note_used(tx: Tx, ctx: Context, state: State, user_id: str) -> None:
    """Remember whether the factor that was shown is a code that is sent; of the others their own row tells."""
    shown = state.factors_shown(user_id)
    if not shown:
        return
    said = {str(kind): kind == shown[-1] for kind in CODE_FACTORS}
    held = (await logto_config.choices_in(tx, user_id)).get(logto_config.LAST_CODE, dict.fromkeys(said, False))
    if held != said:
        await logto_config.change_choices_in(tx, ctx, user_id, {logto_config.LAST_CODE: said})


async def counting(tx: Tx, ctx: Context, user_id: str) -> list[MfaVerification]:
    """Return the factors of a user that are asked for: not a passkey that was made to sign in with, and for no more."""
    held = await tx.all(store.OF_USER, of_user=user_id)
    return [one for one in held if _counts(ctx, one)]


async def idle(tx: Tx, ctx: Context, user_id: str) -> list[MfaVerification]:
    """Return the passkeys of a user that are a way in and no second factor: nobody is asked for them."""
    held = await tx.all(store.OF_USER, of_user=user_id)
    return [one for one in held if not _counts(ctx, one)]


def _counts(ctx: Context, held: MfaVerification) -> bool:
    asks = "WebAuthn" in ctx.live.experience.mfa.factors
    return held.type != "WebAuthn" or asks or mfa.credential_of(held).is_factor


async def by_code(tx: Tx, ctx: Context, state: State, user_id: str) -> dict[FactorType, str]:
    """Return the addresses of a user that codes go to as a second factor: all, where the policy insists or they say so.

    One that was the first factor is no second one.
    """
    reachable = await addresses(tx, ctx, state, user_id)
    if not reachable or state.enrolment.enabled or ctx.live.experience.mfa.insists(state.occasion):
        return reachable
    return reachable if (await logto_config.factor_choices(tx, user_id)).get("enabled") else {}


async def addresses(tx: Tx, ctx: Context, state: State, user_id: str) -> dict[FactorType, str]:
    """Return the addresses of a user that could be such a factor."""
    enabled = [kind for kind in ctx.live.experience.mfa.factors if kind in CODE_FACTORS]
    user = await tx.one(users.GET, id=user_id) if enabled else None
    if user is None:
        return {}
    found = {kind: address_of(user, CODE_FACTORS[kind]) for kind in enabled}
    return {
        kind: address
        for kind, address in found.items()
        if address is not None and (state.proof_type is None or MAILED.get(state.proof_type) != CODE_FACTORS[kind])
    }


async def lacking(tx: Tx, ctx: Context, user_id: str) -> set[FactorType]:
    """Return the factors by code for which a user has no address and could give one: codes can be sent there."""
    enabled = [kind for kind in ctx.live.experience.mfa.factors if kind in CODE_FACTORS]
    user = await tx.one(users.GET, id=user_id) if enabled else None
    lacks = [] if user is None else [kind for kind in enabled if address_of(user, CODE_FACTORS[kind]) is None]
    reachable = await messages.kinds_in(tx, ctx) if lacks else ()
    return {kind for kind in lacks if CODE_FACTORS[kind] in reachable}


def address_of(user: User, kind: RecipientKind) -> str | None:
    """Return the e-mail address or the phone number of a user."""
    return user.primary_email if kind == "email" else user.primary_phone


def masked(address: str) -> str:
    """Return what of an address tells its owner which it is, and nobody else more."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}{MASK}@{domain}" if at else f"{MASK}{address[-4:]}"


async def is_excused(
    tx: Tx, ctx: Context, interaction: Interaction, state: State, user_id: str, choices: Choices
) -> bool:
    """Tell whether a user need not show a factor here: the browser is trusted, or they chose so where they may.

    Not where the application asks for a fresh proof.
    """
    params = params_of(interaction)
    if "login" in params.prompts or params.max_age is not None or params.vestibule_action is not None:
        return False
    if await trusted_devices.is_trusted(tx, ctx, interaction.device_digest, user_id):
        return True
    chosen = choices.get(logto_config.FACTORS, {}).get("skipMfaOnSignIn", False)
    return chosen and not ctx.live.experience.mfa.insists(state.occasion)


async def check_there(tx: Tx, state: State, user_id: str) -> None:
    """Refuse a sign-in in which a passkey was shown that was removed since; raises InvalidCredentials."""
    shown = {one.factor_id for one in state.records if one.factor_id is not None}
    if shown and not shown <= {one.id for one in await tx.all(store.OF_USER, of_user=user_id)}:
        raise InvalidCredentials


async def check(
    tx: Tx, ctx: Context, state: State, user_id: str, counted: Sequence[MfaVerification] | None = None
) -> None:
    """Refuse to go on while a user who has a factor has not proven one; raises MfaRequired (A21, B62)."""
    if state.proves_factor(user_id):
        return
    asked = await available(tx, ctx, state, user_id, counted)
    if asked:
        by_message = await by_code(tx, ctx, state, user_id)
        hidden = {kind: masked(address) for kind, address in by_message.items()}
        raise MfaRequired(data={"availableFactors": asked, "maskedIdentifiers": hidden})
