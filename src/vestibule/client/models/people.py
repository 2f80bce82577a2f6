"""Users and what belongs to each: tokens, factors, sessions, grants. Times are epoch milliseconds."""

from typing import Any

import msgspec


class Address(msgspec.Struct, rename="camel", omit_defaults=True):
    """A postal address; every part is optional."""

    formatted: str | None = None
    street_address: str | None = None
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Profile(msgspec.Struct, rename="camel", omit_defaults=True):
    """The standard OpenID Connect claims that are not columns of their own."""

    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    nickname: str | None = None
    preferred_username: str | None = None
    profile: str | None = None
    website: str | None = None
    gender: str | None = None
    birthdate: str | None = None
    zoneinfo: str | None = None
    locale: str | None = None
    address: Address | None = None


class User(msgspec.Struct, rename="camel", kw_only=True):
    """An account."""

    id: str
    username: str | None = None
    primary_email: str | None = None
    primary_phone: str | None = None
    name: str | None = None
    avatar: str | None = None
    custom_data: dict[str, Any] = {}
    identities: dict[str, Any] = {}
    last_sign_in_at: int | None = None
    created_at: int = 0
    updated_at: int = 0
    profile: Profile = msgspec.field(default_factory=Profile)
    application_id: str | None = None
    is_suspended: bool = False
    has_password: bool = False


class HasPassword(msgspec.Struct, rename="camel"):
    """Whether a user has a password."""

    has_password: bool


class PersonalAccessToken(msgspec.Struct, rename="camel", kw_only=True):
    """A token that a user's programs exchange for access tokens; `value` may be masked in lists.

    `expires_at` is None for a token that never ends. Not every server tells `last_used_at`.
    """

    user_id: str
    name: str
    value: str
    created_at: float
    expires_at: float | None = None
    last_used_at: float | None = None


class SubjectToken(msgspec.Struct, rename="camel", kw_only=True):
    """A token to act as a user, and how many seconds it can be exchanged."""

    subject_token: str
    expires_in: float


class Factor(msgspec.Struct, rename="camel", kw_only=True):
    """A factor of a user; times are ISO 8601. `remain_codes` counts unused backup codes."""

    id: str
    created_at: str
    type: str
    last_used_at: str | None = None
    agent: str | None = None
    name: str | None = None
    remain_codes: int | None = None


class NewTotp(msgspec.Struct, rename="camel"):
    """A new TOTP generator: the seed, and a QR code as a PNG data URI."""

    secret: str
    secret_qr_code: str


class NewBackupCodes(msgspec.Struct):
    """New backup codes; the server does not show them again."""

    codes: list[str]


class MfaChoices(msgspec.Struct, rename="camel", kw_only=True):
    """What a user chose about factors; `enabled` is None while it is unknown."""

    enabled: bool | None = None
    skipped: bool = False
    skip_mfa_on_sign_in: bool = False


class PasskeyChoices(msgspec.Struct):
    """What a user chose about passkeys."""

    skipped: bool = False


class LogtoConfig(msgspec.Struct, rename="camel"):
    """What a user chose about factors and passkeys."""

    mfa: MfaChoices
    passkey_sign_in: PasskeyChoices


class SessionAuthorization(msgspec.Struct, rename="camel", kw_only=True):
    """What an application was granted in a session."""

    sid: str | None = None
    grant_id: str | None = None
    persists_logout: bool = False


class SessionPayload(msgspec.Struct, rename="camel", kw_only=True):
    """A session of the authorization server; times in epoch seconds, `authorizations` by application id."""

    exp: float
    iat: float
    jti: str
    uid: str
    login_ts: float
    account_id: str
    authorizations: dict[str, SessionAuthorization] = {}


class UserSession(msgspec.Struct, rename="camel", kw_only=True):
    """A session in the list of a user; times in epoch ms.

    `last_submission["signInContext"]` may say where it was used last: `ip` and `userAgent`.
    """

    payload: SessionPayload
    last_submission: dict[str, Any] | None = None
    last_active_at: float | None = None
    client_id: str | None = None
    account_id: str | None = None
    expires_at: float


class UserSessions(msgspec.Struct):
    """A user's sessions."""

    sessions: list[UserSession]


class GrantPayload(msgspec.Struct, rename="camel", kw_only=True):
    """What was granted; times in epoch seconds, `resources` maps each resource to its scopes."""

    exp: float
    iat: float
    jti: str
    client_id: str
    account_id: str
    openid: dict[str, Any] = {}
    resources: dict[str, str] = {}


class GrantedApplication(msgspec.Struct):
    """Who holds a grant."""

    id: str
    name: str


class UserGrant(msgspec.Struct, rename="camel", kw_only=True):
    """A grant in the list of a user; `expires_at` in epoch ms."""

    id: str
    payload: GrantPayload
    expires_at: float
    application: GrantedApplication


class UserGrants(msgspec.Struct):
    """A user's grants."""

    grants: list[UserGrant]
