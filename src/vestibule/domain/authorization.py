"""An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1) and what it asks for."""

import msgspec

OPENID, OFFLINE_ACCESS = "openid", "offline_access"
IDENTITY_SCOPES = (
    OPENID,
    OFFLINE_ACCESS,
    "profile",
    "email",
    "phone",
    "address",
    "custom_data",
    "identities",
    "roles",
    "urn:logto:scope:organizations",
    "urn:logto:scope:organization_roles",
    "urn:logto:scope:sessions",
    "urn:logto:scope:trusted_devices",
)
"""The scopes about the user, in the order of the discovery document; every other name is a scope of a resource."""

ADD_PASSKEY = "add-passkey"
"""A value of `vestibule_action`, a parameter of our own: the sign-in makes a passkey before it goes back."""

ORGANIZATIONS_RESOURCE = "urn:logto:resource:organizations"
"""A marker that SDKs send among the resources; it names no row."""


class AuthorizationParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parameters we know; others are ignored (RFC 6749 section 3.1)."""

    client_id: str = ""
    response_type: str | None = None
    redirect_uri: str = ""
    redirect_uri_sent: bool = False
    scope: str = ""
    resource: tuple[str, ...] = ()
    state: str | None = None
    nonce: str | None = None
    prompt: str = ""
    max_age: str | None = None
    response_mode: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    login_hint: str | None = None
    ui_locales: str | None = None
    id_token_hint: str | None = None
    request: str | None = None
    request_uri: str | None = None
    interaction_mode: str | None = None
    first_screen: str | None = None
    direct_sign_in: str | None = None
    organization_id: str | None = None
    identifier: str | None = None
    one_time_token: str | None = None
    vestibule_action: str | None = None

    @property
    def prompts(self) -> frozenset[str]:
        """The values of `prompt`."""
        return frozenset(self.prompt.split())

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes asked for, once each, in order; `offline_access` counts only with `prompt=consent`."""
        asked = dict.fromkeys(self.scope.split())
        if "consent" not in self.prompts:
            asked.pop(OFFLINE_ACCESS, None)
        return tuple(asked)


def identity_scopes(scopes: tuple[str, ...] | list[str]) -> list[str]:
    """Return those scopes that are about the user."""
    return [scope for scope in scopes if scope in IDENTITY_SCOPES]
