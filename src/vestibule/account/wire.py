"""Bodies of the settings API, in and out."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET

from vestibule.account.devices import device
from vestibule.account.permissions import PROVABLE, Method
from vestibule.client.models import Factor, PersonalAccessToken, Profile, User, UserGrant, UserSession
from vestibule.http.guard import Length, Maybe, Nullable, Range, Url, rule

Text128 = Annotated[str, rule(Length(maximum=128))]
Secret = Annotated[str, rule(Length(minimum=1, maximum=256))]
Avatar = Annotated[str, rule(Url(), Length(maximum=2048), or_empty=True)]
TokenName = Annotated[str, rule(Length(minimum=1, maximum=256))]
PasskeyName = Annotated[str, rule(Length(minimum=1, maximum=128))]
Moment = Annotated[int, rule(Range(minimum=1, maximum=8_640_000_000_000_000))]
Binding = Annotated[str, rule(Length(minimum=32, maximum=256))]
RedirectUri = Annotated[str, rule(Url(), Length(maximum=2048))]
Action = Literal[PROVABLE]  # type: ignore[valid-type]


class Account(msgspec.Struct, rename="camel"):
    """The caller's account."""

    id: str
    username: str | None
    email: str | None
    phone: str | None
    name: str | None
    avatar: str | None
    profile: Profile
    has_password: bool
    created_at: float
    last_sign_in_at: float | None

    @classmethod
    def of(cls, user: User) -> "Account":
        """Show a user to themselves."""
        return cls(
            user.id,
            user.username,
            user.primary_email,
            user.primary_phone,
            user.name,
            user.avatar,
            user.profile,
            user.has_password,
            user.created_at,
            user.last_sign_in_at,
        )


class AccountPatch(msgspec.Struct, rename="camel"):
    """Changes to the name and the picture; null or an empty text clears."""

    name: Maybe[Nullable[Text128]] = UNSET
    avatar: Maybe[Nullable[Avatar]] = UNSET


class ProfilePatch(Profile, rename="camel", omit_defaults=True):
    """Profile members to set; an empty text clears one. The address is replaced as a whole."""


class CustomDataPatch(msgspec.Struct, rename="camel"):
    """Custom data members to set."""

    custom_data: dict[str, Any]


class CustomData(msgspec.Struct, rename="camel"):
    """The custom data members that users may see and change."""

    custom_data: dict[str, Any]


class ProofRequest(msgspec.Struct, rename="camel"):
    """Start a proof: how, for which action, and for which new address."""

    method: Method
    action: Action
    target: Nullable[Text128] = None


class ProofVerification(msgspec.Struct, rename="camel"):
    """The password, or the code that was sent."""

    secret: Secret


class ProofView(msgspec.Struct, rename="camel"):
    """A proof as its owner sees it. Times are epoch ms; `target` is shown masked."""

    id: str
    method: str
    action: str
    status: Literal["pending", "verified"]
    expires_at: int
    target: str | None = None


class NewUsername(msgspec.Struct, rename="camel"):
    """The new user name."""

    username: Annotated[str, rule(Length(minimum=1, maximum=128))]


class NewEmail(msgspec.Struct, rename="camel"):
    """The new e-mail address."""

    email: Annotated[str, rule(Length(minimum=3, maximum=128))]


class NewPhone(msgspec.Struct, rename="camel"):
    """The new phone number, with its country calling code."""

    phone: Annotated[str, rule(Length(minimum=3, maximum=32))]


class NewPassword(msgspec.Struct, rename="camel"):
    """The new password."""

    password: Annotated[str, rule(Length(minimum=1, maximum=1024))]


class TokenView(msgspec.Struct, rename="camel"):
    """A personal access token without its value; times are epoch ms, None for never."""

    name: str
    created_at: float
    expires_at: float | None
    last_used_at: float | None

    @classmethod
    def of(cls, token: PersonalAccessToken) -> "TokenView":
        """Show a token to its owner."""
        return cls(token.name, token.created_at, token.expires_at, token.last_used_at)


class TokenList(msgspec.Struct):
    """Every personal access token of the caller, newest first."""

    tokens: list[TokenView]


class NewToken(msgspec.Struct, rename="camel"):
    """A token to create; `expires_at` in epoch ms, null for one that never ends."""

    name: TokenName
    expires_at: Nullable[Moment] = None


class TokenValue(msgspec.Struct, rename="camel"):
    """A new token with its value, which is shown this once."""

    name: str
    value: str
    created_at: float
    expires_at: float | None


class TokenRename(msgspec.Struct):
    """The new name."""

    name: TokenName


class FactorView(msgspec.Struct, rename="camel"):
    """A factor; times are ISO 8601, `remaining_codes` counts unused backup codes."""

    id: str
    type: str
    created_at: str
    last_used_at: str | None
    name: str | None
    remaining_codes: int | None

    @classmethod
    def of(cls, factor: Factor) -> "FactorView":
        """Show a factor to its owner."""
        return cls(
            factor.id, factor.type, factor.created_at, factor.last_used_at, factor.name or factor.agent,
            factor.remain_codes,
        )  # fmt: skip


class FactorChange(msgspec.Struct):
    """The session that goes on when a factor changes, as all others end; front ends know theirs by `sid` of the ID
    token."""

    keep: Maybe[Text128] = UNSET


class FactorRename(msgspec.Struct):
    """What a passkey is called from now on."""

    name: PasskeyName


class FactorList(msgspec.Struct):
    """Every factor of the caller."""

    factors: list[FactorView]


class TotpAsked(msgspec.Struct):
    """A seed to be shown once more; without one, a new one is made."""

    secret: Maybe[Secret] = UNSET


class TotpSecret(msgspec.Struct, rename="camel"):
    """A seed for an authenticator app, stored nowhere yet: as text, as `otpauth` address, and as a QR code."""

    secret: str
    address: str
    qr_code: str


class NewTotp(msgspec.Struct):
    """The seed, and a code that the app made of it."""

    secret: Secret
    code: Secret


class BackupCodes(msgspec.Struct):
    """New backup codes, shown this once."""

    codes: list[str]


class SessionView(msgspec.Struct, rename="camel"):
    """A session: where the person is signed in. Times are epoch ms.

    `browser` and `system` are names as people know them, None for what is not told; `ip` is that of the last use.
    """

    id: str
    browser: str | None
    system: str | None
    ip: str | None
    signed_in_at: float
    last_used_at: float
    expires_at: float

    @classmethod
    def of(cls, session: UserSession) -> "SessionView":
        """Show a session to its owner."""
        context = (session.last_submission or {}).get("signInContext")
        known = context if isinstance(context, dict) else {}
        user_agent, ip = known.get("userAgent"), known.get("ip")
        used = device(user_agent if isinstance(user_agent, str) else None)
        signed_in_at = session.payload.login_ts * 1000
        return cls(
            session.payload.uid,
            used.browser,
            used.system,
            ip if isinstance(ip, str) else None,
            signed_in_at,
            session.last_active_at or signed_in_at,
            session.expires_at,
        )


class SessionList(msgspec.Struct):
    """Every live session of the caller, the one that was used last first."""

    sessions: list[SessionView]


class DeviceView(msgspec.Struct, rename="camel"):
    """A browser in which no second factor is asked for until it ends; times are epoch ms, names as of a session."""

    id: str
    browser: str | None
    system: str | None
    trusted_at: float
    last_used_at: float
    expires_at: float

    @classmethod
    def of(
        cls, device_id: str, user_agent: str | None, trusted_at: float, last_used_at: float, expires_at: float
    ) -> "DeviceView":
        """Show a device to its owner."""
        used = device(user_agent)
        return cls(device_id, used.browser, used.system, trusted_at, last_used_at, expires_at)


class DeviceList(msgspec.Struct):
    """Every browser in which no second factor is asked for, the one that was trusted last first."""

    devices: list[DeviceView]


class ApplicationView(msgspec.Struct, rename="camel"):
    """An application that may do something for the caller, in whatever browsers it was opened.

    `scopes` are those about the caller, `resources` the indicators of what else it may use; `grantedAt` (epoch ms) is
    when it was opened last in a new one; `present` is the application that asks.
    """

    id: str
    name: str
    scopes: list[str]
    resources: list[str]
    granted_at: float
    present: bool

    @classmethod
    def of(cls, grants: list[UserGrant], *, is_present: bool) -> "ApplicationView":
        """Show what was granted to one application."""
        payloads = [one.payload for one in grants]
        scopes = [name for one in payloads for name in str(one.openid.get("scope", "")).split()]
        resources = [indicator for one in payloads for indicator in one.resources]
        granted_at = max(one.iat for one in payloads) * 1000
        application = grants[0].application
        once = list(dict.fromkeys(scopes)), list(dict.fromkeys(resources))
        return cls(application.id, application.name, *once, granted_at, is_present)


class ApplicationList(msgspec.Struct):
    """Every application that may do something for the caller, the one that was opened last first."""

    applications: list[ApplicationView]


class SessionKept(msgspec.Struct):
    """The session that goes on; front ends know theirs by `sid` of the ID token."""

    keep: Text128


class IdentityView(msgspec.Struct, rename="camel"):
    """Who the caller is at a provider, as the provider told it; an address is not vouched for by being shown."""

    target: str
    provider: str
    name: str | None
    email: str | None
    avatar: str | None
    can_disconnect: bool

    @classmethod
    def of(cls, target: str, provider: str, details: dict[str, Any], *, can_disconnect: bool = False) -> "IdentityView":
        """Show an identity to its owner; of pictures only web addresses."""
        avatar = _text(details, "avatar")
        shown = avatar if avatar and avatar.startswith(("https://", "http://")) else None
        email = _text(details, "email") or _text(details, "unverifiedEmail")
        return cls(target, provider, _text(details, "name"), email, shown, can_disconnect)


class ProviderView(msgspec.Struct):
    """A provider at which an account can be connected."""

    target: str
    provider: str


class IdentityList(msgspec.Struct):
    """Who the caller is elsewhere, where an account can be connected, and who they are at companies."""

    identities: list[IdentityView]
    available: list[ProviderView]
    enterprise: list[IdentityView]


class LinkAsked(msgspec.Struct, rename="camel"):
    """A link to start.

    `binding` is a secret of the client's own session with this person, to be given again at the end; `redirectUri` is
    the client's page to come back to, at this server or an origin of VESTIBULE_ACCOUNT_CORS_ORIGINS.
    """

    binding: Binding
    redirect_uri: Maybe[RedirectUri] = UNSET


class LinkStarted(msgspec.Struct, rename="camel"):
    """Where to send the browser, and until when (epoch ms) it must be back."""

    redirect_to: str
    expires_at: int


class LinkBack(msgspec.Struct, rename="camel"):
    """The same `binding`, and everything that the provider's redirect brought, `state` included."""

    binding: Binding
    connector_data: dict[str, Any]


def _text(details: dict[str, Any], name: str) -> str | None:
    value = details.get(name)
    return value if isinstance(value, str) and value else None
