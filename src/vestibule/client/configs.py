"""Operations on the authorization server's keys and settings (`/api/configs`), and on what limits count."""

from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from vestibule.client.models import IdTokenConfig, OidcKey, SessionConfig
from vestibule.client.operation import Nothing, Operation, given, segment

OIDC, ID_TOKEN = "/api/configs/oidc", "/api/configs/id-token"
KeyType = Literal["private-keys", "cookie-keys"]


def keys(kind: KeyType) -> Operation[list[OidcKey]]:
    """List keys, without what is secret."""
    return Operation("GET", f"{OIDC}/{kind}", list[OidcKey])


def rotate_keys(
    kind: KeyType,
    *,
    signing_key_algorithm: str | UnsetType = UNSET,
    rotation_grace_period: int | UnsetType = UNSET,
) -> Operation[list[OidcKey]]:
    """Make a new key; the grace period (seconds) and the algorithm (`EC`, `RSA`) are for private keys."""
    body = given(signing_key_algorithm=signing_key_algorithm, rotation_grace_period=rotation_grace_period)
    return Operation("POST", f"{OIDC}/{kind}/rotate", list[OidcKey], body=body)


def delete_key(kind: KeyType, key_id: str) -> Operation[Nothing]:
    """Delete a key: of private keys only the previous one."""
    return Operation("DELETE", f"{OIDC}/{kind}/{segment(key_id)}", Nothing)


def session() -> Operation[SessionConfig]:
    """Get how long sessions may lie unused."""
    return Operation("GET", f"{OIDC}/session", SessionConfig)


def update_session(ttl: int) -> Operation[SessionConfig]:
    """Set how many seconds sessions may lie unused."""
    return Operation("PATCH", f"{OIDC}/session", SessionConfig, body={"ttl": ttl})


def id_token() -> Operation[IdTokenConfig]:
    """Get which extended claims ID tokens carry."""
    return Operation("GET", ID_TOKEN, IdTokenConfig)


def replace_id_token(enabled_extended_claims: Sequence[str]) -> Operation[IdTokenConfig]:
    """Set which extended claims ID tokens carry."""
    return Operation("PUT", ID_TOKEN, IdTokenConfig, body={"enabledExtendedClaims": list(enabled_extended_claims)})


def forget_activities(target_type: Literal["User", "App"], targets: Sequence[str]) -> Operation[Nothing]:
    """Let people (by identifier) or applications (by id) in again: forget failed tries and sent messages."""
    body = {"targetType": target_type, "targets": list(targets)}
    return Operation("POST", "/api/sentinel-activities/delete", Nothing, body=body)
