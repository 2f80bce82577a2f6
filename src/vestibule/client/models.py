"""What the API answers with. Times are epoch milliseconds."""

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


class LogEntry(msgspec.Struct, rename="camel", kw_only=True):
    """An entry of the audit trail; `payload` has at least `key` and `result`."""

    id: str
    key: str
    payload: dict[str, Any]
    created_at: float


class Connector(msgspec.Struct, rename="camel", kw_only=True):
    """A configured connector; `connector_id` names its factory."""

    id: str
    connector_id: str
    type: str
    config: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


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


class Scope(msgspec.Struct, rename="camel", kw_only=True):
    """A permission of a resource."""

    id: str
    resource_id: str
    name: str
    description: str | None = None
    created_at: float = 0


class Resource(msgspec.Struct, rename="camel", kw_only=True):
    """An API that access tokens can be made for; `scopes` is None where they were not asked for."""

    id: str
    name: str
    indicator: str
    is_default: bool = False
    access_token_ttl: float = 3600
    scopes: list[Scope] | None = None


class RoleScope(Scope, rename="camel", kw_only=True):
    """A scope that a role holds, with its resource."""

    resource: Resource


class RoleUser(msgspec.Struct):
    """A user in a list of roles."""

    id: str
    avatar: str | None = None
    name: str | None = None


class RoleApplication(msgspec.Struct):
    """An application in a list of roles."""

    id: str
    name: str
    type: str


class Role(msgspec.Struct, rename="camel", kw_only=True):
    """Scopes under one name; the list of all roles also tells who has them."""

    id: str
    name: str
    description: str
    type: str
    is_default: bool = False
    users_count: float | None = None
    featured_users: list[RoleUser] = []
    applications_count: float | None = None
    featured_applications: list[RoleApplication] = []


class RoleIds(msgspec.Struct, rename="camel"):
    """Roles, by their ids."""

    role_ids: list[str]


class AssignedRoles(msgspec.Struct, rename="camel"):
    """Roles that were asked for, and those of them that are new."""

    role_ids: list[str]
    added_role_ids: list[str]


class Application(msgspec.Struct, rename="camel", kw_only=True):
    """A client of the authorization server; `is_admin` is None where it was not asked for."""

    id: str
    name: str
    type: str
    description: str | None = None
    oidc_client_metadata: dict[str, Any] = {}
    custom_client_metadata: dict[str, Any] = {}
    custom_data: dict[str, Any] = {}
    is_third_party: bool = False
    created_at: float = 0
    is_admin: bool | None = None


class ApplicationSecret(msgspec.Struct, rename="camel", kw_only=True):
    """A secret of an application; `value` may be masked in lists. `expires_at` is None for one that never ends."""

    application_id: str
    name: str
    value: str
    created_at: float = 0
    expires_at: float | None = None


class ConsentScope(msgspec.Struct, kw_only=True):
    """A scope that a third-party application may ask for."""

    id: str
    name: str
    description: str | None = None


class ConsentResource(msgspec.Struct, kw_only=True):
    """The resource of scopes that may be asked for."""

    id: str
    name: str
    indicator: str


class ResourceScopes(msgspec.Struct, kw_only=True):
    """The scopes of one resource that may be asked for."""

    resource: ConsentResource
    scopes: list[ConsentScope]


class ConsentScopes(msgspec.Struct, rename="camel", kw_only=True):
    """What a third-party application may ask people for; organizations are left out."""

    user_scopes: list[str]
    resource_scopes: list[ResourceScopes]


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
    """A session in the list of a user; `expires_at` in epoch ms."""

    payload: SessionPayload
    last_submission: dict[str, Any] | None = None
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


class PasswordIssue(msgspec.Struct):
    """A reason against a password, and the numbers that a sentence about it names."""

    code: str
    interpolation: dict[str, Any] = {}


class PasswordVerdict(msgspec.Struct):
    """Whether a password meets the policy."""

    result: bool
    issues: list[PasswordIssue] = []


class SharedName(msgspec.Struct, rename="camel"):
    """A user name in small letters, and who has it in one case or another."""

    username_lower: str
    user_ids: list[str]


class CaseConflicts(msgspec.Struct, rename="camel"):
    """User names that differ only by case."""

    total_conflicts: int
    samples: list[SharedName]


class OidcKey(msgspec.Struct, rename="camel", kw_only=True):
    """A key of the authorization server; `created_at` in epoch seconds, `effective_at` in epoch milliseconds."""

    id: str
    created_at: float
    signing_key_algorithm: str | None = None
    status: str | None = None
    effective_at: float | None = None


class SessionConfig(msgspec.Struct):
    """For how many seconds a session may lie unused."""

    ttl: float


class IdTokenConfig(msgspec.Struct, rename="camel"):
    """Which extended claims an ID token carries."""

    enabled_extended_claims: list[str] = []
