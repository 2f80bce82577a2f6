"""Sign-ins under way: begun by the authorization endpoint, carried on by pages, resumed once.

Steps of one sign-in: `begin` (prompt login) → `sign_in` or `register` → resume → `begin` (prompt consent) →
`consent` → resume → code. A step is found by signed cookies and belongs to the browser that began it.
"""

from collections.abc import Mapping

import msgspec

from vestibule import password_policy
from vestibule.crypto import digest, new_token, same
from vestibule.db import Tx
from vestibule.domain import attempts, credentials, grants, registration, sessions, users
from vestibule.domain.audit import Event
from vestibule.domain.authorization import AuthorizationParams
from vestibule.domain.clients import Client, find_client
from vestibule.domain.context import Context
from vestibule.domain.cookies import LEGACY, BrowserCookies, CookieKeys
from vestibule.errors import (
    AppError,
    Forbidden,
    InvalidCredentials,
    PasswordExpired,
    PasswordRejected,
    SamePassword,
    SessionNotFound,
    UserSuspended,
)
from vestibule.model import Interaction, Session, User
from vestibule.store import interactions as store
from vestibule.store import subjects

INTERACTION_MS = 3600 * 1000
LOGIN, CONSENT = "login", "consent"
PASSWORD_STEP = "Interaction.SignIn.Verification.Password.Submit"  # noqa: S105 - a step, not a password
REGISTER_STEP = "Interaction.Register.Verification.NewPasswordIdentity.Submit"

_params = msgspec.json.Decoder(AuthorizationParams).decode


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a step ended: signed in, a grant, or refused by the person."""

    login: bool = False
    grant_id: str | None = None
    refused: bool = False


_outcome = msgspec.json.Decoder(Outcome).decode


async def begin(
    tx: Tx,
    ctx: Context,
    params: AuthorizationParams,
    client: Client,
    prompt: str,
    *,
    browser_secret: str,
    session: Session | None,
) -> Interaction:
    """Begin a step of a sign-in: `login`, or `consent` for the session's user."""
    now = ctx.clock.now()
    interaction = Interaction(
        id=new_token(),
        client_id=client.id,
        prompt=prompt,
        params=msgspec.json.encode(params).decode(),
        browser_digest=digest(browser_secret),
        session_id=None if session is None else session.uid,
        user_id=None if session is None or prompt == LOGIN else session.user_id,
        signed_in_at=None,
        result=None,
        created_at=now,
        expires_at=now + INTERACTION_MS,
    )
    await tx.run(store.INSERT, **msgspec.structs.asdict(interaction))
    return interaction


async def current(ctx: Context, cookies: BrowserCookies) -> Interaction:
    """Return the sign-in this browser is in; raises SessionNotFound when it has none or it was begun elsewhere."""
    keys = CookieKeys(ctx)
    known = keys.interactions(cookies.values)
    uid = known.get(cookies.app_id or LEGACY, known.get(LEGACY))
    interaction = None if uid is None else await find(ctx, uid, keys, cookies.values)
    if interaction is None or (cookies.app_id is not None and cookies.app_id != interaction.client_id):
        raise SessionNotFound
    return interaction


async def find(ctx: Context, uid: str, keys: CookieKeys, cookies: Mapping[str, str]) -> Interaction | None:
    """Return a live interaction that this browser began."""
    async with ctx.db.read() as tx:
        interaction = await tx.one(store.LIVE, interaction_id=uid, now=ctx.clock.now())
    if interaction is None or not same(digest(keys.browser(cookies) or ""), interaction.browser_digest):
        return None
    return interaction


def params_of(interaction: Interaction) -> AuthorizationParams:
    """Return the authorization request as it was checked."""
    return _params(interaction.params)


def outcome_of(interaction: Interaction) -> Outcome:
    """Return how the step ended."""
    return Outcome() if interaction.result is None else _outcome(interaction.result)


async def sign_in(ctx: Context, interaction: Interaction, identifier: str, password: str, ip: str) -> str:
    """Check a password and sign the user in; returns where to go next.

    Raises Forbidden where nobody signs in, InvalidCredentials (unknown account or wrong password alike),
    TooManyAttempts, UserSuspended, PasswordExpired, and SessionNotFound when the interaction is over.
    """
    seen_at = ctx.clock.now()
    user = await _checked(ctx, interaction, identifier, password, ip)
    if await credentials.is_expired(ctx, user.id):
        await _note(ctx, interaction, PASSWORD_STEP, user, PasswordExpired())
        raise PasswordExpired
    await _note(ctx, interaction, PASSWORD_STEP, user)
    return await _signed_in(ctx, interaction, user, seen_at, "Interaction.SignIn.Submit")


async def renew(ctx: Context, interaction: Interaction, identifier: str, password: str, fresh: str, ip: str) -> str:
    """Replace an expired password and sign the user in; returns where to go next.

    Raises what `sign_in` raises, PasswordRejected and SamePassword. A password that has not expired stays.
    """
    seen_at = ctx.clock.now()
    user = await _checked(ctx, interaction, identifier, password, ip)
    if not await credentials.is_expired(ctx, user.id):
        raise Forbidden("This password has not expired.")
    about = [user.username, user.primary_email, user.primary_phone, user.name]
    issues = password_policy.issues(fresh, about, ctx.live.experience.password_policy.effective)
    if issues:
        raise PasswordRejected(data=issues)
    if fresh == password:
        raise SamePassword
    await credentials.set_password(ctx, user.id, fresh, seen_at=seen_at)
    await _note(ctx, interaction, PASSWORD_STEP, user)
    return await _signed_in(ctx, interaction, user, ctx.clock.now(), "Interaction.SignIn.Submit")


async def _checked(ctx: Context, interaction: Interaction, identifier: str, password: str, ip: str) -> User:
    """Return who signs in with this identifier and password; every refusal is noted."""
    _refuse_unless_asked(interaction)
    if not ctx.live.experience.lets_sign_in:
        raise Forbidden("Nobody can sign in here at the moment.")
    async with ctx.db.read() as tx:
        user = await users.find_by_identifier(tx, ctx, identifier)
    account = identifier.strip().casefold() if user is None else user.id
    try:
        await attempts.begin(ctx, account, ip)
        if not await credentials.check_password(ctx, user, password) or user is None:
            raise InvalidCredentials
        await attempts.succeed(ctx, account)
        if user.is_suspended:
            raise UserSuspended
    except AppError as error:
        await _note(ctx, interaction, PASSWORD_STEP, user, error)
        raise
    return user


async def register(
    ctx: Context, interaction: Interaction, identifier: str, password: str, name: str | None = None
) -> str:
    """Create an account and sign it in; returns where to go next.

    Raises what `registration.register` raises, and SessionNotFound when the sign-in is over: then no account is made.
    """
    _refuse_unless_asked(interaction)
    try:
        user = await registration.register(ctx, identifier, password, name)
    except AppError as error:
        await _note(ctx, interaction, REGISTER_STEP, None, error)
        raise
    await _note(ctx, interaction, REGISTER_STEP, user)
    return await _signed_in(ctx, interaction, user, ctx.clock.now(), "Interaction.Register.Submit")


def _refuse_unless_asked(interaction: Interaction) -> None:
    """Refuse to sign anybody in at a step that asks for something else."""
    if interaction.prompt != LOGIN:
        raise SessionNotFound


async def _signed_in(ctx: Context, interaction: Interaction, user: User, seen_at: int, step: str) -> str:
    now = ctx.clock.now()
    async with ctx.db.write() as tx:
        if not await tx.run(subjects.SIGNED_IN, user_id=user.id, seen_at=seen_at, now=now):
            raise InvalidCredentials
        onward = await _advance(
            tx, ctx, interaction, at_prompt=LOGIN, user_id=user.id, signed_in_at=now, outcome=Outcome(login=True)
        )
    await _note(ctx, interaction, step, user)
    return onward


async def _note(
    ctx: Context, interaction: Interaction, step: str, user: User | None, error: AppError | None = None
) -> None:
    """Leave a step in the audit trail, stored before the person goes on."""
    ctx.trail.record(
        Event(
            key=step,
            error=None if error is None else error.code,
            user_id=None if user is None else user.id,
            application_id=interaction.client_id,
            interaction_id=interaction.id,
        )
    )
    await ctx.trail.settle()


async def consent(ctx: Context, interaction: Interaction, granted: bool) -> str:
    """Record what the user grants the client, or that they refuse; returns where to go next.

    Raises SessionNotFound when the interaction or the session is over.
    """
    params = params_of(interaction)
    if interaction.prompt != CONSENT or interaction.user_id is None or interaction.session_id is None:
        raise SessionNotFound
    async with ctx.db.write() as tx:
        outcome = Outcome(refused=True)
        if granted:
            session = await sessions.hold_by_uid(tx, ctx.clock, interaction.session_id)
            if session is None or session.user_id != interaction.user_id:
                raise SessionNotFound
            client = await find_client(tx, interaction.client_id)
            if client is None:
                raise SessionNotFound
            grant_id = await grants.record(
                tx,
                ctx.clock,
                session_uid=session.uid,
                client_id=client.id,
                user_id=interaction.user_id,
                scopes=params.scopes,
                resources=params.resource,
                most=client.settings.max_allowed_grants,
            )
            outcome = Outcome(grant_id=grant_id)
        return await _finish(tx, ctx, interaction, outcome)


async def abort(ctx: Context, interaction: Interaction) -> str:
    """Give up; returns where to go next, which leads back to the client with `access_denied`."""
    async with ctx.db.write() as tx:
        return await _finish(tx, ctx, interaction, Outcome(refused=True))


async def _finish(tx: Tx, ctx: Context, interaction: Interaction, outcome: Outcome) -> str:
    """End a step that changes nothing about who is signed in."""
    return await _advance(
        tx,
        ctx,
        interaction,
        at_prompt=interaction.prompt,
        user_id=interaction.user_id,
        signed_in_at=None,
        outcome=outcome,
    )


async def _advance(
    tx: Tx,
    ctx: Context,
    interaction: Interaction,
    *,
    at_prompt: str,
    user_id: str | None,
    signed_in_at: int | None,
    outcome: Outcome,
) -> str:
    advanced = await tx.run(
        store.ADVANCE,
        interaction_id=interaction.id,
        now=ctx.clock.now(),
        at_prompt=at_prompt,
        user_id=user_id,
        signed_in_at=signed_in_at,
        result=msgspec.json.encode(outcome).decode(),
    )
    if not advanced:
        raise SessionNotFound
    return f"{ctx.settings.issuer}/auth/{interaction.id}"
