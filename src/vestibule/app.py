"""Composition root of the identity server: settings to store, keys, connectors, routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vestibule.api import assertions, well_known
from vestibule.api.audit import audited
from vestibule.api.auth import management_access
from vestibule.api.documents import described
from vestibule.api.experience import consent, interaction, profile
from vestibule.api.experience import factors as experience_factors
from vestibule.api.experience import passkeys as experience_passkeys
from vestibule.api.experience import socials as experience_socials
from vestibule.api.experience import sso as experience_sso
from vestibule.api.experience import verifications as experience_verifications
from vestibule.api.experience.access import InteractionAccess
from vestibule.api.management import (
    access_control,
    application_secrets,
    applications,
    connectors,
    consent_scopes,
    credentials,
    email_templates,
    grants,
    held_roles,
    identities,
    logs,
    logto_config,
    mfa,
    oidc_configs,
    one_time_tokens,
    personal_access_tokens,
    resources,
    role_members,
    role_scopes,
    roles,
    scopes,
    sentinel_activities,
    sessions,
    sign_in_experience,
    sso_connectors,
    sso_signing_keys,
    subject_tokens,
    token_secrets,
    trusted_devices,
    users,
    verifications,
)
from vestibule.api.my_account import access_tokens
from vestibule.api.my_account.access import my_account_origins
from vestibule.clock import Clock, SystemClock
from vestibule.connectors.outgoing import Outgoing
from vestibule.db import (
    CheckViolation,
    Database,
    DatabaseUnavailable,
    ForeignKeyViolation,
    InvalidText,
    ValueTooLong,
    connect,
)
from vestibule.domain import logout_notices, shown_secrets
from vestibule.domain.breached import BreachedPasswords
from vestibule.domain.callers import Callers
from vestibule.domain.context import Context
from vestibule.domain.cookies import CookieKeys
from vestibule.domain.expiry import expire
from vestibule.domain.keys import Keyring, ensure_keys
from vestibule.domain.live_settings import EVERY_SECONDS
from vestibule.domain.sealing import open_sealer
from vestibule.domain.seeds import seed
from vestibule.errors import (
    AppError,
    EntityConstraintViolated,
    EntityInvalidInput,
    EntityValueTooLong,
    RelationNotFound,
    StoreUnavailable,
)
from vestibule.http import Application, Face, Log, Route, api_face
from vestibule.oidc import routes as oidc
from vestibule.oidc.authorize import Authorization
from vestibule.oidc.provider import Provider
from vestibule.pages import demo, doctor, outbox, passkeys
from vestibule.pages.branding import LiveBranding
from vestibule.pages.notices import Notices
from vestibule.pages.site import SignInPages
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings, master_keys
from vestibule.store.tables import metadata
from vestibule.ui.arrivals import Arrivals
from vestibule.ui.render import Pages

SWEEP_SECONDS = 600
TRAIL_SECONDS, TRAIL_RETRY_SECONDS = 0.25, 5
"""How long entries of the audit trail are gathered before they are written together; and after a failure."""
TRANSLATIONS: dict[type[Exception], Callable[[], AppError]] = {
    ValueTooLong: EntityValueTooLong,
    InvalidText: lambda: EntityInvalidInput("A value holds characters that cannot be stored."),
    ForeignKeyViolation: RelationNotFound,
    CheckViolation: EntityConstraintViolated,
    DatabaseUnavailable: StoreUnavailable,
}


@dataclass(frozen=True)
class IdentityServer:
    """The running parts: the ASGI application, and what must be closed."""

    app: Application
    ctx: Context
    keys: Keyring

    async def close(self) -> None:
        """Write what the audit trail still holds; close connections, threads and the store."""
        await self.ctx.trail.settle()
        self.ctx.passwords.close()
        self.ctx.breached.close()
        await self.ctx.outgoing.close()
        await self.ctx.db.close()


def translate(error: Exception) -> Exception:
    """Name what the store refuses in the words of the contract (management-users section 9.6)."""
    make = TRANSLATIONS.get(type(error))
    return make() if make else error


def management_routes(ctx: Context, keys: Keyring) -> list[Route]:
    """Return every route of the Management API."""
    access = management_access(keys, ctx.settings.issuer, Callers(ctx))
    modules = (
        users,
        credentials,
        personal_access_tokens,
        subject_tokens,
        one_time_tokens,
        applications,
        application_secrets,
        consent_scopes,
        access_control,
        sessions,
        grants,
        resources,
        scopes,
        roles,
        role_scopes,
        role_members,
        held_roles,
        identities,
        token_secrets,
        mfa,
        trusted_devices,
        logto_config,
        verifications,
        connectors,
        email_templates,
        logs,
        sentinel_activities,
        sign_in_experience,
        sso_connectors,
        sso_signing_keys,
    )
    routes = [route for module in modules for route in module.routes(ctx, access)]
    return [audited(route, ctx.trail) for route in (*routes, *oidc_configs.routes(ctx, access, keys))]


def experience_routes(ctx: Context) -> list[Route]:
    """Return every route of the Experience API."""
    access, modules = InteractionAccess(ctx), (
        interaction, experience_verifications, experience_factors, experience_passkeys, experience_socials,
        experience_sso, profile,
        consent,
    )  # fmt: skip
    return [route for module in modules for route in module.routes(ctx, access)]


def management_face(ctx: Context, keys: Keyring) -> Face:
    """Return the JSON API with its own description."""
    management = [*management_routes(ctx, keys), *well_known.routes(ctx), *assertions.routes(ctx)]
    return api_face(
        "/api",
        described(ctx, [*management, *experience_routes(ctx), *access_tokens.routes(ctx)]),
        cors=my_account_origins,
    )


async def build(
    settings: ServerSettings,
    *,
    clock: Clock | None = None,
    log: Log | None = None,
    passwords: PasswordPool | None = None,
) -> IdentityServer:
    """Build the identity server on a migrated store; raises SettingError, SealError."""
    clock = clock or SystemClock()
    log = log or Log(clock, level=settings.log_level)
    db = await connect(settings.database_url, metadata, synchronous=settings.sqlite_synchronous)
    try:
        return await compose(settings, db, clock, log, passwords or PasswordPool())
    except BaseException:
        await db.close()  # its connections would keep the process from ending
        raise


async def compose(
    settings: ServerSettings, db: Database, clock: Clock, log: Log, passwords: PasswordPool
) -> IdentityServer:
    """Build the identity server over an open store."""
    outgoing = Outgoing(settings.allow_private)
    breached = BreachedPasswords.of(settings, outgoing, lambda event, reason: log.warning(event, reason=reason))
    ctx = Context(
        db=db,
        clock=clock,
        sealer=await open_sealer(db, clock, master_keys(settings.secret_key, settings.secret_key_file)),
        passwords=passwords,
        settings=settings,
        outgoing=outgoing,
        breached=breached,
    )
    await ensure_keys(ctx)
    await seed(ctx)
    await shown_secrets.forget(ctx)
    await ctx.live.refresh()
    keys = Keyring(ctx)
    await keys.jwks()
    app = Application(
        faces(ctx, keys, log),
        public_url=settings.public_url,
        log=log,
        trusted_proxies=settings.trusted_proxies,
        translate=translate,
        lifespan=lambda: in_background(ctx, keys, log),
    )
    return IdentityServer(app, ctx, keys)


def faces(ctx: Context, keys: Keyring, log: Log | None = None) -> list[Face]:
    """Return the three faces: the protocol, the JSON API, the pages."""
    pages = Pages(["vestibule.pages"], branding=LiveBranding(ctx.live))
    notices = Notices(pages)
    arrivals = Arrivals(ctx.clock, (log or Log(ctx.clock)).warning, "VESTIBULE_PUBLIC_URL")
    provider = Provider(ctx, keys, CookieKeys(ctx), notices)
    site = SignInPages(ctx, provider.cookies, pages, notices, arrivals, Authorization(provider).hand_over)
    return [
        oidc.face(provider),
        management_face(ctx, keys),
        site.face(
            [
                *outbox.routes(ctx, pages),
                *demo.routes(ctx, pages),
                *doctor.routes(ctx),
                *passkeys.routes(ctx),
            ]
        ),
    ]


async def sweep(ctx: Context, log: Log) -> None:
    """Delete what has expired, now and every ten minutes."""
    while True:
        try:
            await expire(ctx)
        except DatabaseUnavailable:
            log.warning("sweep_postponed", reason="the store does not answer")
        await asyncio.sleep(SWEEP_SECONDS)


async def follow_settings(ctx: Context, log: Log) -> None:
    """Notice what was set through another server."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await ctx.live.refresh()
        except DatabaseUnavailable:
            log.warning("settings_as_before", reason="the store does not answer")


async def keep_trail(ctx: Context, log: Log) -> None:
    """Write what the audit trail has gathered, soon after it was noted."""
    while True:
        await ctx.trail.waiting.wait()
        await asyncio.sleep(TRAIL_SECONDS)
        if not await ctx.trail.settle():
            log.warning("audit_trail_waits", reason="the store does not answer")
            await asyncio.sleep(TRAIL_RETRY_SECONDS)


async def tell_applications(ctx: Context, keys: Keyring, log: Log) -> None:
    """Tell applications of sign-outs, as soon as they have happened, wherever they did."""
    while True:
        try:
            tried = await logout_notices.deliver(ctx, keys)
        except DatabaseUnavailable:
            log.warning("logout_notices_wait", reason="the store does not answer")
            tried = 0
        if not tried:
            await asyncio.sleep(EVERY_SECONDS)


async def unending(name: str, work: Callable[[], Coroutine[None, None, None]], log: Log) -> None:
    """Keep housekeeping going: what nobody foresaw is written down, and the work begins anew after a while."""
    while True:
        try:
            await work()
        except Exception as error:
            log.exception(event="housekeeping_failed", error=error, work=name)
        await asyncio.sleep(TRAIL_RETRY_SECONDS)


@asynccontextmanager
async def in_background(ctx: Context, keys: Keyring, log: Log) -> AsyncIterator[None]:
    """Do the housekeeping for as long as the server runs."""
    work = {
        "sweep": lambda: sweep(ctx, log),
        "audit trail": lambda: keep_trail(ctx, log),
        "settings": lambda: follow_settings(ctx, log),
        "sign-out notices": lambda: tell_applications(ctx, keys, log),
    }
    tasks = [asyncio.create_task(unending(name, one, log)) for name, one in work.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
