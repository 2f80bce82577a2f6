"""Providers that people everywhere have accounts with: records."""

from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.oauth.engine import Exchange, by_userinfo
from vestibule.connectors.oauth.fields import CLIENT, CLIENT_ID, CLIENT_SECRET, Field
from vestibule.connectors.oauth.profile import VOUCHED
from vestibule.connectors.oauth.provider import (
    AUTHORIZE,
    ISSUER,
    JWKS,
    REDEEM,
    RENEWAL,
    TOKEN,
    USERINFO,
    ProfileCall,
    Provider,
)
from vestibule.errors import ConnectorAuthorizationFailed, ConnectorInvalidResponse

OIDC_CLAIMS = {
    "id": "sub",
    "name": "name",
    "avatar": "picture",
    "email": "email",
    "email_verified": "email_verified",
}
PROMPTS = Field("prompts", "Prompts", "MultiSelect", choices=("none", "login", "consent", "select_account"))
OLD_FORM = "response_type=code client_id=$clientId redirect_uri scope state"
PKCE = "code_challenge code_challenge_method"
WITH_VERIFIER = f"{REDEEM} code_verifier"


async def by_credential(flow: Exchange) -> Json:
    """Learn who it is from the ID token that Google One Tap hands to a page, else as usual."""
    credential = flow.data.get("credential")
    return await flow.shown_claims(credential, nonce=None) if credential else await by_userinfo(flow)


async def by_id_token(flow: Exchange) -> Json:
    """Learn who it is from the ID token that comes with the access token."""
    return await flow.claims((await flow.token()).get("id_token"), nonce=None)


def primary_address(told: Json, _: object) -> Json:
    """Take GitHub's address from the list that says which are verified; the public one may be anybody's.

    Of the public one the list may say no, which an operator does not overrule.
    """
    listed = told.get("userEmails")
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    proven = [one.get("email") for one in entries if one.get("primary") is True and one.get("verified") is True]
    public = {name: value for name, value in told.items() if name != "userEmails"}
    user = told.get("userInfo")
    shown = user.get("email") if isinstance(user, dict) else None
    denied = [one.get("email") for one in entries if one.get("verified") is not True]
    said = True if proven else False if shown in denied else None
    return {**public, "email": proven[0] if proven else shown, "email_verified": said}


GOOGLE = Provider(
    id="google-universal",
    target="google",
    name="Google",
    keeps_tokens=True,
    renew=RENEWAL,
    renew_basic=True,
    colour="#1a73e8",
    endpoints={
        AUTHORIZE: "https://accounts.google.com/o/oauth2/v2/auth",
        TOKEN: "https://oauth2.googleapis.com/token",
        USERINFO: "https://openidconnect.googleapis.com/v1/userinfo",
        JWKS: "https://www.googleapis.com/oauth2/v3/certs",
        ISSUER: "https://accounts.google.com accounts.google.com",
    },
    fields=(
        *CLIENT,
        PROMPTS,
        Field("offlineAccess", "Ask for a refresh token", "Switch"),
        Field("oneTap", "Google One Tap", "Json"),
    ),
    authorize="client_id=$clientId redirect_uri response_type=code state scope prompt=$prompts "
    f"access_type=offline?offlineAccess {PKCE}",
    scope="openid profile email",
    takes_verifier=True,
    redeem=WITH_VERIFIER,
    code_decoded=True,
    instead="credential",
    profile=(ProfileCall(method="POST"),),
    claims=OIDC_CLAIMS,
    learn=by_credential,
)

GITHUB = Provider(
    id="github-universal",
    target="github",
    name="GitHub",
    keeps_tokens=True,
    renew=f"client_id=$clientId client_secret=$clientSecret {RENEWAL}",
    colour="#24292f",
    endpoints={
        AUTHORIZE: "https://github.com/login/oauth/authorize",
        TOKEN: "https://github.com/login/oauth/access_token",
        USERINFO: "https://api.github.com/user",
        "emailsEndpoint": "https://api.github.com/user/emails",
    },
    authorize=f"client_id=$clientId redirect_uri state scope {PKCE}",
    scope="read:user user:email",
    takes_verifier=True,
    callback="code",
    redeem="client_id=$clientId client_secret=$clientSecret code code_verifier",
    profile=(
        ProfileCall(into="userInfo"),
        ProfileCall(address="emailsEndpoint", into="userEmails", optional=True),
    ),
    shape=primary_address,
    claims={
        "id": "userInfo.id",
        "name": "userInfo.name",
        "avatar": "userInfo.avatar_url",
        "email": "email",
        "email_verified": "email_verified",
    },
)

FACEBOOK = Provider(
    id="facebook-universal",
    target="facebook",
    name="Facebook",
    keeps_tokens=True,
    colour="#0866ff",
    endpoints={
        AUTHORIZE: "https://www.facebook.com/v13.0/dialog/oauth",
        TOKEN: "https://graph.facebook.com/v13.0/oauth/access_token",
        USERINFO: "https://graph.facebook.com/v13.0/me",
    },
    authorize="client_id=$clientId redirect_uri response_type=code state scope",
    scope="email,public_profile",
    incomplete=ConnectorInvalidResponse,
    redeem="code client_id=$clientId client_secret=$clientSecret redirect_uri",
    redeem_method="GET",
    redeem_encoding="query",
    prolong="grant_type=fb_exchange_token client_id=$clientId client_secret=$clientSecret "
    "fb_exchange_token=$access_token",
    profile=(ProfileCall(params="fields=id,name,email,picture"),),
    token_invalid_status=400,
    claims={"id": "id", "name": "name", "avatar": "picture.data.url", "email": "email"},
)

AZUREAD = Provider(
    id="azuread-universal",
    target="azuread",
    name="Microsoft",
    colour="#0067b8",
    about="People who have an account with Microsoft: of an organisation (Entra ID), or their own.",
    endpoints={
        AUTHORIZE: "{cloudInstance}/{tenantId}/oauth2/v2.0/authorize",
        TOKEN: "{cloudInstance}/{tenantId}/oauth2/v2.0/token",
        USERINFO: "https://graph.microsoft.com/v1.0/me",
    },
    fields=(
        CLIENT_ID,
        CLIENT_SECRET,
        Field("cloudInstance", "Cloud instance", required=True, hint="https://login.microsoftonline.com"),
        Field("tenantId", "Tenant ID", required=True, description="`common` for every account of Microsoft's."),
        PROMPTS,
        Field("scopes", "Scopes", "MultilineText"),
    ),
    authorize="client_id=$clientId scope redirect_uri response_mode=query response_type=code prompt=$prompts state "
    f"{PKCE}",
    scope_key="scopes",
    scope_needs="User.Read openid profile offline_access",
    takes_verifier=True,
    redeem="client_id=$clientId redirect_uri scope code client_secret=$clientSecret grant_type=authorization_code "
    "code_verifier",
    claims={"id": "id", "name": "displayName", "email": "mail"},
)

DISCORD = Provider(
    id="discord-universal",
    target="discord",
    name="Discord",
    colour="#5865f2",
    endpoints={
        AUTHORIZE: "https://discord.com/oauth2/authorize",
        TOKEN: "https://discord.com/api/v10/oauth2/token",
        USERINFO: "https://discord.com/api/v10/users/@me",
    },
    authorize=f"client_id=$clientId redirect_uri response_type=code scope state {PKCE}",
    scope="identify email",
    takes_verifier=True,
    redeem=WITH_VERIFIER,
    claims={
        "id": "id",
        "name": "username",
        "avatar": "https://cdn.discordapp.com/avatars/{id}/{avatar} if avatar",
        "email": "email",
        "email_verified": "verified",
    },
)

GITLAB = Provider(
    id="gitlab-universal",
    target="gitlab",
    name="GitLab",
    colour="#e24329",
    endpoints={
        AUTHORIZE: "https://gitlab.com/oauth/authorize",
        TOKEN: "https://gitlab.com/oauth/token",
        USERINFO: "https://gitlab.com/oauth/userinfo",
    },
    authorize="response_type=code client_id=$clientId scope redirect_uri state",
    scope_needs="openid",
    needs=("redirectUri",),
    callback="code",
    incomplete=ConnectorAuthorizationFailed,
    redeem="grant_type=authorization_code code redirect_uri",
    redeem_basic=True,
    profile=(ProfileCall(carried="typed"),),
    claims=OIDC_CLAIMS,
)

LINKEDIN = Provider(
    id="linkedin-universal",
    target="linkedin",
    name="LinkedIn",
    colour="#0a66c2",
    endpoints={
        AUTHORIZE: "https://www.linkedin.com/oauth/v2/authorization",
        TOKEN: "https://www.linkedin.com/oauth/v2/accessToken",
        USERINFO: "https://api.linkedin.com/v2/userinfo",
    },
    authorize=OLD_FORM,
    scope="openid profile email",
    needs=("redirectUri",),
    callback="code",
    claims=OIDC_CLAIMS,
)

SLACK = Provider(
    id="slack-universal",
    target="slack",
    name="Slack",
    colour="#4a154b",
    endpoints={
        AUTHORIZE: "https://slack.com/openid/connect/authorize",
        TOKEN: "https://slack.com/api/openid.connect.token",
        JWKS: "https://slack.com/openid/connect/keys",
        ISSUER: "https://slack.com",
    },
    authorize=OLD_FORM,
    scope="openid profile email",
    needs=("redirectUri",),
    claims=OIDC_CLAIMS,
    learn=by_id_token,
)

X = Provider(
    id="x-universal",
    target="x",
    name="X",
    colour="#0f1419",
    endpoints={
        AUTHORIZE: "https://twitter.com/i/oauth2/authorize",
        TOKEN: "https://api.twitter.com/2/oauth2/token",
        USERINFO: "https://api.twitter.com/2/users/me",
    },
    authorize=f"{OLD_FORM} {PKCE}",
    scope="tweet.read users.read",
    needs=("verifier",),
    redeem="grant_type=authorization_code code redirect_uri client_id=$clientId code_verifier",
    redeem_basic=True,
    profile=(ProfileCall(carried="typed", params="user.fields=confirmed_email?users.email"),),
    claims={"id": "data.id", "name": "data.name", "email": "data.confirmed_email", "email_verified": VOUCHED},
)

AMAZON = Provider(
    id="amazon-universal",
    target="amazon",
    name="Amazon",
    colour="#b45309",
    endpoints={
        AUTHORIZE: "https://www.amazon.com/ap/oa",
        TOKEN: "https://api.amazon.com/auth/o2/token",
        USERINFO: "https://api.amazon.com/user/profile",
    },
    authorize=OLD_FORM,
    scope="profile",
    needs=("redirectUri",),
    callback="code",
    claims={"id": "user_id", "name": "name", "email": "email"},
)

PATREON = Provider(
    id="patreon-universal",
    target="patreon",
    name="Patreon",
    colour="#c2410c",
    endpoints={
        AUTHORIZE: "https://www.patreon.com/oauth2/authorize",
        TOKEN: "https://www.patreon.com/api/oauth2/token",
        USERINFO: "https://www.patreon.com/api/oauth2/api/current_user",
    },
    authorize="response_type=code client_id=$clientId scope redirect_uri state",
    scope="identity identity[email]",
    needs=("redirectUri",),
    callback="code",
    incomplete=ConnectorAuthorizationFailed,
    redeem="grant_type=authorization_code code redirect_uri",
    redeem_basic=True,
    profile=(ProfileCall(carried="typed"),),
    claims={
        "id": "data.id",
        "name": "data.attributes.full_name",
        "avatar": "data.attributes.image_url",
        "email": "data.attributes.email",
        "email_verified": "data.attributes.is_email_verified",
    },
)

HUGGINGFACE = Provider(
    id="huggingface-universal",
    target="huggingface",
    name="Hugging Face",
    colour="#b7791f",
    endpoints={
        AUTHORIZE: "https://huggingface.co/oauth/authorize",
        TOKEN: "https://huggingface.co/oauth/token",
        USERINFO: "https://huggingface.co/oauth/userinfo",
    },
    authorize="response_type=code client_id=$clientId scope redirect_uri state",
    scope="profile",
    needs=("redirectUri",),
    callback="code",
    incomplete=ConnectorAuthorizationFailed,
    redeem="grant_type=authorization_code code redirect_uri",
    redeem_basic=True,
    profile=(ProfileCall(carried="typed"),),
    claims=OIDC_CLAIMS,
)

PROVIDERS = (
    GOOGLE,
    GITHUB,
    FACEBOOK,
    AZUREAD,
    DISCORD,
    GITLAB,
    LINKEDIN,
    SLACK,
    X,
    AMAZON,
    PATREON,
    HUGGINGFACE,
)
