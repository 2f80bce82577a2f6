"""The OpenAPI documents of the JSON API, made from the routes that are served, and its sign of life."""

from collections.abc import Sequence
from functools import cache

import msgspec

from vestibule import __version__
from vestibule.domain.context import Context
from vestibule.errors import StoreUnavailable
from vestibule.http import PUBLIC, Handler, Request, Response, Route, empty, json_response, openapi
from vestibule.http.openapi import Json
from vestibule.model import MANAGEMENT_SCOPE

TITLE, EXPERIENCE_TITLE = "Vestibule Management API", "Vestibule Experience API"
SCHEMES: dict[str, Json] = {
    "OAuth2": {
        "type": "oauth2",
        "description": "A client-credentials token for the resource `https://default.logto.app/api`.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oidc/token",
                "scopes": {MANAGEMENT_SCOPE: "Everything"},
            }
        },
    },
}
COOKIES: dict[str, Json] = {
    "Cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "_interaction",
        "description": "All cookies of the authorization endpoint; `logto-app-id` or `app_id` names the client.",
    }
}


def describe_experience(routes: Sequence[Route], public_url: str) -> Json:
    """Return the OpenAPI document of the Experience API."""
    return openapi.document(
        routes,
        title=EXPERIENCE_TITLE,
        version=__version__,
        server=public_url,
        schemes=COOKIES,
        always=(StoreUnavailable,),
        conditional=True,
    )


def describe(routes: Sequence[Route], public_url: str) -> Json:
    """Return the OpenAPI document of the Management API."""
    return openapi.document(
        routes,
        title=TITLE,
        version=__version__,
        server=public_url,
        schemes=SCHEMES,
        always=(StoreUnavailable,),
        conditional=True,
    )


def described(ctx: Context, routes: Sequence[Route], experience: Sequence[Route] = ()) -> list[Route]:
    """Return the routes with those that describe them, and the one that says whether the store answers.

    `experience` are the routes of the Experience API, which has a document of its own.
    """
    served: list[Route] = []

    @cache
    def whole() -> bytes:
        return msgspec.json.encode(describe(served, ctx.settings.public_url))

    @cache
    def of_experience() -> bytes:
        return msgspec.json.encode(describe_experience(experience, ctx.settings.public_url))

    async def shown(request: Request) -> Response:
        return json_response(whole())

    async def shown_experience(request: Request) -> Response:
        return json_response(of_experience())

    async def status(request: Request) -> Response:
        await ctx.db.ping()
        return empty(204)

    def public(path: str, handler: Handler, summary: str, tag: str, responses: dict[int, object]) -> Route:
        return Route("GET", path, handler, access=PUBLIC, summary=summary, tags=(tag,), responses=responses)

    json: dict[int, object] = {200: dict[str, object]}
    served += [
        *routes,
        public("/api/status", status, "Whether the server and its store answer", "Status", {204: None}),
        public("/api/swagger.json", shown, "Every operation of this API", "Swagger.json", json),
        public("/api/.well-known/management.openapi.json", shown, "The Management API", "Well-known", json),
        public("/api/.well-known/experience.openapi.json", shown_experience, "The Experience API", "Well-known", json),
    ]
    return [*served, *experience]
