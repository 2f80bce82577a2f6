"""What is to be written about the person: to register with, what an account lacks, a password to replace one."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from vestibule.domain import attempts, connectors, credentials, registration, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import completing, events, holding, passwords, socials, sso
from vestibule.domain.interactions.state import CODE_RECORDS, IdentifierKind, Profile, Record, SocialProof, State
from vestibule.domain.interactions.trail import note
from vestibule.domain.users import OUR_ALGORITHM, NewUser
from vestibule.errors import (
    Forbidden,
    IdentifierNotFound,
    NotForForgottenPassword,
    SamePassword,
    SignInMethodNotEnabled,
    VerificationFailed,
)
from vestibule.model import Interaction, RecipientKind, User
from vestibule.store import users as store


def joined(profile: Profile, record: Record) -> Profile:
    """Return a profile with what a verified record says: of a code the address that it was sent to."""
    if record.identifier is not None:
        kind = record.identifier.type
        profile = profile.having(kind, record.sent_to or record.identifier.value)
        profile = replace(profile, unproven=tuple(one for one in profile.unproven if one != kind))
    if record.social is not None:
        return _named(profile, record.social)
    if record.digest is None:
        return profile
    return replace(profile, password_digest=record.digest, password_sealed=record.sealed)


def _named(profile: Profile, proof: SocialProof) -> Profile:
    """Return a profile with what a provider said, where nothing is there and nobody else has the address."""
    person, kinds = proof.known, completing.ADDRESSED
    for kind, value in ((kind, getattr(person, kind)) for kind in kinds if kind in proof.free):
        if getattr(profile, f"primary_{kind}") is None:
            profile = profile.having(kind, value)
    name, avatar = profile.name or person.name, profile.avatar or person.avatar
    return replace(profile, name=name, avatar=avatar, social=proof)


def new_user(profile: Profile) -> NewUser:
    """Return whom to create."""
    return NewUser(
        username=profile.username,
        primary_email=profile.primary_email,
        primary_phone=profile.primary_phone,
        name=profile.name,
        avatar=profile.avatar,
        profile=msgspec.json.encode(profile.profile).decode(),
        password_digest=profile.password_digest,
        password_algorithm=OUR_ALGORITHM if profile.password_digest else None,
        email_verified="email" not in profile.unproven,
        phone_verified="phone" not in profile.unproven,
    )


def is_registering(state: State) -> bool:
    """Tell whether somebody registers whose account is not there yet; raises NotForForgottenPassword."""
    if state.event == "ForgotPassword":
        raise NotForForgottenPassword
    return state.event == "Register" and state.user_id is None


def check_registering(state: State) -> None:
    """Refuse what only a newcomer says; raises NotForForgottenPassword, Forbidden."""
    if not is_registering(state):
        raise Forbidden("Only somebody who registers says this here. Afterwards the account's own page does it.")


async def check_adding(ctx: Context, state: State, what: IdentifierKind) -> None:
    """Refuse an identifier of whoever does not register, unless their account lacks it and it is asked for.

    Raises NotForForgottenPassword, Forbidden, MfaRequired.
    """
    if not is_registering(state):
        await completing.check_takes(ctx, state, what)


async def set_username(ctx: Context, interaction: Interaction, username: str, ip: str) -> None:
    """Choose a user name to register with, or for an account that has none and is asked for one.

    Raises SignInMethodNotEnabled where nobody registers with one, UsernameRejected, UsernameInUse, TooManyAttempts (of
    the address) and what `check_adding` and `_changed` raise.
    """
    state = await holding.read(ctx, interaction)
    await check_adding(ctx, state, "username")
    if "username" not in ctx.live.experience.sign_up.every_identifier:
        raise SignInMethodNotEnabled
    registration.check_username(username, ctx.live.experience.username_policy)
    await attempts.begin_from(ctx, ip)
    await users.refuse_taken(ctx, username=username)
    await _changed(ctx, interaction, state, lambda profile: replace(profile, username=username))


async def set_address(ctx: Context, interaction: Interaction, kind: RecipientKind, value: str, ip: str) -> None:
    """Say an address to register with that need not be proven here, and is not called verified.

    Raises SignInMethodNotEnabled where it is not asked for or has to be proven, EmailInUse, PhoneInUse, TooManyAttempts
    (of the address of the network), Forbidden where nobody registers, and what `_changed` raises.
    """
    sign_up, state = ctx.live.experience.sign_up, await holding.read(ctx, interaction)
    check_registering(state)
    if kind not in sign_up.every_identifier or sign_up.needs_proof(kind):
        raise SignInMethodNotEnabled
    await sso.refuse_company(ctx, value if kind == "email" else None)
    await attempts.begin_from(ctx, ip)
    await users.refuse_taken(ctx, **{kind: value})

    def said(profile: Profile) -> Profile:
        return replace(profile.having(kind, value), unproven=(*profile.unproven, kind))

    await _changed(ctx, interaction, state, said)


async def set_extra(
    ctx: Context, interaction: Interaction, name: str | None, avatar: str | None, members: dict[str, object]
) -> None:
    """Say more about oneself to register: name, picture, members of the profile.

    Raises Forbidden, NotForForgottenPassword and what `_changed` raises.
    """
    state = await holding.read(ctx, interaction)
    check_registering(state)
    given = {key: value for key, value in (("name", name), ("avatar", avatar)) if value is not None}

    def said(profile: Profile) -> Profile:
        return replace(profile, profile={**profile.profile, **members}, **given)

    await _changed(ctx, interaction, state, said)


async def bind(ctx: Context, interaction: Interaction, kind: RecipientKind, record_id: str) -> None:
    """Add a verified address or number, which uses up its record: of an account that is there one that it lacks.

    Raises VerificationNotFound, VerificationFailed, SignInMethodNotEnabled, SsoEnabled, EmailInUse, PhoneInUse, and
    what `check_adding` raises.
    """
    state = await holding.read(ctx, interaction)
    await check_adding(ctx, state, kind)
    if kind not in ctx.live.experience.code_identifiers("Register"):
        raise SignInMethodNotEnabled
    value = await new_address(ctx, state, kind, record_id)
    await holding.change(ctx, interaction, lambda held: with_address(held, state, kind, value, record_id))
    await note(ctx, interaction, f"{state.event}.Profile.Update", state.user_id)


async def new_address(ctx: Context, state: State, kind: RecipientKind, record_id: str) -> str:
    """Return the address that a record proves and nobody has; raises as `bind`."""
    record = state.verified(record_id)
    if record.type != CODE_RECORDS[kind] or record.identifier is None or record.event == "ForgotPassword":
        raise VerificationFailed
    # What was proven before it was known who speaks is not theirs.
    if state.user_id is not None and (record.verified_at or 0) < state.identified_at:
        raise VerificationFailed
    value = record.sent_to or record.identifier.value
    await sso.refuse_company(ctx, value if kind == "email" else None)
    await users.refuse_taken(ctx, email=value if kind == "email" else None, phone=value if kind == "phone" else None)
    return value


def with_address(held: State, state: State, kind: RecipientKind, value: str, record_id: str) -> State:
    """Return a state with an address to write, whose record is used by that; raises as `refuse_another`, and more."""
    refuse_another(held, state)
    used = held.keeping(replace(held.verified(record_id), used=True))
    said = tuple(one for one in held.profile.unproven if one != kind)
    return replace(used, profile=replace(held.profile.having(kind, value), unproven=said))


def refuse_another(held: State, state: State) -> None:
    """Refuse to write in a sign-in that has become another one meanwhile; raises IdentifierNotFound."""
    if (held.event, held.user_id) != (state.event, state.user_id):
        raise IdentifierNotFound


async def bind_social(ctx: Context, interaction: Interaction, record_id: str) -> None:
    """Add who somebody who registers is at a provider, which uses up its record; addresses come along as at sign-up.

    Raises VerificationNotFound, VerificationFailed, SignInMethodNotEnabled, IdentityInUse, SsoEnabled, Forbidden and
    NotForForgottenPassword.
    """
    state = await holding.read(ctx, interaction)
    check_registering(state)
    record = state.verified(record_id)
    if record.social is None:
        raise VerificationFailed
    if not connectors.lets_in(ctx, record.social.target):
        raise SignInMethodNotEnabled
    await sso.refuse_company(ctx, record.social.known.email)
    found = await socials.with_free(ctx, record)

    def bound(held: State) -> State:
        check_registering(held)
        used = held.keeping(replace(held.verified(record_id), used=True))
        return replace(used, profile=joined(held.profile, found))

    await holding.change(ctx, interaction, bound)
    await note(ctx, interaction, "Register.Profile.Update", None)


async def set_password(ctx: Context, interaction: Interaction, password: str) -> None:
    """Choose a password: to register with, or in place of the one of whoever was identified, or where they lack one.

    It is written at the end, with everything else. Raises PasswordRejected, SamePassword, TooManyAttempts (of such
    comparisons), IdentifierNotFound, Forbidden where a password is there and has not expired or none is asked for,
    MfaRequired, and what `holding.hold` raises.
    """
    state, sealed = await holding.read(ctx, interaction), None
    if state.event == "Register" and state.user_id is None:
        sealed = passwords.sealed(ctx, interaction, password)
        digest = await passwords.digest_of(ctx, password, [*state.profile.identifiers, state.profile.name])
    else:
        digest = await _replacement(ctx, state, password)

    def chosen(held: State) -> State:
        refuse_another(held, state)
        return replace(held, profile=replace(held.profile, password_digest=digest, password_sealed=sealed))

    await holding.change(ctx, interaction, chosen)
    await note(ctx, interaction, f"{state.event}.Profile.Update", state.user_id)


async def replace_forgotten(ctx: Context, interaction: Interaction, password: str) -> None:
    """Choose a password in place of a forgotten one; raises NotForForgottenPassword and what `set_password` raises."""
    if (await holding.read(ctx, interaction)).event != "ForgotPassword":
        raise NotForForgottenPassword
    await set_password(ctx, interaction, password)


async def _replacement(ctx: Context, state: State, password: str) -> str:
    user = await _identified(ctx, state)
    is_due = state.event == "ForgotPassword" or await credentials.is_expired(ctx, user.id)
    if not is_due and not (not user.has_password and await completing.takes(ctx, state, "password")):
        raise Forbidden("This password has not expired.")
    about = [user.username, user.primary_email, user.primary_phone, user.name, *state.profile.identifiers]
    digest = await passwords.digest_of(ctx, password, about)
    if user.has_password:
        await attempts.begin_comparing(ctx, user.id)
    if user.has_password and await ctx.passwords.verify(password, user.password_digest, user.password_algorithm):
        raise SamePassword
    return digest


async def _identified(ctx: Context, state: State) -> User:
    events.check_open(ctx, state.event)
    user = None
    if state.user_id is not None:
        async with ctx.db.read() as tx:
            user = await tx.one(store.GET, id=state.user_id)
    if user is None:
        raise IdentifierNotFound
    return user


async def _changed(ctx: Context, interaction: Interaction, state: State, apply: Callable[[Profile], Profile]) -> None:
    """Change what is said in the sign-in that was looked at; raises IdentifierNotFound, and what `hold` raises."""

    def changed(held: State) -> State:
        refuse_another(held, state)
        return replace(held, profile=apply(held.profile))

    await holding.change(ctx, interaction, changed)
    await note(ctx, interaction, f"{state.event}.Profile.Update", state.user_id)
