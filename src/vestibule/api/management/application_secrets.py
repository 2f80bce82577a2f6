"""`/api/applications/{id}/secrets`: the secrets of an application."""

from functools import partial
from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.domain import application_secrets
from vestibule.domain.context import Context
from vestibule.errors import (
    ApplicationSecretNameInUse,
    EntityConstraintViolated,
    EntityNotExists,
    EntityNotExistsWithId,
    EntityNotFound,
    InvalidRequest,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Nullable, rule
from vestibule.model import TENANT, ApplicationSecret

SecretName = Annotated[str, rule(Length(minimum=1, maximum=256))]


class SecretCreate(Struct, rename="camel"):
    """The body of POST …/secrets; `expiresAt` in epoch ms, null for a secret that never ends."""

    name: SecretName
    expires_at: Maybe[Nullable[int]] = UNSET


class SecretPatch(Struct):
    """The body of PATCH …/secrets/{name}."""

    name: SecretName


class SecretOut(Struct, rename="camel"):
    """A secret as the API shows it; `value` is masked where it may be shown only once."""

    tenant_id: str
    application_id: str
    name: str
    value: str
    created_at: int
    expires_at: int | None


def _out(secret: ApplicationSecret, value: str) -> SecretOut:
    return SecretOut(TENANT, secret.application_id, secret.name, value, secret.created_at, secret.expires_at)


class ApplicationSecrets:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/secrets."""
        found = await application_secrets.of_application(self._ctx, request.path_params["id"])
        return json_response([_out(secret, application_secrets.shown_value(self._ctx, secret)) for secret in found])

    async def create(self, request: Request) -> Response:
        """POST …/secrets."""
        body = await request.json(SecretCreate)
        expires_at = None if body.expires_at is UNSET else body.expires_at
        made = await application_secrets.create(self._ctx, request.path_params["id"], body.name, expires_at)
        return json_response(_out(*made), 201)

    async def rename(self, request: Request) -> Response:
        """PATCH …/secrets/{name}."""
        new_name = (await request.json(SecretPatch)).name
        secret = await application_secrets.rename(
            self._ctx, request.path_params["id"], request.path_params["name"], new_name
        )
        return json_response(_out(secret, application_secrets.shown_value(self._ctx, secret)))

    async def delete(self, request: Request) -> Response:
        """DELETE …/secrets/{name}."""
        await application_secrets.delete(self._ctx, request.path_params["id"], request.path_params["name"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the secrets of applications."""
    api, path = ApplicationSecrets(ctx), "/api/applications/{id}/secrets"
    missing, taken = EntityNotExistsWithId, ApplicationSecretNameInUse
    route = partial(Route, access=access, tags=("Applications",))
    return [
        route("GET", path, api.find, summary="List the secrets of an application",
              responses={200: list[SecretOut]}, errors=(missing,)),
        route("POST", path, api.create, summary="Add a secret", body=SecretCreate, responses={201: SecretOut},
              errors=(missing, taken, EntityConstraintViolated, InvalidRequest)),
        route("PATCH", f"{path}/{{name}}", api.rename, summary="Rename a secret", body=SecretPatch,
              responses={200: SecretOut}, errors=(taken, EntityNotExists)),
        route("DELETE", f"{path}/{{name}}", api.delete, summary="Delete a secret", responses={204: None},
              errors=(EntityNotFound,)),
    ]  # fmt: skip
