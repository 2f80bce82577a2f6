"""Setting up a second factor at sign-in: made and tried before it is bound, written with everything else at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from vestibule import totp
from vestibule.crypto import new_backup_code, new_id, new_totp_secret
from vestibule.db import Tx
from vestibule.domain import logto_config, mfa
from vestibule.domain.context import Context
from vestibule.domain.factor_settings import CODE_FACTORS, MAIN
from vestibule.domain.interactions import factors, holding, profiles
from vestibule.domain.interactions.state import CODE_RECORDS, FACTOR_RECORDS, Enrolment, Record, State
from vestibule.domain.interactions.trail import note
from vestibule.errors import (
    BackupCodesAlone,
    BackupCodesInUse,
    BackupCodesRequired,
    FactorMandatory,
    FactorMissing,
    FactorNotEnabled,
    FactorSuggested,
    IdentifierNotFound,
    InvalidTotpCode,
    PasskeySuggested,
    TotpInUse,
    TrustedDevicesOff,
    VerificationFailed,
)
from vestibule.model import FactorType, Interaction, MfaVerification, RecipientKind, User
from vestibule.store import users

SEALED = ("interactions", "state")


@dataclass(frozen=True)
class Offer:
    """What somebody may set up now, whether that can be put off, and where codes would go, masked.

    A suggestion is made to who has proven a second factor that is weaker; an extra to whom the policy asks for nothing.
    """

    kinds: tuple[FactorType, ...]
    skippable: bool
    is_suggestion: bool
    is_extra: bool
    backup_codes_due: bool
    addresses: Mapping[FactorType, str]


@dataclass(frozen=True)
class NewTotp:
    """An authenticator that is to be tried: the record, its seed, and whose it is."""

    record_id: str
    secret: str
    user: User


async def new_totp(ctx: Context, interaction: Interaction, *, afresh: bool = True) -> NewTotp:
    """Make a seed, or without `afresh` return the one that was made before in this sign-in.

    Raises IdentifierNotFound, FactorNotEnabled, MfaRequired, TotpInUse, and what `holding.hold` raises.
    """
    async with ctx.db.write() as tx:
        state, user, held = await begun(tx, ctx, interaction, "Totp")
        if any(one.type == "Totp" for one in held):
            raise TotpInUse
        record = None if afresh else _pending(state)
        if record is None:
            record_id, secret = new_id(), new_totp_secret()
            sealed = ctx.sealer.seal(secret.encode(), *SEALED, record_id)
            record = Record(record_id, "Totp", user_id=user.id, is_new=True, sealed=sealed)
            await holding.keep(tx, interaction, state.keeping(record))
    await note(ctx, interaction, f"{state.event}.BindMfa.Totp.Create", user.id)
    return NewTotp(record.id, _secret(ctx, record), user)


def _pending(state: State) -> Record | None:
    made = [one for one in state.records if one.type == "Totp" and one.is_new and not one.used]
    return made[0] if made else None


def _secret(ctx: Context, record: Record) -> str:
    return ctx.sealer.open(record.sealed or "", *SEALED, record.id).decode()


async def try_totp(ctx: Context, interaction: Interaction, record_id: str, code: str) -> str:
    """Take the first code of a new authenticator; returns the id of the record.

    Raises VerificationFailed for a record of another kind, VerificationNotFound, InvalidTotpCode, and what
    `holding.hold` raises.
    """
    now = ctx.clock.now()

    def tried(state: State) -> State:
        record = state.record(record_id)
        if record.type != "Totp" or not record.is_new:
            raise VerificationFailed
        step = totp.matching_step(_secret(ctx, record), code, now)
        if step is None:
            raise InvalidTotpCode
        return state.keeping(replace(record, step=step, verified_at=now))

    step = f"{(await holding.read(ctx, interaction)).event}.BindMfa.Totp.Submit"
    try:
        state = await holding.change(ctx, interaction, tried)
    except InvalidTotpCode as error:
        await note(ctx, interaction, step, (await holding.read(ctx, interaction)).user_id, error)
        raise
    await note(ctx, interaction, step, state.user_id)
    return record_id


async def new_backup_codes(ctx: Context, interaction: Interaction) -> tuple[str, list[str]]:
    """Make ten codes; returns the id of the record and the codes, which can be read nowhere else.

    Raises IdentifierNotFound, FactorNotEnabled, MfaRequired, BackupCodesInUse, and what `holding.hold` raises.
    """
    codes, record_id = [new_backup_code() for _ in range(mfa.CODES)], new_id()
    async with ctx.db.write() as tx:
        state, user, held = await begun(tx, ctx, interaction, "BackupCode")
        if any(one.remaining for one in held):
            raise BackupCodesInUse
        digests = tuple(mfa.code_digest(ctx, user.id, code) for code in codes)
        record = Record(
            record_id, "BackupCode", user_id=user.id, verified_at=ctx.clock.now(), is_new=True, digests=digests
        )
        await holding.keep(tx, interaction, state.keeping(record))
    await note(ctx, interaction, f"{state.event}.BindMfa.BackupCode.Create", user.id)
    return record_id, codes


async def bind(ctx: Context, interaction: Interaction, kind: FactorType, record_id: str) -> None:
    """Set a factor up by its record, which is used by that; it is written when the sign-in is done.

    An address that the account lacks is given to it by the same. Raises IdentifierNotFound, FactorNotEnabled,
    MfaRequired, VerificationNotFound, VerificationFailed, TotpInUse, BackupCodesAlone, what `profiles.new_address`
    raises of a new address, and what `holding.hold` raises.
    """
    seen = await holding.read(ctx, interaction)
    if kind in CODE_FACTORS and seen.record(record_id).type in CODE_RECORDS.values():
        await _bind_address(ctx, interaction, seen, kind, record_id)
        return
    async with ctx.db.write() as tx:
        state, user, held = await begun(tx, ctx, interaction, kind)
        record, enrolment = state.verified(record_id), state.enrolment
        if FACTOR_RECORDS.get(record.type) != kind or record.user_id != user.id:
            raise VerificationFailed
        if kind in CODE_FACTORS:
            await holding.keep(tx, interaction, replace(state, enrolment=replace(enrolment, enabled=True)))
            return
        if not record.is_new:
            raise VerificationFailed
        if kind == "Totp" and any(one.type == "Totp" for one in held):
            raise TotpInUse
        if kind == "BackupCode" and not MAIN & {*_counted(ctx, state), *(one.type for one in held)}:
            raise BackupCodesAlone
        kept = [one for one in enrolment.factors if one.type != record.type or kind == "WebAuthn"]
        bound = replace(enrolment, factors=(*kept, record))
        await holding.keep(tx, interaction, replace(state.keeping(replace(record, used=True)), enrolment=bound))
    await note(ctx, interaction, f"{state.event}.BindMfa.{kind}.Submit", user.id)


async def _bind_address(ctx: Context, interaction: Interaction, seen: State, kind: FactorType, record_id: str) -> None:
    """Give an address to an account that lacks one, and have codes sent there asked for from now on."""
    to = CODE_FACTORS[kind]
    if not await takes(ctx, seen, to):
        raise FactorNotEnabled
    value = await profiles.new_address(ctx, seen, to, record_id)
    async with ctx.db.write() as tx:
        state, user, _ = await begun(tx, ctx, interaction, kind)
        given = profiles.with_address(state, seen, to, value, record_id)
        await holding.keep(tx, interaction, replace(given, enrolment=replace(state.enrolment, enabled=True)))
    await note(ctx, interaction, f"{seen.event}.BindMfa.{kind}.Submit", user.id)


async def takes(ctx: Context, state: State, to: RecipientKind) -> bool:
    """Tell whether an address may be given that becomes a factor: the account lacks one, and codes are a factor here.

    Raises MfaRequired: who has a factor shows it first.
    """
    if state.user_id is None or state.event == "ForgotPassword":
        return False
    async with ctx.db.read() as tx:
        lacks = {CODE_FACTORS[kind] for kind in await factors.lacking(tx, ctx, state.user_id)}
        if to in lacks:
            await factors.check(tx, ctx, state, state.user_id)
    return to in lacks


async def begun(
    tx: Tx, ctx: Context, interaction: Interaction, kind: FactorType
) -> tuple[State, User, list[MfaVerification]]:
    """Return the state, held, with who was identified and their factors, of which one was proven if there is any.

    Raises IdentifierNotFound, FactorNotEnabled, MfaRequired, and what `holding.hold` raises.
    """
    state = await holding.hold(tx, ctx, interaction)
    user = await tx.one(users.GET, id=factors.identified(state))
    if user is None:
        raise IdentifierNotFound
    if not ctx.live.experience.may_set_up(kind):
        raise FactorNotEnabled
    await factors.check(tx, ctx, state, user.id)
    return state, user, await factors.counting(tx, ctx, user.id)


async def enable(ctx: Context, interaction: Interaction) -> None:
    """Have codes to one's addresses asked for from now on.

    Raises IdentifierNotFound, FactorNotEnabled, MfaRequired, and what `holding.hold` raises.
    """
    state = await holding.read(ctx, interaction)
    user_id = factors.identified(state)
    async with ctx.db.read() as tx:
        # Before it is on: nobody makes the mailbox a factor to get past the one there is.
        await factors.check(tx, ctx, state, user_id)
        if not await factors.addresses(tx, ctx, state, user_id):
            raise FactorNotEnabled
    await _said(ctx, interaction, lambda enrolment: replace(enrolment, enabled=True))


async def skip(ctx: Context, interaction: Interaction) -> None:
    """Put it off, once and for all; raises FactorMandatory, IdentifierNotFound, and what `holding.hold` raises."""
    state = await holding.read(ctx, interaction)
    factors.identified(state)
    if ctx.live.experience.mfa.insists(state.occasion):
        raise FactorMandatory
    await _said(ctx, interaction, lambda enrolment: replace(enrolment, skipped=True))


async def decline(ctx: Context, interaction: Interaction) -> None:
    """Decline whatever is offered; raises as `skip`."""
    state = await holding.read(ctx, interaction)
    suggests = _shows(ctx, state, factors.identified(state))
    await (skip_suggestion if suggests else skip)(ctx, interaction)


async def skip_suggestion(ctx: Context, interaction: Interaction) -> None:
    """Decline a factor beside the codes that one gets; raises IdentifierNotFound and what `holding.hold` raises."""
    factors.identified(await holding.read(ctx, interaction))
    await _said(ctx, interaction, lambda enrolment: replace(enrolment, suggestion_skipped=True))


async def trust_device(ctx: Context, interaction: Interaction) -> None:
    """Ask not to be asked for a factor in this browser again, once this sign-in has shown one.

    Raises TrustedDevicesOff, IdentifierNotFound and what `holding.hold` raises.
    """
    user_id = factors.identified(await holding.read(ctx, interaction))
    if not ctx.live.experience.trusted_device.enabled:
        raise TrustedDevicesOff
    await _said(ctx, interaction, lambda enrolment: replace(enrolment, trusts_device=True))
    await note(ctx, interaction, "SignIn.TrustedDevice.Create", user_id)


async def skip_passkey(ctx: Context, interaction: Interaction) -> None:
    """Decline a passkey to sign in with; raises IdentifierNotFound and what `holding.hold` raises."""
    factors.identified(await holding.read(ctx, interaction))
    await _said(ctx, interaction, lambda enrolment: replace(enrolment, passkey_skipped=True))


async def _said(ctx: Context, interaction: Interaction, apply: Callable[[Enrolment], Enrolment]) -> None:
    state = await holding.change(ctx, interaction, lambda held: replace(held, enrolment=apply(held.enrolment)))
    await note(ctx, interaction, f"{state.event}.BindMfa.Update", state.user_id)


async def offer(ctx: Context, interaction: Interaction) -> Offer:
    """Return what may be set up now by whoever was identified; raises IdentifierNotFound, MfaRequired and more."""
    state = await holding.read(ctx, interaction)
    user_id = factors.identified(state)
    async with ctx.db.read() as tx:
        await factors.check(tx, ctx, state, user_id)
        held = await factors.counting(tx, ctx, user_id)
        kinds = await _bindable(tx, ctx, state, user_id, held)
        reachable = await factors.addresses(tx, ctx, state, user_id)
        is_extra = not await _is_asked(tx, ctx, state, user_id, held)
    suggests = _shows(ctx, state, user_id)
    skippable = suggests or not ctx.live.experience.mfa.insists(state.occasion)
    hidden = {kind: factors.masked(address) for kind, address in reachable.items()}
    return Offer(kinds, skippable, suggests, is_extra, _backup_codes_due(ctx, state, held), hidden)


async def settle(
    tx: Tx, ctx: Context, state: State, user_id: str, held: Sequence[MfaVerification], *, asks: bool = True
) -> None:
    """At the end: ask for a factor by the policy, or write those that were set up, and what was said about them.

    Beside the factors that count already (`held`). Without `asks` nobody is asked: what there is was not even shown.

    Raises FactorMissing, FactorSuggested, BackupCodesRequired, TotpInUse.
    """
    enrolment = state.enrolment
    if asks:
        await _ask(tx, ctx, state, user_id, held)
    if _backup_codes_due(ctx, state, held):
        raise BackupCodesRequired
    for record in enrolment.factors:
        if record.type == "Totp" and any(one.type == "Totp" for one in held):
            raise TotpInUse
        if record.type == "Totp":
            await mfa.put_totp(tx, ctx, user_id, _secret(ctx, record), step=record.step)
        elif record.type == "BackupCode":
            await mfa.put_backup_codes(tx, ctx, user_id, record.digests)
        elif record.passkey is not None:
            is_factor = "WebAuthn" in ctx.live.experience.mfa.factors
            await mfa.put_passkey(tx, ctx, user_id, record.passkey, is_factor=is_factor)
    chosen = {
        "enabled": enrolment.enabled,
        "skipped": enrolment.skipped,
        "additionalBindingSuggestionSkipped": enrolment.suggestion_skipped or enrolment.enabled,
    }
    said = {name: True for name, is_so in chosen.items() if is_so}
    changes = {logto_config.FACTORS: said} if said else {}
    if enrolment.passkey_skipped:
        changes[logto_config.PASSKEYS] = {"skipped": True}
    if changes:
        await logto_config.change_choices_in(tx, ctx, user_id, changes)


async def suggest_passkey(tx: Tx, ctx: Context, state: State, user_id: str, *, asked_for: bool) -> None:
    """Offer a passkey to who has none and has not declined it, where one signs in; raises PasskeySuggested.

    When the application has `asked_for` it, whatever there is already.
    """
    enrolment = state.enrolment
    if enrolment.passkey_skipped or "WebAuthn" in enrolment.kinds:
        return
    if asked_for and ctx.live.experience.may_set_up("WebAuthn"):
        raise PasskeySuggested
    if not ctx.live.experience.passkey_sign_in.enabled:
        return
    declined = (await logto_config.choices_in(tx, user_id)).get(logto_config.PASSKEYS, {}).get("skipped")
    if not declined and not await mfa.passkeys_of(tx, user_id):
        raise PasskeySuggested


async def _is_asked(tx: Tx, ctx: Context, state: State, user_id: str, held: Sequence[MfaVerification]) -> bool:
    try:
        await _ask(tx, ctx, state, user_id, held)
    except (FactorMissing, FactorSuggested):
        return True
    return False


async def _ask(tx: Tx, ctx: Context, state: State, user_id: str, held: Sequence[MfaVerification]) -> None:
    policy = ctx.live.experience.mfa
    if not policy.asks(state.occasion) or MAIN & {*_counted(ctx, state), *(one.type for one in held)}:
        return
    kinds, insists = await _bindable(tx, ctx, state, user_id, held), policy.insists(state.occasion)
    choices, enrolment = await logto_config.factor_choices(tx, user_id), state.enrolment
    if _shows(ctx, state, user_id):
        declined = (
            enrolment.enabled or enrolment.suggestion_skipped or choices.get("additionalBindingSuggestionSkipped")
        )
        stronger = [kind for kind in kinds if kind in MAIN]
        if stronger and not declined:
            raise FactorSuggested(data={"availableFactors": stronger, "skippable": True})
    elif insists or (kinds and not enrolment.skipped and not choices.get("skipped")):
        raise FactorMissing(data={"availableFactors": kinds, "skippable": not insists})


def _shows(ctx: Context, state: State, user_id: str) -> bool:
    """Tell whether a factor was shown: one that there was, or an address that was given here and is one from now on."""
    policy = ctx.live.experience.mfa
    is_on = state.enrolment.enabled or policy.insists(state.occasion)
    given = (kind for factor, kind in CODE_FACTORS.items() if factor in policy.factors)
    return state.proves_factor(user_id) or (is_on and any(state.profile.address(kind) for kind in given))


def _counted(ctx: Context, state: State) -> frozenset[FactorType]:
    """Return what is set up now and counts as a factor here: a passkey may be there only to sign in with."""
    return state.enrolment.kinds & {*ctx.live.experience.mfa.factors}


async def _bindable(
    tx: Tx, ctx: Context, state: State, user_id: str, held: Sequence[MfaVerification]
) -> tuple[FactorType, ...]:
    """Return what can be set up beside what there is, in the order of the settings; backup codes come with another."""
    reachable = await factors.addresses(tx, ctx, state, user_id)
    given = {kind for kind, to in CODE_FACTORS.items() if state.profile.address(to) is not None}
    lacks = await factors.lacking(tx, ctx, user_id) - given
    there = {"Totp"} & {*state.enrolment.kinds, *(one.type for one in held)}
    is_on = state.enrolment.enabled or bool(await factors.by_code(tx, ctx, state, user_id))
    return tuple(
        kind
        for kind in ctx.live.experience.mfa.factors
        if kind not in there and (kind in MAIN or (kind in {*reachable, *lacks} and not is_on))
    )


def _backup_codes_due(ctx: Context, state: State, held: Sequence[MfaVerification]) -> bool:
    kinds = _counted(ctx, state)
    enabled = "BackupCode" in ctx.live.experience.mfa.factors
    return enabled and bool(MAIN & kinds) and "BackupCode" not in kinds and not any(one.remaining for one in held)
