"""Bodies about applications that may do something for the caller."""

from collections.abc import Mapping

import msgspec

from vestibule.client.models import UserGrant


class ApplicationView(msgspec.Struct, rename="camel"):
    """An application that may do something for the caller, in whatever browsers it was opened.

    `scopes` are those about the caller, `resources` the indicators of what else it may use; `grantedAt` (epoch ms) is
    when it was opened last in a new one; `present` is the application that asks. For `outlastsSeconds` at most, what it
    holds for the resources may be good after it was signed out.
    """

    id: str
    name: str
    scopes: list[str]
    resources: list[str]
    granted_at: float
    present: bool
    outlasts_seconds: int

    @classmethod
    def of(
        cls, grants: list[UserGrant], *, is_present: bool, lives: Mapping[str, float], usual: int
    ) -> "ApplicationView":
        """Show what was granted to one application; `lives` says how long tokens for a resource do, `usual` else."""
        payloads = [one.payload for one in grants]
        scopes = [name for one in payloads for name in str(one.openid.get("scope", "")).split()]
        resources = [indicator for one in payloads for indicator in one.resources]
        granted_at = max(one.iat for one in payloads) * 1000
        application = grants[0].application
        once = list(dict.fromkeys(scopes)), list(dict.fromkeys(resources))
        outlasts = max((int(lives.get(indicator, usual)) for indicator in resources), default=0)
        return cls(application.id, application.name, *once, granted_at, is_present, outlasts)


class ApplicationList(msgspec.Struct):
    """Every application that may do something for the caller, the one that was opened last first."""

    applications: list[ApplicationView]
