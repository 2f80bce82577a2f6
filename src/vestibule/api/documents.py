"""The OpenAPI documents of the JSON API, made from the routes that are served, and its sign of life."""

from collections.abc import Sequence
from functools import cache

import msgspec

from vestibule import __version__
from vestibule.domain.context import Context
from vestibule.errors import StoreUnavailable
from vestibule.http import PUBLIC, Handler, Request, Response, Route, empty, json_response, openapi
from vestibule.http.schemas import Json
from vestibule.model import MANAGEMENT_SCOPE

TITLE = "Vestibule API"
MANAGEMENT = "management"
AUDIENCES = {
    "experience": ("Vestibule Experience API", ("/api/experience/", "/api/interaction/")),
    "user": ("Vestibule account API", ("/api/my-account/",)),
    MANAGEMENT: ("Vestibule Management API", ("/api/",)),
}
"""Title and paths of each audience's document; the first that fits a path has it."""
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
    "AccessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The opaque access token of somebody who signed in, with `openid` and the scope of the data.",
    },
    "Cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "_interaction",
        "description": "All cookies of the authorization endpoint; `logto-app-id` or `app_id` names the client.",
    },
}


def describe(routes: Sequence[Route], public_url: str, title: str = TITLE) -> Json:
    """Return the OpenAPI document of routes of the JSON API."""
    named = {getattr(route.access, "security", "") for route in routes}
    return openapi.document(
        routes,
        title=title,
        version=__version__,
        server=public_url,
        schemes={name: scheme for name, scheme in SCHEMES.items() if name in named},
        always=(StoreUnavailable,),
        conditional=True,
    )


def audience(path: str) -> str:
    """Return whom a route is for."""
    return next(name for name, (_, prefixes) in AUDIENCES.items() if f"{path}/".startswith(prefixes))


def described(ctx: Context, routes: Sequence[Route]) -> list[Route]:
    """Return the routes with those that describe them, for all and by audience, and the one that says we are there."""
    served: list[Route] = []

    def document(title: str, only: str = "") -> Handler:
        @cache
        def made() -> bytes:
            shown = [route for route in served if only in ("", audience(route.path))]
            return msgspec.json.encode(describe(shown, ctx.settings.public_url, title))

        async def shown(request: Request) -> Response:
            return json_response(made())

        return shown

    async def status(request: Request) -> Response:
        await ctx.db.ping()
        return empty(204)

    def public(path: str, handler: Handler, summary: str, tag: str, responses: dict[int, object]) -> Route:
        return Route("GET", path, handler, access=PUBLIC, summary=summary, tags=(tag,), responses=responses)

    json: dict[int, object] = {200: dict[str, object]}
    served += [
        *routes,
        public("/api/status", status, "Whether the server and its store answer", "Status", {204: None}),
        public("/api/swagger.json", document(TITLE), "Every operation that is served", "Swagger.json", json),
    ]
    for name in {MANAGEMENT, *(audience(route.path) for route in routes)}:
        title = AUDIENCES[name][0]
        path = f"/api/.well-known/{name}.openapi.json"
        served.append(public(path, document(title, name), f"Every operation of the {title}", "Well-known", json))
    return served
