"""Operations on organizations, as far as users and applications belong to them (`…/organizations`)."""

from typing import Any

import msgspec

from vestibule.client.operation import Operation, Page, segment


class OrganizationRole(msgspec.Struct):
    """A role in an organization."""

    id: str
    name: str


class UserOrganization(msgspec.Struct, rename="camel", kw_only=True):
    """An organization that a user belongs to, and as what."""

    id: str
    name: str
    description: str | None = None
    custom_data: dict[str, Any] = {}
    is_mfa_required: bool = False
    created_at: float
    organization_roles: list[OrganizationRole]


class ApplicationOrganization(msgspec.Struct, rename="camel", kw_only=True):
    """An organization that an application belongs to, and as what."""

    id: str
    name: str
    description: str | None = None
    custom_data: dict[str, Any] = {}
    is_mfa_required: bool = False
    color: dict[str, Any] = {}
    branding: dict[str, Any] = {}
    custom_css: str | None = None
    created_at: float
    organization_roles: list[OrganizationRole]


def of_user(user_id: str) -> Operation[list[UserOrganization]]:
    """List the organizations that a user belongs to."""
    return Operation("GET", f"/api/users/{segment(user_id)}/organizations", list[UserOrganization])


def of_application(application_id: str) -> Page[ApplicationOrganization]:
    """List the organizations that a machine-to-machine application belongs to."""
    path = f"/api/applications/{segment(application_id)}/organizations"
    return Page(Operation("GET", path, list[ApplicationOrganization]))
