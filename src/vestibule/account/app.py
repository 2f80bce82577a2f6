"""Composition root of the account server: settings to store, token checker, Management client, routes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import msgspec

from vestibule import __version__
from vestibule.account import problems, store, tables
from vestibule.account.context import Context
from vestibule.account.credentials import with_credentials
from vestibule.account.identity import Identity
from vestibule.account.me import Me
from vestibule.account.page.face import page_face
from vestibule.account.permissions import SCOPES
from vestibule.account.security import Security
from vestibule.account.tokens import TokenChecker
from vestibule.client import AsyncManagementClient
from vestibule.clock import Clock, SystemClock
from vestibule.crypto import Sealer
from vestibule.db import Database, DatabaseUnavailable, connect
from vestibule.errors import StoreUnavailable
from vestibule.http import PUBLIC, Application, Face, Log, Request, Response, Route, json_response
from vestibule.http.cors import AllowedOrigins
from vestibule.http.openapi import PROBLEM, document
from vestibule.settings import AccountSettings, master_keys

DAY_MS = 86_400_000
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
            error_form=PROBLEM,
        )
    )


def api_face(ctx: Context, checker: TokenChecker) -> Face:
    """Return the settings API with its own description."""
    routes = [*Me(ctx, checker).routes(), *Security(ctx, checker).routes()]
    description = describe(routes, ctx.settings)

    async def openapi(request: Request) -> Response:
        return json_response(description)

    return Face(
        name="settings",
        prefix="/api",
        routes=[*routes, Route("GET", "/api/openapi.json", openapi, access=PUBLIC, summary="This document")],
        render_error=problems.render,
        not_found=problems.not_found,
        method_not_allowed=problems.method_not_allowed,
        headers={"Cache-Control": "no-store"},
        cors=AllowedOrigins(ctx.settings.cors_origins),
    )


def translate(error: Exception) -> Exception:
    """Name a lost store."""
    return StoreUnavailable() if isinstance(error, DatabaseUnavailable) else error


async def build(settings: AccountSettings, *, clock: Clock | None = None, log: Log | None = None) -> AccountServer:
    """Build the account server; the store must be migrated. Raises SettingError."""
    clock = clock or SystemClock()
    settings = with_credentials(settings)
    sealer = Sealer(master_keys(settings.secret_key, settings.secret_key_file))
    db = await connect(settings.database_url, tables.metadata)
    http = httpx2.AsyncClient(timeout=settings.timeout_seconds, follow_redirects=False)
    management = AsyncManagementClient(
        settings.identity_url,
        settings.client_id,
        settings.client_secret,
        resource=settings.management_indicator,
        timeout=settings.timeout_seconds,
    )
    ctx = Context(settings, clock, sealer, db, management, log or Log(clock, level=settings.log_level))
    identity = Identity(http, settings.issuer, clock)
    api = api_face(ctx, TokenChecker(identity, settings.resource, clock))
    faces = [api, page_face(ctx, identity, api)]

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        await sweep(db, clock)
        yield

    app = Application(
        faces,
        public_url=settings.public_url,
        log=ctx.log,
        trusted_proxies=settings.trusted_proxies,
        translate=translate,
        lifespan=lifespan,
    )
    return AccountServer(app, ctx, http)


async def sweep(db: Database, clock: Clock) -> None:
    """Delete proofs, sign-ins and sessions that ended more than a day ago."""
    async with db.write() as tx:
        await store.expire(tx, clock.now() - DAY_MS)
