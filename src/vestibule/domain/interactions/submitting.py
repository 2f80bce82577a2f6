"""The end of a sign-in under way, whatever the way there: the only place where somebody is signed in."""

from collections.abc import Sequence

from vestibule.db import Tx
from vestibule.domain import attempts, credentials, logto_config, sessions, token_secrets, users
from vestibule.domain.authorization import ADD_PASSKEY
from vestibule.domain.context import Context
from vestibule.domain.interactions import (
    completing,
    enrolment,
    events,
    factors,
    holding,
    identifying,
    socials,
    sso,
    steps,
)
from vestibule.domain.interactions.state import Record, State
from vestibule.domain.interactions.steps import Onward, Outcome, params_of
from vestibule.domain.interactions.trail import note
from vestibule.domain.token_secrets import Origin
from vestibule.errors import (
    AppError,
    IdentifierNotFound,
    InvalidCredentials,
    NewPasswordRequired,
    NotForForgottenPassword,
    PasswordExpired,
)
from vestibule.model import Interaction
from vestibule.store import subjects


async def submit(
    ctx: Context, interaction: Interaction, onward: Onward | None = None, *, offers: bool = False
) -> Interaction | None:
    """Finish; returns the step as it ended, or None when a forgotten password was replaced and nobody is signed in.

    Raises IdentifierNotFound, InvalidCredentials (suspended, or another password since the proof), PasswordExpired,
    NewPasswordRequired, MfaRequired, Forbidden, MissingProfile, the three InUse (what was said is taken meanwhile, and
    forgotten), and what `enrolment.settle` and `holding.hold` raise; everything else stays as it was then.
    """
    state = None
    try:
        async with ctx.db.write() as tx:
            state = await holding.hold(tx, ctx, interaction)
            events.check_open(ctx, state.occasion)
            if state.user_id is None or state.proof is None:
                raise IdentifierNotFound
            if state.event == "ForgotPassword":
                await _replace_forgotten(tx, ctx, interaction, state, state.user_id)
                ended = None
            else:
                ended = await _sign_in(tx, ctx, interaction, state, state.user_id, offers=offers)
                await steps.end(tx, ctx, ended, onward)
    except AppError as error:
        if state is not None:
            await note(ctx, interaction, f"{state.event}.Submit", state.user_id, error)
        if type(error) in completing.TAKEN:
            await completing.forget(ctx, interaction, error)
        raise
    await note(ctx, interaction, f"{state.event}.Submit", state.user_id)
    await _keep_tokens(ctx, interaction, state)
    return ended


async def finish_anew(
    ctx: Context, interaction: Interaction, state: State, typed: Sequence[str], onward: Onward
) -> None:
    """Sign in whom one form identified, in place of whatever there was, and go on; raises as `finish`.

    The tries at the password are forgiven, those at what was `typed`, too. All in one transaction: where it is refused,
    because a factor is asked for, what was said is kept in another for the page that comes next.
    """
    user_id, step = factors.identified(state), f"{state.event}.Submit"
    try:
        async with ctx.db.write() as tx:
            # Before the rest: the same form sent twice waits here, and finds nothing.
            await steps.take(tx, ctx, interaction)
            events.check_open(ctx, state.occasion)
            ended = await _sign_in(tx, ctx, interaction, state, user_id, offers=True)
            await attempts.forgive(tx, ctx, user_id, typed)
            await onward.hold(tx)
            await onward.go_on(tx, ended)
    except AppError as error:
        await begin_anew(ctx, interaction, state, typed)
        await note(ctx, interaction, step, user_id, error)
        raise
    await note(ctx, interaction, step, user_id)


async def begin_anew(ctx: Context, interaction: Interaction, state: State, typed: Sequence[str]) -> None:
    """Keep what one form said in place of whatever there was, and forgive the tries; raises SessionNotFound."""
    async with ctx.db.write() as tx:
        await holding.begin_anew(tx, ctx, interaction, state)
        await attempts.forgive(tx, ctx, factors.identified(state), typed)


async def _keep_tokens(ctx: Context, interaction: Interaction, state: State) -> None:
    """Keep what providers gave in a sign-in that is over, by whatever record: a newcomer may be identified by none."""
    for record in state.records:
        if record.verified_at is not None and state.user_id is not None:
            await _keep_tokens_of(ctx, interaction, state.user_id, record)


async def _keep_tokens_of(ctx: Context, interaction: Interaction, user_id: str, record: Record) -> None:
    """Keep what came with a record, if the identity is the user's."""
    social, company = record.social, record.company
    if social is not None and social.tokens:
        origin = Origin(connector_id=social.connector_id, identity_id=social.known.id, target=social.target)
        await token_secrets.keep(ctx, interaction.id, user_id, origin, social.tokens)
    elif company is not None and company.tokens:
        origin = Origin(connector_id=company.connector_id, identity_id=company.identity_id, issuer=company.issuer)
        await token_secrets.keep(ctx, interaction.id, user_id, origin, company.tokens)


async def finish(ctx: Context, interaction: Interaction, onward: Onward) -> None:
    """Sign in whoever was identified, and go on.

    Raises as `submit`, NotForForgottenPassword, and PasskeySuggested: a page can show what an API cannot.
    """
    try:
        ended = await submit(ctx, interaction, onward, offers=True)
    except tuple(completing.TAKEN):
        # It is forgotten: another try says what is asked for now, the identifier or a factor.
        await finish(ctx, interaction, onward)
        return
    if ended is None:
        raise NotForForgottenPassword


async def _sign_in(
    tx: Tx, ctx: Context, interaction: Interaction, state: State, user_id: str, *, offers: bool
) -> Interaction:
    now, digest = ctx.clock.now(), state.profile.password_digest
    # Holds the user's row from here on: no factor comes, and no password changes, before this is over.
    found = await tx.one(subjects.SIGNED_IN, user_id=user_id, seen_at=state.identified_at, now=now)
    if found is None:
        raise InvalidCredentials
    user, choices = found[0], logto_config.decode(found[1])
    await factors.check_there(tx, state, user_id)
    if state.proof_type == "Password" and digest is None and await credentials.is_expired_in(tx, ctx, user_id):
        raise PasswordExpired
    is_excused = not await identifying.proves_claim(tx, state, user_id) and await factors.is_excused(
        tx, ctx, interaction, state, user_id, choices
    )
    held = await factors.counting(tx, ctx, user_id)
    if not is_excused:
        await factors.check(tx, ctx, state, user_id, held)
    await completing.ask(tx, ctx, state, user)
    # First: what this sign-in sets up is the owner's.
    await identifying.note_proven(tx, ctx, state, user_id)
    await completing.write(tx, ctx, state, user_id)
    await enrolment.settle(tx, ctx, state, user_id, held, asks=not is_excused)
    await factors.note_used(tx, ctx, state, user_id)
    if state.enrolment.factors or (state.enrolment.enabled and state.profile.identifiers):
        # B40: whoever was signed in elsewhere without this factor is no longer.
        await sessions.end_others(tx, ctx.clock, user_id, interaction.session_id)
    # Who shows no factor in a trusted browser can make no passkey there, unless they show it after all.
    if offers and not (is_excused and await factors.available(tx, ctx, state, user_id)):
        asked_for = params_of(interaction).vestibule_action == ADD_PASSKEY
        await enrolment.suggest_passkey(tx, ctx, state, user_id, asked_for=asked_for)
    await socials.settle(tx, ctx, state, user_id)
    await sso.settle(tx, ctx, state, user_id)
    if digest is not None:
        await credentials.put_password(tx, ctx, user_id, digest)
    trusts = state.enrolment.trusts_device and state.proves_factor(user_id)
    outcome = Outcome(login=True, trusts=trusts and bool(ctx.live.experience.trusted_device.enabled))
    return steps.ended_as(interaction, outcome, user_id, now)


async def _replace_forgotten(tx: Tx, ctx: Context, interaction: Interaction, state: State, user_id: str) -> None:
    """Write the new password, end every session, and forget the proofs: a factor is asked for at sign-in (B53)."""
    if state.profile.password_digest is None:
        raise NewPasswordRequired
    user = await tx.one(subjects.ACTIVE_LOCKED, id=user_id)
    if user is None:
        raise InvalidCredentials
    await credentials.put_password(tx, ctx, user_id, state.profile.password_digest, seen_at=state.identified_at)
    await identifying.note_proven(tx, ctx, state, user_id)
    await attempts.forgive(tx, ctx, user_id, users.ways_to(ctx, user))
    await holding.keep(tx, interaction, None)
