"""A company's OpenID provider, as a record of the one OAuth engine that its own description fills in.

Who it is comes from the ID token, which must be signed by the provider and carry the nonce of this sign-in (B72); what
the user-info endpoint adds must be about the same subject (OpenID Connect Core section 5.3.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from vestibule.connectors.oauth import engine, renewal
from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.oauth.engine import Exchange, Handshake
from vestibule.connectors.oauth.fields import Config
from vestibule.connectors.oauth.oidc import TENANT, Metadata, discover
from vestibule.connectors.oauth.profile import Profile
from vestibule.connectors.oauth.provider import AUTHORIZE, ISSUER, JWKS, RENEWAL, TOKEN, USERINFO, ProfileCall, Provider
from vestibule.connectors.outgoing import Outgoing
from vestibule.connectors.sso.providers import EntraConfig, GoogleConfig, OpenIdConfig
from vestibule.errors import ConnectorInvalidResponse, SocialIdTokenInvalid

BASIC_SCOPES = ("openid", "profile", "email")
MAX_ID, MAX_ISSUER = 128, 256
OWNER, HOSTED, SAYS_OWNER = "xms_edov", "hd", "saysOwner"
"""Claims of Microsoft (optional: the owner of an address's domain was verified) and of Google (the account belongs to
an organization), and where it is kept which of them a provider makes."""
PROTOCOL = frozenset({"iss", "aud", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "azp", "jti", "auth_time"})
"""Claims about the token, not about the person."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who came back from a company: `issuer` and `profile.id` say who it is, `detail` is what is kept and shown.

    `tokens` are the provider's, as it gave them.
    """

    issuer: str
    profile: Profile
    detail: Json
    tokens: Json = field(default_factory=dict)


def scope_of(config: OpenIdConfig) -> str:
    """Return what is asked for: the three scopes that say who it is, and those of the configuration."""
    more = config.scope.split() if isinstance(config.scope, str) else []
    return " ".join(dict.fromkeys([*BASIC_SCOPES, *more]))


async def begin(outgoing: Outgoing, config: OpenIdConfig, handshake: Handshake) -> str:
    """Return the address to send the browser to; raises ConnectorGeneral, ConnectorInvalidResponse."""
    told = await discover(outgoing, config.issuer, tenants=isinstance(config, EntraConfig))
    return engine.authorization_uri(COMPANY, _filled(config, told), handshake)


async def finish(
    outgoing: Outgoing, config: OpenIdConfig, data: Mapping[str, object], handshake: Handshake, now: int
) -> Person:
    """Exchange a callback for a person at `now` (epoch ms); raises the connector errors."""
    told = await discover(outgoing, config.issuer, tenants=isinstance(config, EntraConfig))
    outcome = await engine.finish(outgoing, COMPANY, _filled(config, told), data, handshake, now)
    claims = outcome.profile.raw if isinstance(outcome.profile.raw, dict) else {}
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or len(issuer) > MAX_ISSUER or len(outcome.profile.id) > MAX_ID:
        raise ConnectorInvalidResponse(data={"message": "The names of the provider or the person are too long."})
    more = {engine_name(name): value for name, value in claims.items() if name not in PROTOCOL | KNOWN}
    known = msgspec.to_builtins(outcome.profile.details())
    known.pop("rawData", None)
    return Person(issuer=issuer, profile=outcome.profile, detail={**more, **known}, tokens=outcome.tokens)


async def renew(outgoing: Outgoing, config: OpenIdConfig, refresh_token: str, now: int) -> Json:
    """Exchange a refresh token for new tokens at `now` (epoch ms); raises the connector errors."""
    told = await discover(outgoing, config.issuer, tenants=isinstance(config, EntraConfig))
    return await renewal.renew(outgoing, COMPANY, _filled(config, told), refresh_token, now)


KNOWN = frozenset({"sub", "name", "picture", "email", "email_verified", "phone_number", "phone_number_verified"})
"""Claims that a profile has under names of its own."""


def engine_name(name: str) -> str:
    """Return `given_name` as `givenName`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _filled(config: OpenIdConfig, told: Metadata) -> Config:
    google = config if isinstance(config, GoogleConfig) else None
    offline = google is not None and google.offline_access is True
    prompt = "" if google is None else "consent select_account" if offline else "select_account"
    filled: Config = {
        "clientId": config.client_id,
        "clientSecret": config.client_secret,
        "scope": scope_of(config),
        # Of many tenants, any may say any address.
        "trustUnverifiedEmail": config.trust_unverified_email and TENANT not in told.issuer,
        "prompt": prompt,
        "accessType": "offline" if offline else "",
        "includeGrantedScopes": "" if google is None else "true",
        AUTHORIZE: told.authorization_endpoint,
        TOKEN: told.token_endpoint,
        JWKS: told.jwks_uri,
        ISSUER: told.issuer,
        engine.NAMES_ISSUER: told.names_issuer,
        SAYS_OWNER: OWNER if isinstance(config, EntraConfig) else HOSTED if google else "",
    }
    return filled if told.userinfo_endpoint is None else {**filled, USERINFO: told.userinfo_endpoint}


async def _by_id_token(flow: Exchange) -> Json:
    """Learn who it is from the ID token; what user info adds takes its place, but never says who it is."""
    tokens = await flow.token()
    nonce = flow.handshake.nonce if flow.handshake else ""
    claims = await flow.claims(tokens.get("id_token"), nonce=nonce)
    if flow.data.get("iss", claims["iss"]) not in {claims["iss"], flow.config[ISSUER]}:
        raise SocialIdTokenInvalid(data={"message": "The ID token and the callback are from two tenants."})
    claims = _with_owner(claims, flow.config.get(SAYS_OWNER))
    if USERINFO not in flow.config:
        return claims
    told = _with_owner(await flow.ask(ProfileCall()), flow.config.get(SAYS_OWNER))
    if told.get("sub") != claims.get("sub"):
        raise SocialIdTokenInvalid(data={"message": "The ID token and the user info are about two people."})
    merged = {**claims, **told, "iss": claims["iss"]}
    for address in ("email", "phone_number"):
        # What is said of an address counts for the address that it was said with.
        source = claims if claims.get(address) else told
        for name in (address, f"{address}_verified"):
            merged.pop(name, None)
            if name in source:
                merged[name] = source[name]
    return merged


def _with_owner(claims: Json, claim: object) -> Json:
    """Read what Microsoft and Google say of the owner of an address's domain; `email_verified` has to be a yes as well.

    Microsoft says only this. Google verifies the address of a private account once, when it is made: whoever left a
    company, or had an address before somebody else, keeps it. Only an organization's accounts have the claim `hd`.
    """
    if claim == OWNER and OWNER in claims:
        is_owned = claims[OWNER] in (True, "1", "true")
    elif claim == HOSTED:
        is_owned = isinstance(claims.get(HOSTED), str) and claims[HOSTED] != ""
    else:
        return claims
    return {**claims, "email_verified": claims.get("email_verified", claim == OWNER or None) if is_owned else False}


COMPANY = Provider(
    id="sso",
    target="sso",
    name="Company",
    endpoints={},
    is_standard=True,
    claims={
        "id": "sub",
        "name": "name",
        "avatar": "picture",
        "email": "email",
        "email_verified": "email_verified",
        "phone": "phone_number",
        "phone_verified": "phone_number_verified",
    },
    authorize="response_type=code client_id=$clientId scope redirect_uri state nonce code_challenge "
    "code_challenge_method=S256 prompt=$prompt access_type=$accessType include_granted_scopes=$includeGrantedScopes",
    needs=("redirectUri", "nonce", "verifier"),
    callback="code",
    redeem="grant_type=authorization_code code redirect_uri code_verifier",
    redeem_basic=True,
    renew=RENEWAL,
    renew_basic=True,
    learn=_by_id_token,
)
