"""Who may do what: applications, resources and their scopes, roles. Times are epoch milliseconds."""

from typing import Any

import msgspec


class Scope(msgspec.Struct, rename="camel", kw_only=True):
    """A permission of a resource."""

    id: str
    resource_id: str
    name: str
    description: str | None = None
    created_at: float = 0


class Resource(msgspec.Struct, rename="camel", kw_only=True):
    """An API that access tokens can be made for; `scopes` is None where they were not asked for."""

    id: str
    name: str
    indicator: str
    is_default: bool = False
    access_token_ttl: float = 3600
    scopes: list[Scope] | None = None


class RoleScope(Scope, rename="camel", kw_only=True):
    """A scope that a role holds, with its resource."""

    resource: Resource


class RoleUser(msgspec.Struct):
    """A user in a list of roles."""

    id: str
    avatar: str | None = None
    name: str | None = None


class RoleApplication(msgspec.Struct):
    """An application in a list of roles."""

    id: str
    name: str
    type: str


class Role(msgspec.Struct, rename="camel", kw_only=True):
    """Scopes under one name; the list of all roles also tells who has them."""

    id: str
    name: str
    description: str
    type: str
    is_default: bool = False
    users_count: float | None = None
    featured_users: list[RoleUser] = []
    applications_count: float | None = None
    featured_applications: list[RoleApplication] = []


class RoleIds(msgspec.Struct, rename="camel"):
    """Roles, by their ids."""

    role_ids: list[str]


class AssignedRoles(msgspec.Struct, rename="camel"):
    """Roles that were asked for, and those of them that are new."""

    role_ids: list[str]
    added_role_ids: list[str]


class Application(msgspec.Struct, rename="camel", kw_only=True):
    """A client of the authorization server; `is_admin` is None where it was not asked for."""

    id: str
    name: str
    type: str
    description: str | None = None
    oidc_client_metadata: dict[str, Any] = {}
    custom_client_metadata: dict[str, Any] = {}
    custom_data: dict[str, Any] = {}
    is_third_party: bool = False
    created_at: float = 0
    is_admin: bool | None = None


class ApplicationSecret(msgspec.Struct, rename="camel", kw_only=True):
    """A secret of an application; `value` may be masked in lists. `expires_at` is None for one that never ends."""

    application_id: str
    name: str
    value: str
    created_at: float = 0
    expires_at: float | None = None


class ConsentScope(msgspec.Struct, kw_only=True):
    """A scope that a third-party application may ask for."""

    id: str
    name: str
    description: str | None = None


class ConsentResource(msgspec.Struct, kw_only=True):
    """The resource of scopes that may be asked for."""

    id: str
    name: str
    indicator: str


class ResourceScopes(msgspec.Struct, kw_only=True):
    """The scopes of one resource that may be asked for."""

    resource: ConsentResource
    scopes: list[ConsentScope]


class ConsentScopes(msgspec.Struct, rename="camel", kw_only=True):
    """What a third-party application may ask people for; organizations are left out."""

    user_scopes: list[str]
    resource_scopes: list[ResourceScopes]


class OrganizationRoleRule(msgspec.Struct, rename="camel"):
    """Who has one of these roles in an organization."""

    organization_id: str
    organization_role_ids: list[str]


class AccessControl(msgspec.Struct, rename="camel", kw_only=True):
    """Who may use an application; without any entry everybody."""

    user_ids: list[str] = []
    user_role_ids: list[str] = []
    organization_ids: list[str] = []
    organization_role_rules: list[OrganizationRoleRule] = []
