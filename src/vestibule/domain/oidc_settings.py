"""Settings of the authorization server that administrators change, in the contract's spelling (1.2, 1.9, 2.2)."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

ExtendedClaim = Literal[
    "custom_data",
    "identities",
    "sso_identities",
    "roles",
    "organizations",
    "organization_data",
    "organization_roles",
]
IDLE_SECONDS, YEAR_SECONDS = 14 * 86_400, 31_536_000


class SessionSettings(Struct, frozen=True):
    """For how many seconds a session may lie unused."""

    ttl: Annotated[int, Meta(ge=1, le=YEAR_SECONDS)] = IDLE_SECONDS


class IdTokenSettings(Struct, frozen=True, rename="camel"):
    """Which extended claims an ID token carries beside the standard ones."""

    enabled_extended_claims: tuple[ExtendedClaim, ...] | UnsetType = UNSET


SEEDED = IdTokenSettings(("roles", "organizations", "organization_roles"))
"""What holds until somebody decides."""
