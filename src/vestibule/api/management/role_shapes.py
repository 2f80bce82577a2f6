"""Wire types of roles."""

from typing import Annotated

from msgspec import UNSET, Struct

from vestibule.api.management.application_shapes import ApplicationType
from vestibule.api.management.scopes import ScopeOut
from vestibule.domain.roles import Popularity
from vestibule.http.guard import Length, Maybe, rule
from vestibule.model import TENANT, Role, RoleType

Id = Annotated[str, rule(Length(minimum=1))]
Words = Annotated[str, rule(Length(minimum=1, maximum=128))]


class RoleQuery(Struct, rename="camel"):
    """The query of GET /roles beside page and search; an empty id counts as absent."""

    type: Maybe[RoleType] = UNSET
    exclude_user_id: Maybe[str] = UNSET
    exclude_application_id: Maybe[str] = UNSET


class RoleCreate(Struct, rename="camel"):
    """The body of POST /roles."""

    name: Words
    description: Words
    type: RoleType = "User"
    is_default: bool = False
    scope_ids: list[Id] = []


class RolePatch(Struct, rename="camel"):
    """The body of PATCH /roles/{id}; the type is fixed."""

    name: Maybe[Words] = UNSET
    description: Maybe[Words] = UNSET
    is_default: Maybe[bool] = UNSET


class RoleOut(Struct, rename="camel"):
    """A role as the API shows it."""

    tenant_id: str
    id: str
    name: str
    description: str
    type: RoleType
    is_default: bool


class FeaturedUserOut(Struct):
    """A user in a list of roles."""

    id: str
    avatar: str | None
    name: str | None


class FeaturedApplicationOut(Struct):
    """An application in a list of roles."""

    id: str
    name: str
    type: ApplicationType


class ListedRoleOut(RoleOut, rename="camel"):
    """A role in the list of all: with who has it."""

    users_count: int
    featured_users: list[FeaturedUserOut]
    applications_count: int
    featured_applications: list[FeaturedApplicationOut]


class RoleIds(Struct, rename="camel"):
    """Roles, by their ids."""

    role_ids: list[Id]


class AssignedRoles(Struct, rename="camel"):
    """Roles that were asked for, and those of them that are new."""

    role_ids: list[str]
    added_role_ids: list[str]


class ScopeIds(Struct, rename="camel"):
    """Scopes, by their ids."""

    scope_ids: list[Id]


class UserIds(Struct, rename="camel"):
    """Users, by their ids."""

    user_ids: list[Id]


class ApplicationIds(Struct, rename="camel"):
    """Applications, by their ids."""

    application_ids: list[Id]


class RoleResourceOut(Struct, rename="camel"):
    """The resource of a scope in a list of a role's scopes."""

    tenant_id: str
    id: str
    name: str
    indicator: str
    is_default: bool
    access_token_ttl: int


class RoleScopeOut(ScopeOut, rename="camel"):
    """A scope that a role holds, with its resource."""

    resource: RoleResourceOut


def role_out(role: Role) -> RoleOut:
    """Show a role."""
    return RoleOut(TENANT, role.id, role.name, role.description, role.type, role.is_default)


def listed_role_out(role: Role, who: Popularity) -> ListedRoleOut:
    """Show a role with who has it."""
    return ListedRoleOut(
        TENANT,
        role.id,
        role.name,
        role.description,
        role.type,
        role.is_default,
        who.users_count,
        [FeaturedUserOut(user.id, user.avatar, user.name) for user in who.users],
        who.applications_count,
        [FeaturedApplicationOut(item.id, item.name, item.type) for item in who.applications],
    )
