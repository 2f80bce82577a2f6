"""Operations on resources and their scopes (`/api/resources`)."""

from msgspec import UNSET, UnsetType

from vestibule.client.models import Resource, Scope
from vestibule.client.operation import Nothing, Operation, Page, given, segment

PATH = "/api/resources"


def _path(resource_id: str, *rest: str) -> str:
    return "/".join([PATH, segment(resource_id), *map(segment, rest)])


def find(*, with_scopes: bool = False) -> Page[Resource]:
    """List resources."""
    return Page(Operation("GET", PATH, list[Resource], {"includeScopes": "true"} if with_scopes else {}))


def get(resource_id: str) -> Operation[Resource]:
    """Get one resource, without its scopes."""
    return Operation("GET", _path(resource_id), Resource)


def create(name: str, indicator: str, *, access_token_ttl: int | UnsetType = UNSET) -> Operation[Resource]:
    """Create a resource; its access tokens live `access_token_ttl` seconds."""
    body = given(name=name, indicator=indicator, access_token_ttl=access_token_ttl)
    return Operation("POST", PATH, Resource, body=body)


def update(
    resource_id: str, *, name: str | UnsetType = UNSET, access_token_ttl: int | UnsetType = UNSET
) -> Operation[Resource]:
    """Change the given members; the indicator is fixed."""
    body = given(name=name, access_token_ttl=access_token_ttl)
    return Operation("PATCH", _path(resource_id), Resource, body=body)


def set_default(resource_id: str, is_default: bool = True) -> Operation[Resource]:
    """Make it the resource of requests that name none, or not any more."""
    return Operation("PATCH", _path(resource_id, "is-default"), Resource, body={"isDefault": is_default})


def delete(resource_id: str) -> Operation[Nothing]:
    """Delete a resource and its scopes."""
    return Operation("DELETE", _path(resource_id), Nothing)


def scopes(resource_id: str, **search: str) -> Page[Scope]:
    """List the scopes of a resource; keyword arguments are the contract's query members."""
    query = {name.replace("__", "."): value for name, value in search.items()}
    return Page(Operation("GET", _path(resource_id, "scopes"), list[Scope], query))


def create_scope(resource_id: str, name: str, *, description: str | UnsetType | None = UNSET) -> Operation[Scope]:
    """Add a scope to a resource."""
    body = given(name=name, description=description)
    return Operation("POST", _path(resource_id, "scopes"), Scope, body=body)


def update_scope(
    resource_id: str, scope_id: str, *, name: str | UnsetType = UNSET, description: str | UnsetType | None = UNSET
) -> Operation[Scope]:
    """Change the given members of a scope; None clears the description."""
    body = given(name=name, description=description)
    return Operation("PATCH", _path(resource_id, "scopes", scope_id), Scope, body=body)


def delete_scope(resource_id: str, scope_id: str) -> Operation[Nothing]:
    """Delete a scope."""
    return Operation("DELETE", _path(resource_id, "scopes", scope_id), Nothing)
