"""The nouns: frozen types as the store returns them, and their pure rules. JSON columns are JSON text."""

from typing import Any, Literal

import msgspec

MANAGEMENT_RESOURCE = "https://default.logto.app/api"
MANAGEMENT_RESOURCE_ID = "management-api"
MANAGEMENT_SCOPE = "all"
TENANT = "default"
ADMIN_ROLE_ID, ADMIN_ROLE_NAME = "admin-role", "#internal:admin"
BUILT_IN_APPLICATION = "demo-app"
"""The client behind the preview of sign-in; operators neither list nor change it."""
INTERNAL_PREFIX = "#internal:"
"""Begins the names of roles that belong to the server itself."""

ApplicationType = Literal["Native", "SPA", "Traditional", "MachineToMachine"]
RoleType = Literal["User", "MachineToMachine"]
KeyStatus = Literal["Next", "Current", "Previous"]
RecipientKind = Literal["email", "phone"]
TokenStatus = Literal["active", "consumed", "revoked", "expired"]
ServerKeyKind = Literal["digest", "cookie"]
FactorType = Literal["Totp", "WebAuthn", "BackupCode", "EmailVerificationCode", "PhoneVerificationCode"]


def fold(text: str | None) -> str | None:
    """Fold case the way both stores compare."""
    return None if text is None else text.casefold()


def folded(**texts: str | None) -> dict[str, str | None]:
    """Return the columns in which texts are searched without regard to case: `name` gives `name_folded`."""
    return {f"{name}_folded": fold(text) for name, text in texts.items()}


class Noun(msgspec.Struct, frozen=True, gc=False):
    """A frozen row; built positionally by `db`."""


class User(Noun, frozen=True, gc=False):
    """An account. Times are epoch ms; `profile`, `custom_data` and `identities` are JSON text."""

    id: str
    username: str | None
    primary_email: str | None
    primary_phone: str | None
    name: str | None
    avatar: str | None
    custom_data: str
    identities: str
    last_sign_in_at: int | None
    created_at: int
    updated_at: int
    profile: str
    application_id: str | None
    is_suspended: bool
    password_digest: str | None
    password_algorithm: str | None
    email_verified: bool
    phone_verified: bool

    @property
    def has_password(self) -> bool:
        """Whether a digest is stored."""
        return self.password_digest is not None


class Identity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who a user is at a social provider: the user's id there, and what the provider told of the user.

    A member of `users.identities`, as it is stored and shown.
    """

    user_id: str
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class PasswordAge(Noun, frozen=True, gc=False):
    """When a user's password was set, and whether it was marked as expired."""

    password_updated_at: int | None
    is_password_expired: bool


class Application(Noun, frozen=True, gc=False):
    """A client of the authorization server. The three metadata columns are JSON text."""

    id: str
    name: str
    description: str | None
    type: ApplicationType
    oidc_client_metadata: str
    custom_client_metadata: str
    custom_data: str
    is_third_party: bool
    created_at: int

    @property
    def is_public(self) -> bool:
        """Whether the client cannot keep a secret (RFC 6749 section 2.1)."""
        return self.type in {"Native", "SPA"}


class ApplicationSecret(Noun, frozen=True, gc=False):
    """One of an application's secrets: a keyed digest for look-up, the value sealed."""

    application_id: str
    name: str
    value_digest: str
    value_sealed: str | None
    created_at: int
    expires_at: int | None


class Resource(Noun, frozen=True, gc=False):
    """An API that access tokens can be made for (RFC 8707)."""

    id: str
    name: str
    indicator: str
    is_default: bool
    access_token_ttl: int


class Scope(Noun, frozen=True, gc=False):
    """A permission of a resource."""

    id: str
    resource_id: str
    name: str
    description: str | None
    created_at: int


class Role(Noun, frozen=True, gc=False):
    """Scopes under one name, for users or for machine-to-machine applications."""

    id: str
    name: str
    description: str
    type: RoleType
    is_default: bool

    @property
    def is_internal(self) -> bool:
        """Whether the server itself owns the role."""
        return self.name.startswith(INTERNAL_PREFIX)


class SigningKey(Noun, frozen=True, gc=False):
    """A signing key of the authorization server; the private JWK is sealed."""

    id: str
    algorithm: str
    private_sealed: str
    public_jwk: str
    created_at: int
    effective_at: int
    retired_at: int | None


class ServerKey(Noun, frozen=True, gc=False):
    """A key of the store's own: what digests or cookies are signed with; sealed."""

    id: str
    kind: ServerKeyKind
    secret_sealed: str
    created_at: int


class Interaction(Noun, frozen=True, gc=False):
    """A sign-in under way: the authorization request, and how far the person has come.

    `state` is JSON text (`domain.interactions.state`), or None before anything was begun.
    """

    id: str
    client_id: str
    prompt: str
    params: str
    browser_digest: str
    session_id: str | None
    user_id: str | None
    signed_in_at: int | None
    result: str | None
    created_at: int
    expires_at: int
    state: str | None
    device_digest: str | None


class TrustedDevice(Noun, frozen=True, gc=False):
    """A browser in which a user is not asked for a second factor, until `expires_at`."""

    id: str
    user_id: str
    device_digest: str
    user_agent: str | None
    created_at: int
    last_used_at: int
    expires_at: int


class Session(Noun, frozen=True, gc=False):
    """A browser session at the authorization server. `id` is the digest of the cookie's value.

    `ip` and `user_agent` are those of its last use, as far as they are known.
    """

    id: str
    uid: str
    user_id: str
    signed_in_at: int
    created_at: int
    seen_at: int
    expires_at: int
    ip: str | None
    user_agent: str | None


class LogoutNotice(Noun, frozen=True, gc=False):
    """An application is to be told of a sign-out. It names a user without pointing at one, who may be gone by then."""

    id: str
    application_id: str
    user_id: str
    session_uid: str
    tries: int
    next_at: int
    created_at: int


class Grant(Noun, frozen=True, gc=False):
    """What one user has granted one application; tokens hang on it and die with it."""

    id: str
    user_id: str
    application_id: str
    session_uid: str | None
    scope: str
    resources: str
    created_at: int
    expires_at: int
    revoked_at: int | None


class AuthorizationCode(Noun, frozen=True, gc=False):
    """A code (RFC 6749 section 4.1.2). `id` is its digest; `params` holds the parts of the request the grant needs."""

    id: str
    grant_id: str
    application_id: str
    user_id: str
    session_uid: str | None
    params: str
    created_at: int
    expires_at: int
    consumed_at: int | None


class AccessToken(Noun, frozen=True, gc=False):
    """An opaque access token. `id` is its digest; one from a token exchange hangs on no grant."""

    id: str
    grant_id: str | None
    personal_access_token_id: str | None
    application_id: str
    user_id: str
    session_uid: str | None
    scope: str
    created_at: int
    expires_at: int


class RefreshToken(Noun, frozen=True, gc=False):
    """A refresh token. `id` is its digest; a rotated one stays, marked, so that its reuse is noticed."""

    id: str
    grant_id: str
    application_id: str
    user_id: str
    session_uid: str | None
    scope: str
    resources: str
    params: str
    chain_started_at: int
    created_at: int
    expires_at: int
    rotated_at: int | None


class PersonalAccessToken(Noun, frozen=True, gc=False):
    """A token that a user's programs exchange for access tokens: a keyed digest for look-up, the value sealed."""

    id: str
    user_id: str
    name: str
    value_digest: str
    value_sealed: str | None
    created_at: int
    expires_at: int | None
    last_used_at: int | None


class SubjectToken(Noun, frozen=True, gc=False):
    """Lets a program act as a user once. `id` is the digest of the token; `context` is JSON text."""

    id: str
    user_id: str
    context: str
    created_at: int
    expires_at: int
    consumed_at: int | None


class OneTimeToken(Noun, frozen=True, gc=False):
    """A magic link's token, for whoever reads the mail to an address. `context` is JSON text.

    `status` is what was last said of it: an active one whose time is over has expired.
    """

    id: str
    email: str
    email_folded: str
    value_digest: str
    value_sealed: str | None
    context: str
    status: TokenStatus
    created_at: int
    expires_at: int

    def status_at(self, now: int) -> TokenStatus:
        """Return the status at a time (epoch ms)."""
        return "expired" if self.status == "active" and self.expires_at <= now else self.status


class EmailTemplate(Noun, frozen=True, gc=False):
    """What an e-mail of one usage says in one language. `details` is JSON text."""

    id: str
    language_tag: str
    template_type: str
    details: str
    created_at: int


class VerificationCode(Noun, frozen=True, gc=False):
    """A code sent to an e-mail address or a phone number; only its keyed digest is stored."""

    id: str
    kind: RecipientKind
    recipient: str
    purpose: str
    code_digest: str
    tries: int
    created_at: int
    consumed_at: int | None


class LogEntry(Noun, frozen=True, gc=False):
    """A row of the audit trail; `payload` is JSON text."""

    id: str
    key: str
    payload: str
    user_id: str | None
    application_id: str | None
    created_at: int


class Connector(Noun, frozen=True, gc=False):
    """A configured connector; the config is sealed JSON."""

    id: str
    connector_id: str
    config_sealed: str
    metadata: str
    sync_profile: bool
    enable_token_storage: bool
    created_at: int


class SsoConnectorRow(Noun, frozen=True, gc=False):
    """A configured way in through a company's own sign-in; the config is sealed JSON, `domains` a JSON list."""

    id: str
    provider_name: str
    connector_name: str
    config_sealed: str
    domains: str
    branding: str
    sync_profile: bool
    enable_token_storage: bool
    created_at: int


class SsoIdentity(Noun, frozen=True, gc=False):
    """Who a user is at a company's identity provider; `detail` is the JSON text of what was last told."""

    id: str
    user_id: str
    sso_connector_id: str
    issuer: str
    identity_id: str
    detail: str
    created_at: int
    updated_at: int


class SsoSigningKey(Noun, frozen=True, gc=False):
    """A key that signs requests to a SAML provider, the private one sealed; the certificate is PEM."""

    id: str
    sso_connector_id: str
    private_sealed: str
    certificate: str
    created_at: int
    expires_at: int
    active: bool


class TokenSecret(Noun, frozen=True, gc=False):
    """What a provider gave for later calls in a person's name, sealed; `metadata` is JSON text about it.

    Of a social identity it has `target` and `connector_id`, of an enterprise one the other four names. While somebody
    renews them, `renewing_until` says when that counts as given up.
    """

    id: str
    user_id: str
    target: str | None
    connector_id: str | None
    sso_identity_id: str | None
    sso_connector_id: str | None
    issuer: str | None
    identity_id: str
    metadata: str
    value_sealed: str
    created_at: int
    updated_at: int
    renewing_until: int | None


class MfaVerification(Noun, frozen=True, gc=False):
    """A factor of a user beside the password, with how many of its backup codes are unused; `data` is JSON text."""

    id: str
    type: FactorType
    data: str
    created_at: int
    last_used_at: int | None
    remaining: int


class PasskeyRow(Noun, frozen=True, gc=False):
    """A passkey: whose it is, its id in base64url, and what is public of it; `data` is JSON text."""

    id: str
    user_id: str
    credential_id: str
    data: str


class TotpSeed(Noun, frozen=True, gc=False):
    """The sealed seed of a TOTP generator and the step of its last good code."""

    id: str
    secret_sealed: str
    last_step: int | None
