"""What a page may show about a sign-in: who asks, for what, and where cancelling leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from vestibule.db import Tx
from vestibule.domain import users
from vestibule.domain.authorization import OFFLINE_ACCESS, OPENID, AuthorizationParams, identity_scopes
from vestibule.domain.clients import Client, find_client
from vestibule.domain.context import Context
from vestibule.domain.cookies import CookieKeys
from vestibule.domain.interactions.steps import Begun, params_of
from vestibule.model import Interaction, RecipientKind, Resource, Scope, User
from vestibule.store import resources, scopes, subjects


@dataclass(frozen=True)
class ResourceScope:
    """A permission of an API that the client asks for."""

    resource_id: str
    resource: str
    indicator: str
    id: str
    name: str
    description: str | None


@dataclass(frozen=True)
class InteractionDetails:
    """The client, the person, and what is asked; texts are as their owners wrote them."""

    prompt: str
    client: Client
    application_id: str
    application_name: str
    logo_uri: str | None
    is_third_party: bool
    redirect_uri: str
    scopes: tuple[str, ...]
    resource_scopes: tuple[ResourceScope, ...]
    user: User | None
    login_hint: str | None
    ui_locales: str | None
    first_screen: str | None

    @property
    def redirect_host(self) -> str:
        """Where the browser is taken back to."""
        return urlsplit(self.redirect_uri).netloc


async def details(ctx: Context, begun: Begun) -> InteractionDetails:
    """Return what a page may show."""
    interaction, client = begun.interaction, begun.client
    params = params_of(interaction)
    async with ctx.db.read() as tx:
        user = None if interaction.user_id is None else await tx.one(subjects.ACTIVE, id=interaction.user_id)
        # Most sign-ins are for no API, and every page of one comes by here.
        known, asked = await _of_resources(tx, params) if params.resource else ({}, [])
    shown = [scope for scope in identity_scopes(params.scopes) if scope not in {OPENID, OFFLINE_ACCESS}]
    return InteractionDetails(
        prompt=interaction.prompt,
        client=client,
        application_id=client.id,
        application_name=client.application.name,
        logo_uri=client.metadata.logo_uri,
        is_third_party=client.is_third_party,
        redirect_uri=params.redirect_uri,
        scopes=tuple(shown),
        resource_scopes=tuple(_asked(known[scope.resource_id], scope) for scope in asked),
        user=user,
        login_hint=params.login_hint,
        ui_locales=params.ui_locales,
        first_screen=params.first_screen,
    )


async def told(
    ctx: Context, interaction: Interaction, kind: RecipientKind, address: str, locale: str | None
) -> dict[str, object]:
    """Return what a message about a sign-in may tell beside its code: the language; by e-mail the application and whom.

    Of somebody who only claims an address nothing is told to whoever reads there.
    """
    ui_locales = params_of(interaction).ui_locales
    about: dict[str, object] = {"locale": locale} if locale else {}
    about |= {"uiLocales": ui_locales} if ui_locales else {}
    if kind == "email":
        async with ctx.db.read() as tx:
            client = await find_client(tx, interaction.client_id)
            user = await users.find_by(tx, ctx, "email", address)
        if client is not None:
            about["application"] = {"id": client.id, "name": client.application.name}
        if user is not None and user.email_verified and user.primary_email == address:
            about["user"] = _shown(user)
    return about


def _shown(user: User) -> dict[str, object]:
    """Return a user as templates and services know one (connectors section 4.1)."""
    return {
        "id": user.id,
        "avatar": user.avatar,
        "name": user.name,
        "primaryEmail": user.primary_email,
        "primaryPhone": user.primary_phone,
        "username": user.username,
        "profile": msgspec.json.decode(user.profile),
    }


@dataclass(frozen=True)
class Whence:
    """The application that a browser came from last: its name, and where it lives."""

    name: str
    address: str


async def whence(ctx: Context, cookies: Mapping[str, str]) -> Whence | None:
    """Return the application that began this browser's last sign-in, over or not; None without a web address."""
    app_id = CookieKeys(ctx).visitor(cookies)
    if app_id is None:
        return None
    async with ctx.db.read() as tx:
        client = await find_client(tx, app_id)
    parts = [] if client is None else [urlsplit(uri) for uri in client.metadata.redirect_uris]
    homes = [f"{part.scheme}://{part.netloc}/" for part in parts if part.scheme in {"http", "https"} and part.netloc]
    return Whence(client.application.name, homes[0]) if client is not None and homes else None


async def _of_resources(tx: Tx, params: AuthorizationParams) -> tuple[dict[str, Resource], list[Scope]]:
    known = {row.id: row for row in await tx.all(resources.KNOWN, indicators=params.resource)}
    return known, await tx.all(scopes.DESCRIPTIONS, indicators=params.resource, names=params.scopes)


def _asked(resource: Resource, scope: Scope) -> ResourceScope:
    return ResourceScope(resource.id, resource.name, resource.indicator, scope.id, scope.name, scope.description)
