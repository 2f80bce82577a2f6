"""A small world for protocol tests: the `/oidc` face, bare pages in place of the real ones, browsers and clients."""

import base64
import html as escape
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import msgspec
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.sql.base import Executable

from tests.world import QUICK_HASHER
from vestibule.clock import ManualClock
from vestibule.connectors.outgoing import Outgoing
from vestibule.crypto import Sealer
from vestibule.db import DatabaseUnavailable, Statement, Tx, connect
from vestibule.domain.applications import create_application
from vestibule.domain.context import Context
from vestibule.domain.cookies import BrowserCookies, CookieKeys
from vestibule.domain.interactions import at_once, steps
from vestibule.domain.keys import Keyring, ensure_keys
from vestibule.domain.seeds import seed
from vestibule.domain.users import NewUser, create_user
from vestibule.errors import OAuthError, StoreUnavailable
from vestibule.http import PUBLIC, Application, Face, Log, Request, Response, Route, html, redirect, text
from vestibule.model import ApplicationType, Interaction, User
from vestibule.oidc.provider import Provider
from vestibule.oidc.routes import face
from vestibule.password_pool import PasswordPool
from vestibule.settings import ServerSettings, load
from vestibule.store import interactions
from vestibule.store.tables import metadata

PUBLIC_URL = "http://id.example"
PASSWORD = "correct horse battery"
CALLBACK = "https://app.example/callback"
BYE = "https://app.example/bye"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
JSON = dict[str, Any]


class BarePages:
    """The pages of the protocol, without style."""

    def error(self, request: Request, error: OAuthError) -> Response:
        return html(f"<h1>{error.error}</h1>", error.status)

    def form_post(self, request: Request, action: str, fields: Mapping[str, str]) -> Response:
        return html(
            f'<title>Submitting Callback</title><form action="{escape.escape(action)}">{_inputs(fields)}</form>'
        )

    def sign_out(self, request: Request, action: str, xsrf: str, target: str | None, *, automatic: bool) -> Response:
        inputs = _inputs({"xsrf": xsrf, "logout": "yes"})
        return html(f'<form id="op.logoutForm" action="{action}" data-automatic="{automatic}">{inputs}</form>')

    def signed_out(self, request: Request) -> Response:
        return html("<h1>Signed out</h1>")


def _inputs(fields: Mapping[str, str]) -> str:
    return "".join(f'<input type="hidden" name="{k}" value="{escape.escape(v)}">' for k, v in fields.items())


def inputs_of(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page."""
    return {k: escape.unescape(v) for k, v in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}


def query_of(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


@dataclass(frozen=True)
class App:
    """A client as its developer knows it."""

    id: str
    secret: str | None
    type: str
    redirect_uri: str = CALLBACK

    @property
    def login(self) -> dict[str, str]:
        """The form fields that authenticate it."""
        return {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})


@dataclass
class Browser:
    """A browser with its cookies; follows nothing by itself."""

    world: "World"
    client: httpx2.AsyncClient

    async def get(self, address: str, **query: str) -> httpx2.Response:
        return await self.client.get(address, params=query or None)

    async def authorize(self, app: App, **extra: Any) -> httpx2.Response:
        return await self.client.get("/oidc/auth", params=authorization(app, **extra))

    async def sign_in(self, user: str = "ada", app_id: str = "") -> str:
        """Sign in on the bare page; returns where it leads."""
        form = {"identifier": user, "password": PASSWORD}
        answer = await self.client.post("/sign-in", data=form, params={"app_id": app_id} if app_id else None)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    async def code(self, app: App, *, user: str = "ada", **extra: Any) -> str:
        """Walk from the authorization request to the code."""
        return query_of(await self.arrive(app, user=user, **extra))["code"]

    async def arrive(self, app: App, *, user: str = "ada", **extra: Any) -> str:
        """Walk from the authorization request to the client's callback; returns its address."""
        answer = await self.authorize(app, **extra)
        for _ in range(6):
            location = str(answer.headers["location"])
            if location.startswith("/sign-in"):
                location = await self.sign_in(user)
            elif not location.startswith(("/", PUBLIC_URL)):
                return location
            answer = await self.get(location)
        raise AssertionError("the sign-in does not end")

    async def tokens(self, app: App, *, user: str = "ada", resource: str = "", **extra: Any) -> JSON:
        """Sign in and redeem the code."""
        extra |= {"resource": resource} if resource else {}
        answer = await self.world.redeem(app, await self.code(app, user=user, **extra), resource=resource)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def authorization(app: App, **extra: Any) -> dict[str, Any]:
    """Return the parameters of an authorization request; None leaves one out."""
    params = {
        "client_id": app.id,
        "redirect_uri": app.redirect_uri,
        "response_type": "code",
        "scope": "openid profile",
        "state": "st",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (params | extra).items() if value is not None}


@dataclass
class World:
    """The server, its clock, and makers of everything else."""

    ctx: Context
    clock: ManualClock
    keys: Keyring
    app: Application
    lines: list[str]
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def client(self) -> httpx2.AsyncClient:
        """A client without cookies of anybody else."""
        made = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=self.ctx.settings.public_url)
        self.clients.append(made)
        return made

    def browser(self) -> Browser:
        return Browser(self, self.client())

    async def user(self, username: str = "ada", **more: Any) -> User:
        return await create_user(self.ctx, NewUser(username=username, password=PASSWORD, **more))

    async def application(
        self,
        kind: ApplicationType = "Traditional",
        *,
        redirect: str = CALLBACK,
        also: tuple[str, ...] = (),
        settings: JSON | None = None,
        metadata: JSON | None = None,
        **more: Any,
    ) -> App:
        """Create an application; `settings` and `metadata` are its two JSON columns."""
        uris = () if kind == "MachineToMachine" else (redirect, *also)
        made, secret = await create_application(self.ctx, kind, "App", uris, (BYE,), **more)
        if settings is not None:
            await self.change("applications", made.id, custom_client_metadata=msgspec.json.encode(settings).decode())
        if metadata is not None:
            merged = {**msgspec.json.decode(made.oidc_client_metadata), **metadata}
            await self.change("applications", made.id, oidc_client_metadata=msgspec.json.encode(merged).decode())
        return App(made.id, secret, kind, redirect)

    async def change(self, table: str, row_id: str, **values: Any) -> None:
        """Change a row behind the server's back."""
        await change(self.ctx, table, row_id, values)

    async def execute(self, clause: Executable) -> None:
        """Change the store behind the server's back."""
        statement: Statement[Any] = Statement(clause)
        async with self.ctx.db.write() as tx:
            await tx.run(statement)

    async def dump(self, *tables: Table) -> str:
        """Return every row of some tables as one text."""
        async with self.ctx.db.read() as tx:
            found = [await tx.all(Statement(select(table))) for table in tables]
        return str(found)

    async def sign_out(self, browser: Browser) -> None:
        """Sign out as a person does."""
        page = await browser.get("/oidc/session/end")
        answer = await browser.client.post("/oidc/session/end/confirm", data=inputs_of(page.text))
        assert answer.status_code == 303

    async def post(self, path: str, form: Mapping[str, Any], **headers: str) -> httpx2.Response:
        return await self.client().post(
            path, data=dict(form), headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    async def redeem(self, app: App, code: str, *, resource: str = "", **extra: Any) -> httpx2.Response:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": app.redirect_uri,
            "code_verifier": VERIFIER,
            **app.login,
        }
        form |= {"resource": resource} if resource else {}
        return await self.post("/oidc/token", {k: v for k, v in (form | extra).items() if v is not None})

    async def refresh(self, app: App, token: str, **extra: Any) -> httpx2.Response:
        """Use a refresh token."""
        return await self.post(
            "/oidc/token", {"grant_type": "refresh_token", "refresh_token": token, **app.login, **extra}
        )

    async def userinfo(self, token: str) -> httpx2.Response:
        return await self.client().get("/oidc/me", headers={"authorization": f"Bearer {token}"})

    async def claims(self, token: str) -> JSON:
        """Verify a JWT as a client does: with the published keys."""
        keys = KeySet.import_key_set((await self.client().get("/oidc/jwks")).json())
        opened = jws.deserialize_compact(token, keys, algorithms=["ES384", "ES256", "EdDSA"])
        return dict(msgspec.json.decode(opened.payload))


async def change(ctx: Context, table: str, row_id: str, values: Mapping[str, Any]) -> None:
    """Update one row by id."""
    columns = metadata.tables[table].c
    statement: Statement[Any] = Statement(
        update(metadata.tables[table])
        .where(columns.id == bindparam("row_id"))
        .values({name: bindparam(name) for name in values})
    )
    async with ctx.db.write() as tx:
        assert await tx.run(statement, row_id=row_id, **values) == 1


class Later:
    """Leaves the step that has ended to be resumed, as a program's is."""

    async def hold(self, tx: Tx) -> None:
        """The session is looked at later, too."""

    async def go_on(self, tx: Tx, ended: Interaction) -> None:
        await tx.run(interactions.INSERT, **msgspec.structs.asdict(msgspec.structs.replace(ended, state=None)))


def _page_routes(ctx: Context) -> list[Route]:
    """Bare pages: sign in with a form, agree at once; each over the address to resume at, as programs do."""

    def cookies(request: Request) -> BrowserCookies:
        return BrowserCookies(request.cookies, dict(request.query_items).get("app_id"))

    async def sign_in(request: Request) -> Response:
        step = (await steps.current(ctx, cookies(request))).interaction
        form = await request.form_fields()
        await at_once.sign_in(ctx, step, form["identifier"][0], form["password"][0], request.ip, Later())
        return redirect(steps.resume_address(ctx, step))

    async def consent(request: Request) -> Response:
        step = (await steps.current(ctx, cookies(request))).interaction
        granted = "refuse" not in dict(request.query_items)
        return redirect(steps.resume_address(ctx, await steps.consent(ctx, step, granted)), 302)

    async def abort(request: Request) -> Response:
        step = (await steps.current(ctx, cookies(request))).interaction
        return redirect(steps.resume_address(ctx, await steps.abort(ctx, step)))

    return [
        Route("POST", "/sign-in", sign_in, access=PUBLIC),
        Route("GET", "/consent", consent, access=PUBLIC),
        Route("GET", "/abort", abort, access=PUBLIC),
    ]


def _pages(ctx: Context) -> Face:
    def refused(request: Request, error: Exception) -> Response:
        return text(getattr(error, "code", "?"), getattr(error, "status", 500))

    return Face(
        name="pages",
        prefix="",
        routes=_page_routes(ctx),
        render_error=refused,
        not_found=lambda request: text("?", 404),
        method_not_allowed=lambda request, allowed: text("?", 405),
    )


def translate(error: Exception) -> Exception:
    return StoreUnavailable() if isinstance(error, DatabaseUnavailable) else error


@asynccontextmanager
async def worlds(database_url: str, public_url: str = PUBLIC_URL, **environ: str) -> AsyncIterator[World]:
    """A fresh world on a migrated store."""
    settings = load(
        ServerSettings, {"VESTIBULE_PUBLIC_URL": public_url, "VESTIBULE_DATABASE_URL": database_url, **environ}
    )
    db = await connect(database_url, metadata)
    clock, passwords = ManualClock(), PasswordPool(threads=1, hasher=QUICK_HASHER)
    ctx = Context(db, clock, Sealer([b"k" * 32]), passwords, settings, Outgoing(settings.allow_private))
    await ensure_keys(ctx)
    await seed(ctx)
    lines: list[str] = []
    keys = Keyring(ctx)
    app = Application(
        [face(Provider(ctx, keys, CookieKeys(ctx), BarePages())), _pages(ctx)],
        public_url=public_url,
        log=Log(clock, write=lines.append),
        translate=translate,
    )
    world = World(ctx, clock, keys, app, lines)
    try:
        yield world
    finally:
        for client in world.clients:
            await client.aclose()
        passwords.close()
        await ctx.outgoing.close()
        await db.close()
