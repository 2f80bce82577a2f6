"""Forms that hold everything: the verbs of the other modules in a row, in as few transactions as they need."""

from msgspec.structs import replace

from vestibule.crypto import new_id
from vestibule.domain import attempts, credentials, registration, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import (
    events,
    factors,
    holding,
    identifying,
    passkeys,
    passwords,
    profiles,
    sso,
    submitting,
)
from vestibule.domain.interactions.passwords import NEW_STEP, PASSWORD_STEP
from vestibule.domain.interactions.state import Profile, Record, State
from vestibule.domain.interactions.steps import Onward, refuse_unless_asked
from vestibule.domain.interactions.trail import note
from vestibule.domain.webauthn import Answer
from vestibule.errors import AppError, Forbidden, SignInMethodNotEnabled, UserSuspended
from vestibule.model import Interaction, RecipientKind


async def sign_in(
    ctx: Context, interaction: Interaction, identifier: str, password: str, ip: str, onward: Onward
) -> None:
    """Check a password and sign the user in, and go on.

    Raises Forbidden where nobody signs in, SsoEnabled, InvalidCredentials (unknown account or wrong password alike),
    TooManyAttempts, UserSuspended, PasswordExpired, MfaRequired, and SessionNotFound when the interaction is over.
    """
    state, typed = await _known(ctx, interaction, identifier, password, ip)
    await submitting.finish_anew(ctx, interaction, state, typed, onward)


async def by_passkey(ctx: Context, interaction: Interaction, answer: Answer, onward: Onward) -> None:
    """Sign in whoever a passkey says it is, and go on.

    Raises what `passkeys.verify_sign_in`, `identifying.identify` and `submitting.finish` raise.
    """
    refuse_unless_asked(interaction)
    await events.start(ctx, interaction, "SignIn")
    record_id = await passkeys.verify_sign_in(ctx, interaction, None, answer)
    await identifying.identify(ctx, interaction, record_id)
    await submitting.finish(ctx, interaction, onward)


async def renew(
    ctx: Context, interaction: Interaction, identifier: str, password: str, fresh: str, ip: str, onward: Onward
) -> None:
    """Replace an expired password and sign the user in, and go on.

    Raises what `sign_in` raises, PasswordRejected and SamePassword. A password that has not expired stays, and so does
    every one until a factor is proven where the user has one.
    """
    state, typed = await _known(ctx, interaction, identifier, password, ip)
    await submitting.begin_anew(ctx, interaction, state, typed)
    if not await credentials.is_expired(ctx, factors.identified(state)):
        raise Forbidden("This password has not expired.")
    await profiles.set_password(ctx, interaction, fresh)
    await submitting.finish(ctx, interaction, onward)


async def _known(
    ctx: Context, interaction: Interaction, identifier: str, password: str, ip: str
) -> tuple[State, list[str]]:
    """Check a password; returns whom it identified, and the texts that lead there, at which tries are counted."""
    refuse_unless_asked(interaction)
    await sso.refuse_company(ctx, identifier.strip(users.BLANK))
    at = ctx.clock.now()
    async with ctx.db.read() as tx:
        user = await users.find_by_identifier(tx, ctx, identifier, ctx.live.experience.password_identifiers)
    typed = users.looked_up_as(ctx, identifier.strip(users.BLANK))
    checked = await passwords.check(ctx, interaction, user, typed, password, ip)
    ways = [typed, *users.ways_to(ctx, checked)]
    if checked.is_suspended:
        await attempts.succeed(ctx, checked.id, typed=ways)
        await note(ctx, interaction, PASSWORD_STEP, checked.id, UserSuspended())
        raise UserSuspended
    await note(ctx, interaction, PASSWORD_STEP, checked.id, is_last=False)
    record = Record(new_id(), "Password", user_id=checked.id, verified_at=at)
    return State("SignIn").identified(checked.id, record), ways


async def register(
    ctx: Context, interaction: Interaction, identifier: str, password: str | None, ip: str, onward: Onward
) -> None:
    """Create an account and sign it in, and go on.

    An identifier that is taken costs as much as one that is free. Raises what `registration.checked` raises, the three
    InUse, TooManyAttempts (of the address), SignInMethodNotEnabled where the address has to be proven first, and
    SessionNotFound when the sign-in is over: then no account is made. MissingProfile where more is asked for: what was
    said is kept.
    """
    refuse_unless_asked(interaction)
    try:
        kind, value = registration.checked(ctx, identifier)
        if ctx.live.experience.sign_up.needs_proof(kind):
            raise SignInMethodNotEnabled
        await sso.refuse_company(ctx, value if kind == "email" else None)
        await attempts.begin_from(ctx, ip)
        profile = Profile()
        if password is not None:
            digest = await passwords.digest_of(ctx, password, [identifier])
            profile = replace(
                profile, password_digest=digest, password_sealed=passwords.sealed(ctx, interaction, password)
            )
        await users.refuse_taken(ctx, **{kind: value})
        unproven: tuple[RecipientKind, ...] = () if kind == "username" else (kind,)
        profile = replace(profile, unproven=unproven).having(kind, value)
    except AppError as error:
        await note(ctx, interaction, NEW_STEP, None, error)
        raise
    async with ctx.db.write() as tx:
        await holding.begin_anew(tx, ctx, interaction, State("Register", profile=profile))
    await identifying.identify(ctx, interaction, None)
    await submitting.finish(ctx, interaction, onward)
