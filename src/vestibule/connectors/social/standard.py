"""The two providers that an operator describes: any OAuth 2.0 server with a profile, any OpenID provider."""

import msgspec
from joserfc import jws
from joserfc.jwk import OctKey

from vestibule.connectors.oauth import limits
from vestibule.connectors.oauth.calls import Json, basic
from vestibule.connectors.oauth.engine import Exchange, custom_fields
from vestibule.connectors.oauth.fields import CLIENT_ID, CLIENT_SECRET, SCOPE, TRUST, Field
from vestibule.connectors.oauth.mapping import at, value_of
from vestibule.connectors.oauth.places import issuers_of
from vestibule.connectors.oauth.provider import (
    AUTHORIZE,
    CHECKED,
    ISSUER,
    RENEWAL,
    TOKEN,
    USERINFO,
    ProfileCall,
    Provider,
)
from vestibule.crypto import new_id
from vestibule.errors import ConnectorInvalidConfig, SocialIdTokenInvalid

ASSERTION_SECONDS = 600
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
POST, BASIC, JWT = "client_secret_post", "client_secret_basic", "client_secret_jwt"

SHARED = (
    Field(AUTHORIZE, "Authorization endpoint", required=True, is_address=True),
    Field(TOKEN, "Token endpoint", required=True, is_address=True),
    CLIENT_ID,
    CLIENT_SECRET,
    Field("tokenEndpointAuthMethod", "Client authentication", "Select", choices=(POST, BASIC, JWT), default=POST),
    Field(
        "clientSecretJwtSigningAlgorithm",
        "Signature of the client's assertion",
        "Select",
        choices=("HS256", "HS384", "HS512"),
        default="HS256",
    ),
    Field("responseType", "Response type", "Select", choices=("code",)),
    Field("grantType", "Grant type", "Select", choices=("authorization_code",)),
    Field("customConfig", "Further parameters", "Json"),
    TRUST,
)
MAPPED = ("id", "email", "phone", "name", "avatar")


def authenticate(flow: Exchange) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parameters and headers by which the client shows itself, as configured."""
    config, client_id, secret = flow.config, str(flow.config["clientId"]), str(flow.config["clientSecret"])
    method, headers, more = config["tokenEndpointAuthMethod"], dict[str, str](), custom_fields(config)
    if method == BASIC:
        headers["authorization"] = basic(client_id, secret)
    elif method == JWT:
        more |= {"client_id": client_id, "client_assertion_type": JWT_BEARER, "client_assertion": _assertion(flow)}
    else:
        more |= {"client_id": client_id, "client_secret": secret}
    return more, headers


async def redeem(flow: Exchange) -> Json:
    """Exchange the code with the client authentication that is configured."""
    return await flow.token(*authenticate(flow))


def _assertion(flow: Exchange) -> str:
    """Return a signed statement that this is the client (OpenID Connect Core section 9)."""
    algorithm, client_id, now = str(flow.config["clientSecretJwtSigningAlgorithm"]), flow.config["clientId"], flow.now
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": flow.endpoint(TOKEN),
        "jti": new_id(),
        "iat": now // 1000,
        "exp": now // 1000 + ASSERTION_SECONDS,
    }
    key = OctKey.import_key(str(flow.config["clientSecret"]))
    return jws.serialize_compact(
        {"alg": algorithm, "typ": "JWT"}, msgspec.json.encode(claims), key, algorithms=[algorithm]
    )


async def by_mapped_profile(flow: Exchange) -> Json:
    """Learn who it is from the profile that a token opens."""
    await redeem(flow)
    return await flow.ask(flow.provider.profile[0])


async def by_signed_token(flow: Exchange) -> Json:
    """Learn who it is from the ID token, which must answer this request."""
    checked = flow.config[CHECKED]
    jwks_uri = checked.get("jwksUri") if isinstance(checked, dict) else None
    if not isinstance(jwks_uri, str):
        raise ConnectorInvalidConfig(data={"message": "`idTokenVerificationConfig.jwksUri` is missing."})
    if not issuers_of(flow.provider, flow.config):
        # Keys can be shared by many issuers: they alone do not tell who wrote.
        raise ConnectorInvalidConfig(data={"message": "`idTokenVerificationConfig.issuer` is missing."})
    told = await redeem(flow)
    if flow.handshake is None:
        raise SocialIdTokenInvalid
    return await flow.claims(told.get("id_token"), nonce=flow.handshake.nonce, jwks_uri=jwks_uri)


def mapped(told: Json, paths: object) -> Json:
    """Return a profile under our names, read at configured paths; what is not configured has its usual name."""
    given = paths if isinstance(paths, dict) else {}
    found = {name: value_of(told, str(given.get(name, name))) for name in MAPPED}
    return {**found, "email_verified": _vouching(told, str(given.get("email", "email")))}


def _vouching(told: Json, path: str) -> object:
    """Return the claim that vouches for the address at a path: the one beside it, where it is called as in OpenID.

    A claim at the top speaks for the address there, which need not be the one that an operator has mapped.
    """
    place, _, name = path.rpartition(".")
    return at(told, f"{place}.email_verified".lstrip(".")) if name == "email" else None


def with_phone(told: Json, _: object) -> Json:
    """Read the phone number under its standard name (OpenID Connect Core 5.1), and under the one older servers use."""
    number, verified = told.get("phone_number"), told.get("phone_number_verified")
    return {**told, "phone": number, "phone_verified": verified} if number else told


OAUTH2 = Provider(
    id="oauth2",
    target="oauth2",
    name="OAuth 2.0",
    about="People whom a server of your choice knows: OAuth 2.0 with a profile behind the token.",
    is_standard=True,
    keeps_tokens=True,
    authenticate=authenticate,
    renew=RENEWAL,
    endpoints={},
    fields=(
        *SHARED[:2],
        Field(USERINFO, "User info endpoint", required=True, is_address=True),
        *SHARED[2:],
        SCOPE,
        Field(
            "tokenEndpointResponseType",
            "Format of the token answer",
            "Select",
            choices=("query-string", "json"),
            default="query-string",
            description="Read as what it is, whatever stands here.",
        ),
        Field("profileMap", "Where the profile has id, email, phone, name and avatar", "Json"),
        Field(ISSUER, "Issuer, where the server names itself in callbacks"),
    ),
    authorize="response_type=code client_id=$clientId scope redirect_uri state code_challenge "
    "code_challenge_method=S256",
    needs=("redirectUri", "verifier"),
    callback="code",
    redeem="grant_type=authorization_code code redirect_uri code_verifier",
    answers_form=True,
    profile=(ProfileCall(carried="typed"),),
    shape=mapped,
    shaped_by="profileMap",
    claims={
        "id": "id",
        "name": "name",
        "avatar": "avatar",
        "email": "email",
        "phone": "phone",
        "email_verified": "email_verified",
    },
    learn=by_mapped_profile,
)

OIDC = Provider(
    id="oidc",
    target="oidc",
    name="OpenID Connect",
    about="People whom an OpenID provider of your choice knows.",
    is_standard=True,
    keeps_tokens=True,
    authenticate=authenticate,
    renew=RENEWAL,
    endpoints={},
    fields=(
        *SHARED,
        Field("scope", "Scope", "MultilineText", required=True, hint="openid profile email"),
        Field(
            CHECKED,
            "How ID tokens are checked",
            "Json",
            required=True,
            hint={"jwksUri": "", "issuer": ""},
            fault=limits.fault,
        ),
        Field("authRequestOptionalConfig", "Further parameters of the authorization request", "Json"),
        Field("acceptStringTypedBooleanClaims", "Accept true and false as texts", "Switch"),
    ),
    authorize="response_type=code client_id=$clientId scope redirect_uri state nonce code_challenge "
    "code_challenge_method=S256",
    authorize_more="authRequestOptionalConfig",
    scope_needs="openid",
    needs=("redirectUri", "nonce", "verifier"),
    callback="code",
    redeem="grant_type=authorization_code code redirect_uri code_verifier",
    shape=with_phone,
    claims={
        "id": "sub",
        "name": "name",
        "avatar": "picture",
        "email": "email",
        "email_verified": "email_verified",
        "phone": "phone",
        "phone_verified": "phone_verified",
    },
    learn=by_signed_token,
)

PROVIDERS = (OAUTH2, OIDC)
