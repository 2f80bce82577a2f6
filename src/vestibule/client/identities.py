"""Operations on who a user is at social and enterprise providers (`/api/users/{userId}/identities` and neighbours)."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.client.models import User
from vestibule.client.operation import Operation, given, segment


class Identity(msgspec.Struct, rename="camel", omit_defaults=True):
    """Who a user is at a provider: the user's id there, and what the provider told."""

    user_id: str
    details: dict[str, Any] | None = None


class UserIdentity(msgspec.Struct, rename="camel", kw_only=True):
    """An identity, and what the server tells of the provider's tokens that it keeps, if any."""

    identity: Identity
    token_secret: dict[str, Any] | None = None


class SocialIdentity(UserIdentity, kw_only=True):
    """An identity at the provider `target`."""

    target: str


class SsoIdentity(msgspec.Struct, rename="camel", kw_only=True):
    """Who a user is at an enterprise's provider; times are epoch ms."""

    id: str
    user_id: str
    issuer: str
    identity_id: str
    detail: dict[str, Any]
    created_at: float
    updated_at: float
    sso_connector_id: str


class UserSsoIdentity(msgspec.Struct, rename="camel", kw_only=True):
    """An identity at an enterprise's provider, and what the server tells of its tokens."""

    sso_identity: SsoIdentity
    token_secret: dict[str, Any] | None = None


class ConnectedSsoIdentity(UserSsoIdentity, rename="camel", kw_only=True):
    """One that was made through the connector `sso_connector_id`."""

    sso_connector_id: str


class AllIdentities(msgspec.Struct, rename="camel"):
    """Every identity of a user."""

    social_identities: list[SocialIdentity]
    sso_identities: list[ConnectedSsoIdentity]


def _path(user_id: str, *rest: str) -> str:
    return "/".join(["/api/users", segment(user_id), *rest])


def _query(token_secret: bool) -> dict[str, str]:
    # The contract takes any value of it for yes where all identities are listed: none is sent for no.
    return {"includeTokenSecret": "true"} if token_secret else {}


def get(user_id: str, target: str, *, token_secret: bool = False) -> Operation[UserIdentity]:
    """Get who a user is at one provider."""
    return Operation("GET", _path(user_id, "identities", segment(target)), UserIdentity, _query(token_secret))


def put(
    user_id: str, target: str, identity_user_id: str, *, details: dict[str, Any] | UnsetType = UNSET
) -> Operation[dict[str, Identity]]:
    """Say who a user is at a provider, in place of what was said before; answers all of them by target."""
    body = given(user_id=identity_user_id, details=details)
    return Operation("PUT", _path(user_id, "identities", segment(target)), dict[str, Identity], body=body)


def link(
    user_id: str, connector_id: str, connector_data: dict[str, Any], *, session: str | UnsetType = UNSET
) -> Operation[dict[str, Identity]]:
    """Let a social connector say who a user is, from what its provider called back with.

    `session` is what `connectors.authorization_uri` gave for this user, where it gave one.
    """
    body = given(connector_id=connector_id, connector_data=connector_data, session=session)
    return Operation("POST", _path(user_id, "identities"), dict[str, Identity], body=body)


def remove(user_id: str, target: str) -> Operation[User]:
    """Forget who a user is at a provider; answers the user."""
    return Operation("DELETE", _path(user_id, "identities", segment(target)), User)


def find(user_id: str, *, token_secret: bool = False) -> Operation[AllIdentities]:
    """List every identity of a user."""
    return Operation("GET", _path(user_id, "all-identities"), AllIdentities, _query(token_secret))


def get_sso(user_id: str, connector_id: str, *, token_secret: bool = False) -> Operation[UserSsoIdentity]:
    """Get who a user is at the provider of an enterprise connector."""
    path = _path(user_id, "sso-identities", segment(connector_id))
    return Operation("GET", path, UserSsoIdentity, _query(token_secret))
