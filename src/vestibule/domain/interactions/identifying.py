"""Identification: a proof says who signs in, or makes the account of somebody new."""

from msgspec.structs import replace

from vestibule.crypto import new_id
from vestibule.db import Tx, UniqueViolation
from vestibule.domain import connectors, identities, mfa, personal_access_tokens, sessions, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import completing, events, factors, holding, passwords, profiles, socials, sso
from vestibule.domain.interactions.mailboxes import same_mailbox
from vestibule.domain.interactions.state import MAILED, InteractionEvent, Profile, Record, RecordType, State
from vestibule.domain.interactions.trail import note
from vestibule.errors import (
    AppError,
    IdentityConflict,
    IdentityInUse,
    InvalidCredentials,
    InvalidRequest,
    MissingProfile,
    PasswordRejected,
    SignInMethodNotEnabled,
    UserNotExist,
    UserSuspended,
    VerificationFailed,
)
from vestibule.model import Interaction, RecipientKind, User
from vestibule.store import sso_identities
from vestibule.store import users as store
from vestibule.store.identities import UNIQUE as IDENTITY

PROOFS: dict[InteractionEvent, frozenset[RecordType]] = {
    "SignIn": frozenset({*MAILED, "Password", "SignInPasskey", "Social", "EnterpriseSso"}),
    "Register": frozenset({*MAILED, "NewPasswordIdentity", "Social", "EnterpriseSso"}),
    "ForgotPassword": frozenset(MAILED),
}
"""Which records identify somebody, for each event."""
NO_PASSWORD = {"password_digest": None, "password_algorithm": None, "password_updated_at": None}


async def identify(ctx: Context, interaction: Interaction, record_id: str | None, *, link: bool = False) -> bool:
    """Say who it is by a verified record; returns whether an account was made for it.

    With `link`, an identity at a provider that nobody has yet is that of whoever has the same verified address.

    To register, the record may be left out when the profile says enough. Raises VerificationNotFound,
    VerificationFailed, UserNotExist, UserSuspended, IdentityConflict, SignInMethodNotEnabled, Forbidden,
    MissingProfile, PasswordRejected (a password about what was said after it), the three InUse, SsoEnabled,
    SsoIdentityNotExist, IdentityInUse, and what `holding.hold` raises.
    """
    state = await holding.read(ctx, interaction)
    step = f"{state.event}.Identifier.Submit"
    try:
        await _refuse_company(ctx, state, record_id)
        if state.event == "Register":
            await _register(ctx, interaction, state, record_id)
        else:
            await _recognise(ctx, interaction, record_id, link=link)
    except AppError as error:
        await note(ctx, interaction, step, None, error)
        raise
    return state.event == "Register"


async def _refuse_company(ctx: Context, state: State, record_id: str | None) -> None:
    """Refuse proofs of an address whose company signs its people in itself, whatever was open when it was given."""
    record = None if record_id is None else state.record(record_id)
    if record is None:
        await sso.refuse_company(ctx, state.profile.primary_email)
    elif record.social is not None and record.social.person is not None:
        await sso.refuse_company(ctx, record.social.person.email)
    elif record.identifier is not None and record.identifier.type == "email":
        await sso.refuse_company(ctx, record.identifier.value)


async def _recognise(ctx: Context, interaction: Interaction, record_id: str | None, *, link: bool) -> None:
    async with ctx.db.write() as tx:
        state = await holding.hold(tx, ctx, interaction)
        if record_id is None:
            raise VerificationFailed
        record = state.verified(record_id)
        if record.social is not None:
            record = replace(record, social=replace(record.social, links=link))
        is_free = await _let_go(tx, ctx, state, record)
        if not is_free:
            user = await owner(tx, ctx, state, record)
            if record.social is not None:
                await sso.refuse_company(ctx, user.primary_email)
            if state.user_id not in {None, user.id}:
                raise IdentityConflict
            if state.user_id is None:
                # Nothing that was said before it was known who speaks is written about them.
                state = replace(state, profile=Profile())
            await holding.keep(tx, interaction, state.identified(user.id, record))
    if is_free:
        raise UserNotExist(data={"identifier": record.identifier})


async def _let_go(tx: Tx, ctx: Context, state: State, record: Record) -> bool:
    """Take a proven address off an account that only claimed it, if that has another one which was proven.

    Whoever proved the other one has the account; the address is free for whoever proves it. Raises as `check_fits`.
    """
    kind = MAILED.get(record.type)
    if kind is None or record.identifier is None:
        return False
    check_fits(ctx, state.event, record)
    user = await users.find_by(tx, ctx, kind, record.identifier.value)
    if (
        user is None
        or user.is_suspended
        or not reached(user, record)
        or getattr(user, users.VERIFIED[f"primary_{kind}"])
    ):
        return False
    if not _has_other(user, kind, proven=True) or _shown(state, user) or state.proves_factor(user.id):
        return False
    await users.take_off(tx, ctx, user.id, f"primary_{kind}")
    return True


def _has_other(user: User, kind: RecipientKind, *, proven: bool) -> bool:
    """Tell whether a user has an address of the other kind, which was proven or only claimed."""
    column = _other(kind)
    return getattr(user, column) is not None and getattr(user, users.VERIFIED[column]) is proven


def _other(kind: RecipientKind) -> str:
    return "primary_phone" if kind == "email" else "primary_email"


def _shown(state: State, user: User) -> bool:
    """Tell whether the password of a user was shown in this sign-in."""
    return any(one.type == "Password" and one.user_id == user.id and one.verified_at for one in state.records)


async def owner(tx: Tx, ctx: Context, state: State, record: Record) -> User:
    """Return whom a record identifies here; raises VerificationFailed, UserNotExist, UserSuspended and more."""
    check_fits(ctx, state.event, record)
    user = None
    if record.company is not None:
        user = await sso.owner(tx, ctx, record)
    elif record.social is not None:
        user = await socials.owner(tx, ctx, record.social, link=record.social.links)
    elif record.user_id is not None:
        user = await tx.one(store.GET, id=record.user_id)
    elif record.identifier is not None:
        user = await users.find_by(tx, ctx, record.identifier.type, record.identifier.value)
    if user is None or not reached(user, record):
        raise UserNotExist(data={"identifier": record.identifier})
    if user.is_suspended:
        raise UserSuspended
    return user


async def note_proven(tx: Tx, ctx: Context, state: State, user_id: str) -> None:
    """Once the sign-in is done, call the address verified whose code identified the user, if it is still theirs.

    Whoever made the account may be a stranger who only claimed the address: what they could come back with ends.
    """
    user, kind = await _newly_proven(tx, state, user_id)
    if user is not None and kind is not None:
        await store.change(tx, user_id, {users.VERIFIED[f"primary_{kind}"]: True})
        await _shut_out(tx, ctx, state, user, kind)


async def proves_claim(tx: Tx, state: State, user_id: str) -> bool:
    """Tell whether this sign-in proves a claimed address: what the account says of itself is no excuse then."""
    return (await _newly_proven(tx, state, user_id))[0] is not None


async def _newly_proven(tx: Tx, state: State, user_id: str) -> tuple[User | None, RecipientKind | None]:
    """Return the user and the kind of address that this sign-in is the first to prove, or no user."""
    record = state.proof
    kind = None if record is None else MAILED.get(record.type)
    if kind is None or record is None or state.occasion == "Register":
        return None, None
    user = await tx.one(store.GET, id=user_id)
    is_new = user is not None and not getattr(user, users.VERIFIED[f"primary_{kind}"]) and reached(user, record)
    return (user, kind) if is_new else (None, None)


async def _shut_out(tx: Tx, ctx: Context, state: State, user: User, kind: RecipientKind) -> None:
    """End what others may have of an account: its password, sessions, tokens, identities and passkeys never asked for.

    A password that was shown in this sign-in, or comes with it, is the owner's; so is every factor, once one was shown.
    Factors that are asked for stay in any case (B53): no mailbox is worth more than they are.
    """
    shown = _shown(state, user)
    if not shown and not state.proves_factor(user.id):
        if _has_other(user, kind, proven=True):
            # It was proven since: begun anew, this sign-in finds the address free.
            raise InvalidCredentials
        if _has_other(user, kind, proven=False):
            await users.take_off(tx, ctx, user.id, _other(kind))
    if user.has_password and not shown and state.profile.password_digest is None:
        await store.change(tx, user.id, NO_PASSWORD)
    if not state.proves_factor(user.id):
        await mfa.remove_these(tx, user.id, [one.id for one in await factors.idle(tx, ctx, user.id)])
    await identities.remove_all(tx, ctx, user.id)
    await tx.run(sso_identities.DELETE_OF_USER, user_id=user.id)
    await personal_access_tokens.delete_all(tx, user.id)
    await sessions.end_all(tx, ctx.clock, user.id)


def reached(user: User, record: Record) -> bool:
    """Tell whether a message went to the very address of this user: look-up takes several addresses for one."""
    kind = MAILED.get(record.type)
    if kind is None:
        return True
    held = user.primary_email if kind == "email" else user.primary_phone
    return record.sent_to is not None and held is not None and same_mailbox(record.sent_to, held)


def check_fits(ctx: Context, event: InteractionEvent, record: Record) -> None:
    """Refuse a record that is not for this event, or a way that is closed; raises VerificationFailed and more (B56)."""
    events.check_open(ctx, event)
    if record.type not in PROOFS[event]:
        raise VerificationFailed
    if record.event is not None and (record.event == "ForgotPassword") != (event == "ForgotPassword"):
        raise VerificationFailed
    if record.type == "EnterpriseSso" and not ctx.live.experience.single_sign_on_enabled:
        raise SignInMethodNotEnabled
    if record.social is not None and not connectors.lets_in(ctx, record.social.target):
        raise SignInMethodNotEnabled
    if record.type == "SignInPasskey" and not ctx.live.experience.passkey_sign_in.enabled:
        raise SignInMethodNotEnabled
    # Whoever may make one-time tokens decides who signs in by them.
    if record.identifier is None or record.type in {"NewPasswordIdentity", "OneTimeToken"}:
        return
    by_code, experience = record.type in MAILED, ctx.live.experience
    if record.identifier.type not in (
        experience.code_identifiers(event) if by_code else experience.password_identifiers
    ):
        raise SignInMethodNotEnabled


async def _register(ctx: Context, interaction: Interaction, state: State, record_id: str | None) -> None:
    """Make the account in the transaction that notes it: neither is there without the other."""
    _refuse_known(state)
    record = None if record_id is None else await socials.with_free(ctx, state.verified(record_id))
    if record is not None and record.company is not None:
        check_fits(ctx, state.event, record)
        profile = await sso.newcomer(ctx, record)
    else:
        profile = _joined(ctx, state, record)
    if record is not None and record.type in MAILED:
        # Whoever reads the messages to an address may know that it is taken, before more is asked for.
        await users.refuse_taken(ctx, email=profile.primary_email, phone=profile.primary_phone)
    # A company answers for its people: no more is asked of them.
    missing = [] if record is not None and record.company else completing.missing_of_new(ctx, profile)
    try:
        if not missing and not passwords.judge_again(ctx, interaction, profile):
            missing = ["password"]
    except PasswordRejected:
        await _remember(ctx, interaction, record, drops_password=True)
        raise
    if missing:
        await _remember(ctx, interaction, record)
        raise MissingProfile(data={"missingProfile": missing})
    row = await users.prepare(ctx, profiles.new_user(profile))
    try:
        async with ctx.db.write() as tx:
            held = await holding.hold(tx, ctx, interaction)
            _refuse_known(held)
            if held != state:
                raise InvalidRequest("Something else was changed in this sign-in at the same moment. Try again.")
            user = await users.insert(tx, ctx, row)
            if (proof := profile.social) is not None:
                await socials.refuse_closed(tx, ctx, proof)
                await identities.put_in(tx, ctx, user.id, proof.target, proof.identity)
            if record is not None and record.company is not None:
                await sso.link(tx, ctx, user.id, record.company)
            known = record or _told_before(state) or Record(new_id(), "NewPasswordIdentity", user_id=user.id)
            made = replace(held.identified(user.id, known), identified_at=ctx.clock.now(), profile=Profile())
            await holding.keep(tx, interaction, made)
    except UniqueViolation as error:
        raise IdentityInUse if error.constraint == IDENTITY else users.in_use(error) from error


def _refuse_known(state: State) -> None:
    """Refuse to note what a newcomer says where somebody was recognised: it is about no account that is there (B40)."""
    if state.user_id is not None or state.event != "Register":
        raise IdentityConflict


def _joined(ctx: Context, state: State, record: Record | None) -> Profile:
    if record is None:
        events.check_open(ctx, state.event)
        profile = state.profile
    else:
        check_fits(ctx, state.event, record)
        profile = profiles.joined(state.profile, record)
    if not ctx.live.experience.sign_up.identifiers and not _comes_by_other(state, profile):
        raise SignInMethodNotEnabled
    return profile


def _comes_by_other(state: State, profile: Profile) -> bool:
    """Tell whether a newcomer needs no identifier of their own: a provider has named them, or a link invites them."""
    is_invited = any(one.type == "OneTimeToken" and one.verified_at is not None for one in state.records)
    return profile.social is not None or is_invited


def _told_before(state: State) -> Record | None:
    """Return the proof of an address by which somebody began who then had to say more: it stays their first factor."""
    held = {state.profile.primary_email, state.profile.primary_phone}
    begun = (one for one in state.records if one.type in MAILED and one.verified_at is not None and not one.used)
    return next((one for one in begun if one.sent_to is not None and one.sent_to in held), None)


async def _remember(
    ctx: Context, interaction: Interaction, record: Record | None, *, drops_password: bool = False
) -> None:
    """Keep what a proof says although more is missing, so that it need not be given again; not a bad password."""

    def told(state: State) -> State:
        _refuse_known(state)
        profile = state.profile if record is None else profiles.joined(state.profile, record)
        if drops_password:
            profile = replace(profile, password_digest=None, password_sealed=None)
        return replace(state, profile=profile)

    await holding.change(ctx, interaction, told)
