"""Operations on applications, their secrets, and what third parties may ask for (`/api/applications`)."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from vestibule.client.models import (
    AccessControl,
    Application,
    ApplicationSecret,
    ConsentScopes,
)
from vestibule.client.operation import Created, Nothing, Operation, Page, Query, given, segment

PATH = "/api/applications"
Text = str | None | UnsetType
Json = dict[str, Any] | UnsetType


def _path(application_id: str, *rest: str) -> str:
    return "/".join([PATH, segment(application_id), *map(segment, rest)])


def find(*, types: Sequence[str] = (), is_third_party: bool | None = None, **search: str) -> Page[Application]:
    """List applications; other keyword arguments are the contract's query members (`search`, `excludeRoleId`, …)."""
    query: dict[str, str | Sequence[str]] = {name.replace("__", "."): value for name, value in search.items()}
    if types:
        query["types"] = list(types)
    if is_third_party is not None:
        query["isThirdParty"] = str(is_third_party).lower()
    narrowed: Query = query
    return Page(Operation("GET", PATH, list[Application], narrowed))


def get(application_id: str) -> Operation[Application]:
    """Get one application, with `is_admin`."""
    return Operation("GET", _path(application_id), Application)


def create(
    name: str,
    type: str,  # noqa: A002 - the contract's word
    *,
    description: Text = UNSET,
    oidc_client_metadata: Json = UNSET,
    custom_client_metadata: Json = UNSET,
    custom_data: Json = UNSET,
    is_third_party: bool | UnsetType = UNSET,
) -> Operation[Application]:
    """Create an application; its first secret, if it has one, is in the list of its secrets."""
    return Operation("POST", PATH, Application, body=given(**locals()))


def update(
    application_id: str,
    *,
    name: str | UnsetType = UNSET,
    description: Text = UNSET,
    oidc_client_metadata: Json = UNSET,
    custom_client_metadata: Json = UNSET,
    custom_data: Json = UNSET,
    is_admin: bool | UnsetType = UNSET,
) -> Operation[Application]:
    """Change the given members; metadata and custom data are replaced whole."""
    members = given(
        name=name,
        description=description,
        oidc_client_metadata=oidc_client_metadata,
        custom_client_metadata=custom_client_metadata,
        custom_data=custom_data,
        is_admin=is_admin,
    )
    return Operation("PATCH", _path(application_id), Application, body=members)


def update_custom_data(application_id: str, values: dict[str, Any]) -> Operation[dict[str, Any]]:
    """Merge custom data at the top level."""
    return Operation("PATCH", _path(application_id, "custom-data"), dict[str, Any], body=values)


def delete(application_id: str) -> Operation[Nothing]:
    """Delete an application."""
    return Operation("DELETE", _path(application_id), Nothing)


def secrets(application_id: str) -> Operation[list[ApplicationSecret]]:
    """List the secrets of an application."""
    return Operation("GET", _path(application_id, "secrets"), list[ApplicationSecret])


def create_secret(
    application_id: str, name: str, *, expires_at: int | UnsetType | None = UNSET
) -> Operation[ApplicationSecret]:
    """Add a secret; `expires_at` is in epoch milliseconds."""
    body = given(name=name, expires_at=expires_at)
    return Operation("POST", _path(application_id, "secrets"), ApplicationSecret, body=body)


def rename_secret(application_id: str, name: str, new_name: str) -> Operation[ApplicationSecret]:
    """Rename a secret."""
    return Operation("PATCH", _path(application_id, "secrets", name), ApplicationSecret, body={"name": new_name})


def delete_secret(application_id: str, name: str) -> Operation[Nothing]:
    """Delete a secret."""
    return Operation("DELETE", _path(application_id, "secrets", name), Nothing)


def consent_scopes(application_id: str) -> Operation[ConsentScopes]:
    """Get what a third-party application may ask people for."""
    return Operation("GET", _path(application_id, "user-consent-scopes"), ConsentScopes)


def add_consent_scopes(
    application_id: str,
    *,
    user_scopes: Sequence[str] | UnsetType = UNSET,
    resource_scopes: Sequence[str] | UnsetType = UNSET,
) -> Operation[Created]:
    """Let a third-party application ask for scopes: about the user by name, of resources by id."""
    body = given(user_scopes=user_scopes, resource_scopes=resource_scopes)
    return Operation("POST", _path(application_id, "user-consent-scopes"), Created, body=body)


def remove_consent_scope(application_id: str, kind: str, scope: str) -> Operation[Nothing]:
    """Disable a scope; `kind` is `user-scopes` (by name) or `resource-scopes` (by id)."""
    return Operation("DELETE", _path(application_id, "user-consent-scopes", kind, scope), Nothing)


def access_control(application_id: str) -> Operation[AccessControl]:
    """Get who may use an application."""
    return Operation("GET", _path(application_id, "access-control"), AccessControl)


def replace_access_control(application_id: str, rules: AccessControl) -> Operation[AccessControl]:
    """Replace who may use an application; not every server obeys every rule, and one that does not refuses it."""
    return Operation("PUT", _path(application_id, "access-control"), AccessControl, body=rules)
