"""`/api/configs`: the keys of the authorization server, how long sessions live, what ID tokens carry."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from vestibule.domain import keys as signing
from vestibule.domain import oidc_changes
from vestibule.domain.context import Context
from vestibule.domain.keys import Keyring
from vestibule.domain.oidc_settings import YEAR_SECONDS, IdTokenSettings, SessionSettings
from vestibule.errors import (
    OidcInvalidRequest,
    OidcKeyNotFound,
    OidcKeyRequired,
    OnlyPreviousKey,
)
from vestibule.http import Access, Request, Response, Route, empty, guard, json_response
from vestibule.http.guard import Maybe
from vestibule.model import KeyStatus

KeyType = Literal["private-keys", "cookie-keys"]
Family = Literal["EC", "RSA"]
FAMILIES: dict[str, Family] = {"ES384": "EC", "ES256": "EC", "RS256": "RSA"}
DEFAULTS: dict[Family, str] = {"EC": "ES384", "RSA": "RS256"}


class KeyPath(Struct, rename="camel"):
    """Which keys a path is about."""

    key_type: KeyType


class RotateBody(Struct, rename="camel"):
    """How to rotate: the family of the new key, and for how many seconds it is published before it signs."""

    signing_key_algorithm: Maybe[Family] = UNSET
    rotation_grace_period: Maybe[Annotated[int, Meta(ge=0, le=YEAR_SECONDS)]] = UNSET


class KeyOut(Struct, rename="camel", omit_defaults=True):
    """A key without its material. `createdAt` in epoch seconds, `effectiveAt` in epoch ms."""

    id: str
    created_at: int
    signing_key_algorithm: Maybe[Family] = UNSET
    status: Maybe[KeyStatus] = UNSET
    effective_at: Maybe[int] = UNSET


class SessionPatch(Struct):
    """The body of PATCH …/oidc/session: seconds that a session may lie unused."""

    ttl: Annotated[int, Meta(ge=1, le=YEAR_SECONDS)] | UnsetType = UNSET


class OidcConfigs:
    """Handlers over one context and its keys."""

    def __init__(self, ctx: Context, keys: Keyring) -> None:
        self._ctx = ctx
        self._keys = keys

    async def find(self, request: Request) -> Response:
        """GET /configs/oidc/{keyType}."""
        return json_response(await self._shown(_kind(request)))

    async def rotate(self, request: Request) -> Response:
        """POST /configs/oidc/{keyType}/rotate."""
        kind, body = _kind(request), await request.json(RotateBody)
        grace = 0 if body.rotation_grace_period is UNSET else body.rotation_grace_period
        if kind == "private-keys":
            await signing.rotate(self._ctx, grace, self._algorithm(body.signing_key_algorithm))
            await self._keys.reload()
        elif grace:
            raise OidcInvalidRequest("Cookie keys have no grace period.")
        else:
            await oidc_changes.rotate_cookie_keys(self._ctx)
        return json_response(await self._shown(kind))

    def _algorithm(self, family: Family | UnsetType) -> str:
        usual = self._ctx.settings.signing_algorithm
        return usual if family is UNSET or FAMILIES.get(usual) == family else DEFAULTS[family]

    async def delete(self, request: Request) -> Response:
        """DELETE /configs/oidc/{keyType}/{keyId}."""
        key_id = request.path_params["keyId"]
        if _kind(request) == "private-keys":
            await signing.delete_previous(self._ctx, key_id)
            await self._keys.reload()
        else:
            await oidc_changes.delete_cookie_key(self._ctx, key_id)
        return empty(204)

    async def _shown(self, kind: KeyType) -> list[KeyOut]:
        if kind == "cookie-keys":
            held = await oidc_changes.list_cookie_keys(self._ctx)
            return [KeyOut(row.id, row.created_at // 1000) for row in held]
        return [
            KeyOut(row.id, row.created_at // 1000, FAMILIES.get(row.algorithm, UNSET), status, row.effective_at)
            for status, row in await signing.list_keys(self._ctx)
        ]

    async def get_session(self, request: Request) -> Response:
        """GET /configs/oidc/session."""
        await self._ctx.live.refresh()
        return json_response(self._ctx.live.session)

    async def change_session(self, request: Request) -> Response:
        """PATCH /configs/oidc/session."""
        ttl = (await request.json(SessionPatch)).ttl
        if ttl is UNSET:
            return await self.get_session(request)
        return json_response(await oidc_changes.change_session(self._ctx, SessionSettings(ttl)))

    async def get_id_token(self, request: Request) -> Response:
        """GET /configs/id-token."""
        await self._ctx.live.refresh()
        return json_response(self._ctx.live.id_token)

    async def put_id_token(self, request: Request) -> Response:
        """PUT /configs/id-token."""
        return json_response(await oidc_changes.put_id_token(self._ctx, await request.json(IdTokenSettings)))


def _kind(request: Request) -> KeyType:
    return guard.convert({"keyType": request.path_params["keyType"]}, KeyPath).key_type


def routes(ctx: Context, access: Access, keys: Keyring) -> list[Route]:
    """Return the routes over the authorization server's keys and settings."""
    api, tags = OidcConfigs(ctx, keys), ("Configs",)
    oidc, id_token = "/api/configs/oidc", "/api/configs/id-token"
    return [
        Route("GET", f"{oidc}/session", api.get_session, access=access, summary="How long sessions live",
              responses={200: SessionSettings}, tags=tags),
        Route("PATCH", f"{oidc}/session", api.change_session, access=access, summary="Set how long sessions live",
              body=SessionPatch, responses={200: SessionSettings}, tags=tags),
        Route("GET", id_token, api.get_id_token, access=access, summary="Which extended claims ID tokens carry",
              responses={200: IdTokenSettings}, tags=tags),
        Route("PUT", id_token, api.put_id_token, access=access, summary="Set which extended claims ID tokens carry",
              body=IdTokenSettings, responses={200: IdTokenSettings}, tags=tags),
        Route("GET", f"{oidc}/{{keyType}}", api.find, access=access, summary="List keys, without what is secret",
              responses={200: list[KeyOut]}, tags=tags),
        Route("POST", f"{oidc}/{{keyType}}/rotate", api.rotate, access=access, summary="Make a new key",
              body=RotateBody, responses={200: list[KeyOut]}, errors=(OidcInvalidRequest,), tags=tags),
        Route("DELETE", f"{oidc}/{{keyType}}/{{keyId}}", api.delete, access=access, summary="Delete a key",
              responses={204: None}, errors=(OidcKeyNotFound, OnlyPreviousKey, OidcKeyRequired), tags=tags),
    ]  # fmt: skip
