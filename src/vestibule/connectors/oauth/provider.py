"""What a provider is to the engine: a record of addresses, parameters, and where in its answers a person stands.

Parameters are written in the order in which they are sent, each in one of these forms:

    state                   a value of the flow, under its own name
    appid=$appId            a value of the configuration
    prompt=consent          a fixed text; `+` in it is a space
    access_type=offline?offlineAccess       only when the configuration says so, or a scope of this name is asked for

A parameter without a value is left out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vestibule.connectors.factory import Platform
from vestibule.connectors.oauth.calls import Encoding, Json
from vestibule.connectors.oauth.fields import CLIENT, TRUST, Field
from vestibule.connectors.oauth.profile import VOUCHED
from vestibule.errors import AppError, ConnectorGeneral

if TYPE_CHECKING:
    from vestibule.connectors.oauth.engine import Exchange

AUTHORIZE, TOKEN, USERINFO, JWKS, ISSUER = (
    "authorizationEndpoint",
    "tokenEndpoint",
    "userInfoEndpoint",
    "jwksUri",
    "issuer",
)
RENEWAL = "grant_type=refresh_token refresh_token"
CHECKED = "idTokenVerificationConfig"
"""The field that says how ID tokens are checked."""
_LABELS = {
    AUTHORIZE: "Authorization endpoint",
    TOKEN: "Token endpoint",
    USERINFO: "User info endpoint",
    JWKS: "Signing keys (JWKS)",
    ISSUER: "Issuer",
}

REDEEM = "grant_type=authorization_code code redirect_uri client_id=$clientId client_secret=$clientSecret"
"""How most providers take a code."""

Need = Literal["redirectUri", "nonce", "verifier"]
"""What has to be remembered between the authorization request and the callback."""


@dataclass(frozen=True, kw_only=True)
class ProfileCall:
    """One request for the profile: which address, how the token goes along, and under which name the answer is kept.

    `carried`: `bearer`, `typed` (under the type that came with it), `query` (as `access_token`), the name of
    a header, or nothing where `params` carry it.
    """

    address: str = USERINFO
    method: str = "GET"
    carried: str = "bearer"
    params: str = ""
    into: str = ""
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Codes:
    """Errors that a provider tells inside an answer of status 200: in which member, and which codes mean what."""

    member: str
    message: str
    good: Sequence[object] = (0, None)
    code_invalid: Sequence[object] = ()
    token_invalid: Sequence[object] = ()


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A social provider. `endpoints` are the addresses by the keys under which a configuration can override them;
    `{key}` in one is a value of the configuration. `claims` says where a person stands (see mapping.py)."""

    id: str
    target: str
    name: str
    endpoints: Mapping[str, str]
    claims: Mapping[str, str]
    about: str = ""
    colour: str = "#4f5bd5"
    platform: Platform = "Universal"
    is_standard: bool = False
    keeps_tokens: bool = False
    """Whether its tokens can be kept for later calls in a person's name."""
    fields: Sequence[Field] = CLIENT

    authorize: str = "client_id=$clientId redirect_uri response_type=code scope state"
    authorize_more: str = ""
    """A field whose members are added to the authorization request."""
    scope: str = ""
    scope_needs: str = ""
    scope_key: str = "scope"
    fragment: str = ""

    in_app: tuple[str, str] | None = None
    """A word of a browser's name, and the address that takes the place of the authorization endpoint there."""

    needs: Sequence[Need] = ()
    takes_verifier: bool = False
    """Whether a PKCE challenge is sent wherever its verifier can be remembered; it works without one, too."""
    is_alone: bool = False
    """Whether a callback can be exchanged without what was remembered, although the request remembers something."""
    callback: str = "code redirectUri"
    instead: str = ""
    """A member of a callback that stands for all of `callback`."""
    incomplete: type[AppError] = ConnectorGeneral

    redeem: str = REDEEM
    redeem_method: str = "POST"
    redeem_encoding: Encoding = "form"
    redeem_basic: bool = False
    authenticate: "Callable[[Exchange], tuple[dict[str, str], dict[str, str]]] | None" = None
    """Says by which parameters and headers a client shows itself, where that is configured."""
    renew: str = ""
    """What is sent for a new access token; empty where a provider renews none, or none of its tokens are kept."""
    renew_basic: bool = False
    prolong: str = ""
    """What is sent with a fresh access token for one that lives longer, before it is kept."""
    issued: str = "access_token"
    code_decoded: bool = False
    """Whether the code may still be percent-encoded: it holds a slash, and programs pass on what they got."""
    answers_form: bool = False
    prefix: str = ""

    profile: Sequence[ProfileCall] = (ProfileCall(),)
    token_invalid_status: int = 401
    codes: Codes | None = None
    shape: Callable[[Json, object], Json] | None = None
    """Puts what was told under the names that `claims` read; also given the value of the field `shaped_by`."""
    shaped_by: str = ""
    learn: "Callable[[Exchange], Awaitable[Json]] | None" = None

    @property
    def has_verifier(self) -> bool:
        """Whether a flow is held together by PKCE, where what it began with is remembered."""
        return "verifier" in self.needs or self.takes_verifier

    def all_fields(self) -> list[Field]:
        """Return the fields of a configuration: the provider's own, its addresses, and whom to believe."""
        own = {one.key for one in self.fields}
        places = [
            Field(key, _LABELS.get(key, key), hint=url, is_address=key != ISSUER)
            for key, url in self.endpoints.items()
            if url.startswith(("https:", "{"))
        ]
        trust = [TRUST] if "email" in self.claims and self.claims.get("email_verified") != VOUCHED else []
        return [*self.fields, *(one for one in (*places, *trust) if one.key not in own)]
