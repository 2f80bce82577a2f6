"""Operations on roles, what they hold and who has them (`/api/roles`, `…/roles` of users and of applications)."""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from vestibule.client.models import Application, AssignedRoles, Role, RoleIds, RoleScope, Scope, User
from vestibule.client.operation import Created, Nothing, Operation, Page, given, segment

PATH = "/api/roles"


def _path(role_id: str, *rest: str) -> str:
    return "/".join([PATH, segment(role_id), *map(segment, rest)])


def _query(search: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", "."): value for name, value in search.items()}


def find(**search: str) -> Page[Role]:
    """List roles with who has them; keyword arguments are the contract's query members (`type`, `search`, …)."""
    return Page(Operation("GET", PATH, list[Role], _query(search)))


def get(role_id: str) -> Operation[Role]:
    """Get one role."""
    return Operation("GET", _path(role_id), Role)


def create(
    name: str,
    description: str,
    *,
    type: str | UnsetType = UNSET,  # noqa: A002 - the contract's word
    is_default: bool | UnsetType = UNSET,
    scope_ids: Sequence[str] | UnsetType = UNSET,
) -> Operation[Role]:
    """Create a role, of users unless `type` is `MachineToMachine`; `is_default` gives it to every new user."""
    body = given(name=name, description=description, type=type, is_default=is_default, scope_ids=scope_ids)
    return Operation("POST", PATH, Role, body=body)


def update(
    role_id: str,
    *,
    name: str | UnsetType = UNSET,
    description: str | UnsetType = UNSET,
    is_default: bool | UnsetType = UNSET,
) -> Operation[Role]:
    """Change the given members; the type is fixed."""
    body = given(name=name, description=description, is_default=is_default)
    return Operation("PATCH", _path(role_id), Role, body=body)


def delete(role_id: str) -> Operation[Nothing]:
    """Delete a role."""
    return Operation("DELETE", _path(role_id), Nothing)


def scopes(role_id: str, **search: str) -> Page[RoleScope]:
    """List the scopes that a role holds, with their resources."""
    return Page(Operation("GET", _path(role_id, "scopes"), list[RoleScope], _query(search)))


def add_scopes(role_id: str, scope_ids: Sequence[str]) -> Operation[list[Scope]]:
    """Let a role hold more scopes."""
    return Operation("POST", _path(role_id, "scopes"), list[Scope], body={"scopeIds": scope_ids})


def remove_scope(role_id: str, scope_id: str) -> Operation[Nothing]:
    """Take a scope from a role."""
    return Operation("DELETE", _path(role_id, "scopes", scope_id), Nothing)


def users(role_id: str, **search: str) -> Page[User]:
    """List the users that have a role."""
    return Page(Operation("GET", _path(role_id, "users"), list[User], _query(search)))


def add_users(role_id: str, user_ids: Sequence[str]) -> Operation[Created]:
    """Give a role to users."""
    return Operation("POST", _path(role_id, "users"), Created, body={"userIds": user_ids})


def remove_user(role_id: str, user_id: str) -> Operation[Nothing]:
    """Take a role from a user."""
    return Operation("DELETE", _path(role_id, "users", user_id), Nothing)


def applications(role_id: str, **search: str) -> Page[Application]:
    """List the applications that have a role."""
    return Page(Operation("GET", _path(role_id, "applications"), list[Application], _query(search)))


def add_applications(role_id: str, application_ids: Sequence[str]) -> Operation[Created]:
    """Give a role to machine-to-machine applications."""
    return Operation("POST", _path(role_id, "applications"), Created, body={"applicationIds": application_ids})


def remove_application(role_id: str, application_id: str) -> Operation[Nothing]:
    """Take a role from an application."""
    return Operation("DELETE", _path(role_id, "applications", application_id), Nothing)


def _held(holders: str, holder_id: str, *rest: str) -> str:
    return "/".join([f"/api/{holders}", segment(holder_id), "roles", *map(segment, rest)])


def of_user(user_id: str, **search: str) -> Page[Role]:
    """List the roles of a user."""
    return Page(Operation("GET", _held("users", user_id), list[Role], _query(search)))


def give_user(user_id: str, role_ids: Sequence[str]) -> Operation[AssignedRoles]:
    """Give a user more roles; the answer names those that are new."""
    return Operation("POST", _held("users", user_id), AssignedRoles, body={"roleIds": role_ids})


def replace_of_user(user_id: str, role_ids: Sequence[str]) -> Operation[RoleIds]:
    """Let a user have these roles and no others."""
    return Operation("PUT", _held("users", user_id), RoleIds, body={"roleIds": role_ids})


def take_from_user(user_id: str, role_id: str) -> Operation[Nothing]:
    """Take a role from a user."""
    return Operation("DELETE", _held("users", user_id, role_id), Nothing)


def of_application(application_id: str, **search: str) -> Page[Role]:
    """List the roles of a machine-to-machine application."""
    return Page(Operation("GET", _held("applications", application_id), list[Role], _query(search)))


def give_application(application_id: str, role_ids: Sequence[str]) -> Operation[AssignedRoles]:
    """Give an application more roles; the answer names those that are new."""
    return Operation("POST", _held("applications", application_id), AssignedRoles, body={"roleIds": role_ids})


def replace_of_application(application_id: str, role_ids: Sequence[str]) -> Operation[RoleIds]:
    """Let an application have these roles and no others."""
    return Operation("PUT", _held("applications", application_id), RoleIds, body={"roleIds": role_ids})


def take_from_application(application_id: str, role_id: str) -> Operation[Nothing]:
    """Take a role from an application."""
    return Operation("DELETE", _held("applications", application_id, role_id), Nothing)
