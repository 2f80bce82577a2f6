"""Composition root of the account server: settings to store, token checker, Management client, routes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import msgspec

from vestibule import __version__
from vestibule.account import problems, store, tables
from vestibule.account.applications import OwnApplications
from vestibule.account.context import Context
from vestibule.account.credentials import with_credentials
from vestibule.account.identity import Identity
from vestibule.account.linking import Linking
from vestibule.account.me import Me
from vestibule.account.page.face import page_face
from vestibule.account.permissions import SCOPES
from vestibule.account.security import Security
from vestibule.account.sessions import OwnSessions
from vestibule.account.tokens import TokenChecker
from vestibule.account.trusted_devices import OwnDevices
from vestibule.client import AsyncManagementClient
from vestibule.clock import Clock, SystemClock
from vestibule.crypto import Sealer
from vestibule.db import DatabaseUnavailable, connect
from vestibule.errors import StoreUnavailable
from vestibule.http import PUBLIC, Application, Face, Log, Request, Response, Route, json_response
from vestibule.http.cors import AllowedOrigins
from vestibule.http.openapi import ErrorForm, document
from vestibule.settings import AccountSettings, master_keys

DAY_MS, SWEEP_SECONDS = 86_400_000, 3600
PROBLEM = "application/problem+json"
SCHEMES: dict[str, dict[str, object]] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the user for this API. Scopes: "
        + ", ".join(f"`{name}` ({words.lower()})" for name, words in SCOPES.items()),
    }
}


@dataclass(frozen=True)
class AccountServer:
    """The running parts: the ASGI application, and what must be closed."""

    app: Application
    ctx: Context
    http: httpx2.AsyncClient

    async def close(self) -> None:
        """Close connections and the store."""
        await self.ctx.management.close()
        await self.http.aclose()
        await self.ctx.db.close()


def describe(routes: Sequence[Route], settings: AccountSettings) -> bytes:
    """Return the OpenAPI document of the settings API."""
    return msgspec.json.encode(
        document(
            routes,
            title="Vestibule account settings",
            version=__version__,
            server=settings.public_url,
            schemes=SCHEMES,
            description="What a signed-in person may see and change of their own account.",
            error_form=ErrorForm(PROBLEM, problems.schema, problems.HEADERS),
            always=(StoreUnavailable,),
        )
    )


def api_face(ctx: Context, checker: TokenChecker) -> Face:
    """Return the settings API with its own description."""

    @cache
    def description() -> bytes:
        return describe(routes, ctx.settings)

    async def openapi(request: Request) -> Response:
        return json_response(description())

    routes = [
        *Me(ctx, checker).routes(),
        *Security(ctx, checker).routes(),
        *Linking(ctx, checker).routes(),
        *OwnSessions(ctx, checker).routes(),
        *OwnApplications(ctx, checker).routes(),
        *OwnDevices(ctx, checker).routes(),
        Route(
            "GET", "/api/openapi.json", openapi, access=PUBLIC, summary="This document", responses={200: dict[str, Any]}
        ),
    ]
    return Face(
        name="settings",
        prefix="/api",
        routes=routes,
        render_error=problems.render,
        not_found=problems.not_found,
        method_not_allowed=problems.method_not_allowed,
        headers={"Cache-Control": "no-store"},
        cors=AllowedOrigins(ctx.settings.cors_origins),
    )


def translate(error: Exception) -> Exception:
    """Name a lost store."""
    return StoreUnavailable() if isinstance(error, DatabaseUnavailable) else error


async def build(
    settings: AccountSettings,
    *,
    clock: Clock | None = None,
    log: Log | None = None,
    tls: ssl.SSLContext | None = None,
) -> AccountServer:
    """Build the account server; the store must be migrated. Raises SettingError, SealError.

    `tls` says which certificates are trusted: those of the machine, unless it is given.
    """
    clock = clock or SystemClock()
    settings = with_credentials(settings)
    sealer = Sealer(master_keys(settings.secret_key, settings.secret_key_file))
    db = await connect(settings.database_url, tables.metadata)
    # One for both clients: each that makes its own holds the certificates once more.
    tls = tls or httpx2.create_ssl_context()
    http = httpx2.AsyncClient(timeout=settings.timeout_seconds, verify=tls, follow_redirects=False)
    management = AsyncManagementClient(
        settings.identity_url,
        settings.client_id,
        settings.client_secret,
        resource=settings.management_indicator,
        timeout=settings.timeout_seconds,
        verify=tls,
    )
    ctx = Context(settings, clock, sealer, db, management, log or Log(clock, level=settings.log_level))
    await check_key(ctx)
    identity = Identity(http, settings.issuer, clock, settings.timeout_seconds)
    api = api_face(ctx, TokenChecker(identity, settings.resource, clock))
    front_door = Application([api], public_url=settings.public_url, log=ctx.log, translate=translate)
    faces = [api, page_face(ctx, identity, front_door)]

    app = Application(
        faces,
        public_url=settings.public_url,
        log=ctx.log,
        trusted_proxies=settings.trusted_proxies,
        translate=translate,
        lifespan=lambda: sweeping(ctx),
    )
    return AccountServer(app, ctx, http)


async def check_key(ctx: Context) -> None:
    """Open what the store holds; raises SealError for a master key that is not the store's (B101)."""
    async with ctx.db.read() as tx:
        held = await tx.one(store.LATEST_SESSION)
    if held is not None:
        ctx.sealer.open(held.tokens_sealed, "page_sessions", "tokens_sealed", held.id)


@asynccontextmanager
async def sweeping(ctx: Context) -> AsyncIterator[None]:
    """Delete proofs, sign-ins and sessions that ended a day ago: now and every hour, for as long as the server runs."""

    async def forever() -> None:
        while True:
            try:
                async with ctx.db.write() as tx:
                    await store.expire(tx, ctx.clock.now() - DAY_MS)
            except DatabaseUnavailable:
                ctx.log.warning("sweep_postponed", reason="the store does not answer")
            await asyncio.sleep(SWEEP_SECONDS)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
