"""Every table, once. Times are epoch ms; JSON is text on SQLite and jsonb on PostgreSQL, text on the way in and out."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from vestibule.db.types import JSONText

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s__pk",
        "uq": "%(table_name)s__%(column_0_N_name)s",
        "ix": "%(table_name)s__%(column_0_N_name)s_ix",
        "fk": "%(table_name)s__%(column_0_N_name)s_fk",
        "ck": "%(table_name)s__%(constraint_name)s",
    }
)


def _user_fk(nullable: bool = False) -> Column[str]:
    return Column("user_id", String(12), ForeignKey("users.id", ondelete="CASCADE"), nullable=nullable, index=True)


def _application_fk() -> Column[str]:
    return Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), nullable=False)


users = Table(
    "users",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("username", String(128)),
    Column("primary_email", String(128)),
    Column("primary_phone", String(128)),
    Column("name", String(128)),
    Column("avatar", String(2048)),
    Column("custom_data", JSONText, nullable=False),
    Column("identities", JSONText, nullable=False),
    Column("last_sign_in_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("profile", JSONText, nullable=False),
    Column("application_id", String(21)),
    Column("is_suspended", Boolean, nullable=False),
    Column("password_digest", String(256)),
    Column("password_algorithm", String(16)),
    Column("password_updated_at", BigInteger),
    Column("is_password_expired", Boolean, nullable=False, server_default=false()),
    # What the contract calls logto-configs: choices about factors that belong to no factor.
    Column("logto_config", JSONText, nullable=False, server_default="{}"),
    # False for an address that somebody registered with and has not proven yet.
    Column("email_verified", Boolean, nullable=False, server_default=true()),
    Column("phone_verified", Boolean, nullable=False, server_default=true()),
    # Folded by the application (casefold), so that both stores compare alike.
    Column("username_folded", String(256)),
    Column("email_folded", String(384)),
    Column("name_folded", String(384)),
    UniqueConstraint("username"),
    UniqueConstraint("email_folded"),
    UniqueConstraint("primary_phone"),
)
Index("users__username_folded_ix", users.c.username_folded)
Index("users__name_folded_ix", users.c.name_folded)
# Search by part. One index over five columns, since an OR over them is answered from it as a whole; SQLite scans. That
# it is a GIN index of trigrams says migration 0005 alone: said here, it would load PostgreSQL's dialect everywhere.
SEARCHED = ("id", "email_folded", "primary_phone", "username_folded", "name_folded")
Index("users__search_ix", *(users.c[name] for name in SEARCHED)).ddl_if(dialect="postgresql")
Index("users__created_at_ix", users.c.created_at.desc(), users.c.id)

# Which user has which identity at a social provider; `users.identities` is what is shown of them. The table keeps an
# identity from belonging to two users.
user_identities = Table(
    "user_identities",
    metadata,
    Column("user_id", String(12), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("target", String(128), primary_key=True),
    Column("identity_user_id", String(256), nullable=False),
    UniqueConstraint("target", "identity_user_id"),
)

applications = Table(
    "applications",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("name", String(256), nullable=False),
    Column("description", Text),
    Column("type", String(32), nullable=False),
    Column("oidc_client_metadata", JSONText, nullable=False),
    Column("custom_client_metadata", JSONText, nullable=False),
    Column("custom_data", JSONText, nullable=False),
    Column("is_third_party", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("name_folded", String(768)),
    Column("description_folded", Text),
)

application_secrets = Table(
    "application_secrets",
    metadata,
    Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("value_digest", String(64), nullable=False),
    Column("value_sealed", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

resources = Table(
    "resources",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("name", String(256), nullable=False),
    Column("indicator", String(2048), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("access_token_ttl", BigInteger, nullable=False),
    UniqueConstraint("indicator"),
)

scopes = Table(
    "scopes",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("resource_id", String(21), ForeignKey("resources.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(256), nullable=False),
    Column("description", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("name_folded", String(768)),
    Column("description_folded", Text),
    UniqueConstraint("resource_id", "name"),
)

roles = Table(
    "roles",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("description", String(128), nullable=False),
    Column("type", String(32), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("name_folded", String(384)),
    Column("description_folded", String(384)),
    UniqueConstraint("name"),
)

role_scopes = Table(
    "role_scopes",
    metadata,
    Column("role_id", String(21), ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Column("scope_id", String(21), ForeignKey("scopes.id", ondelete="CASCADE"), primary_key=True, index=True),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", String(12), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", String(21), ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Index("user_roles__role_id_ix", "role_id", "user_id"),
)

application_roles = Table(
    "application_roles",
    metadata,
    Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", String(21), ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
    Index("application_roles__role_id_ix", "role_id", "application_id"),
)

# What a third-party application may ask people for: scopes about the user by name, scopes of resources by id.
consent_user_scopes = Table(
    "consent_user_scopes",
    metadata,
    Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("scope", String(64), primary_key=True),
)

consent_resource_scopes = Table(
    "consent_resource_scopes",
    metadata,
    Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    Column("scope_id", String(21), ForeignKey("scopes.id", ondelete="CASCADE"), primary_key=True, index=True),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("private_sealed", Text, nullable=False),
    Column("public_jwk", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)

interactions = Table(
    "interactions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("client_id", String(21), nullable=False),
    Column("prompt", String(16), nullable=False),
    Column("params", JSONText, nullable=False),
    Column("browser_digest", String(64), nullable=False),
    Column("session_id", String(64)),
    _user_fk(nullable=True),
    Column("signed_in_at", BigInteger),
    Column("result", JSONText),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    # What was begun in it: the event, who was identified, verification records.
    Column("state", JSONText),
    # Of the cookie by which a browser is trusted, where it has one.
    Column("device_digest", String(64)),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("uid", String(64), nullable=False),
    _user_fk(),
    Column("signed_in_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    # Of the last use: what the browser calls itself, and where it was.
    Column("ip", String(64)),
    Column("user_agent", String(512)),
    UniqueConstraint("uid"),
)

# What applications are told of sign-outs, until they take it; `user_id` may be that of somebody who was deleted.
logout_notices = Table(
    "logout_notices",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("application_id", String(21), ForeignKey("applications.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", String(12), nullable=False),
    Column("session_uid", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_fk(),
    _application_fk(),
    Column("session_uid", String(64), index=True),
    Column("scope", Text, nullable=False),
    Column("resources", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("revoked_at", BigInteger),
)


def _grant_fk(nullable: bool = False) -> Column[str]:
    return Column("grant_id", String(64), ForeignKey("grants.id", ondelete="CASCADE"), nullable=nullable, index=True)


authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("id", String(64), primary_key=True),
    _grant_fk(),
    _application_fk(),
    _user_fk(),
    Column("session_uid", String(64)),
    Column("params", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("consumed_at", BigInteger),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    # Token exchange (RFC 8693) makes tokens without a grant; those of a personal access token end with it.
    _grant_fk(nullable=True),
    Column("personal_access_token_id", String(21), index=True),
    _application_fk(),
    _user_fk(),
    Column("session_uid", String(64), index=True),
    Column("scope", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    _grant_fk(),
    _application_fk(),
    _user_fk(),
    Column("session_uid", String(64), index=True),
    Column("scope", Text, nullable=False),
    Column("resources", JSONText, nullable=False),
    Column("params", JSONText, nullable=False),
    Column("chain_started_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("rotated_at", BigInteger),
)

personal_access_tokens = Table(
    "personal_access_tokens",
    metadata,
    Column("id", String(21), primary_key=True),
    _user_fk(),
    Column("name", String(256), nullable=False),
    Column("value_digest", String(64), nullable=False),
    # NULL where VESTIBULE_SHOW_TOKENS=once.
    Column("value_sealed", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    UniqueConstraint("user_id", "name"),
    UniqueConstraint("value_digest"),
)

# Impersonation: `id` is the digest of the token.
subject_tokens = Table(
    "subject_tokens",
    metadata,
    Column("id", String(64), primary_key=True),
    _user_fk(),
    Column("context", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("consumed_at", BigInteger),
)

# Browsers in which a user is not asked for a second factor: `device_digest` is that of a cookie.
trusted_devices = Table(
    "trusted_devices",
    metadata,
    Column("id", String(21), primary_key=True),
    _user_fk(),
    Column("device_digest", String(64), nullable=False),
    Column("user_agent", String(512)),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("device_digest", "user_id"),
)

# Magic links: whoever reads the mail to an address gets in with one, once.
one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("email", String(128), nullable=False),
    Column("email_folded", String(384), nullable=False, index=True),
    Column("value_digest", String(64), nullable=False),
    Column("value_sealed", Text),
    Column("context", JSONText, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("value_digest"),
)

# What e-mails say, by language and usage, in place of the connector's own templates.
email_templates = Table(
    "email_templates",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("language_tag", String(16), nullable=False),
    Column("template_type", String(64), nullable=False),
    Column("details", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("language_tag", "template_type"),
)

mfa_verifications = Table(
    "mfa_verifications",
    metadata,
    Column("id", String(21), primary_key=True),
    _user_fk(),
    Column("type", String(32), nullable=False),
    # The seed of a TOTP generator; the step of its last good code, so that no code counts twice, or the count of a
    # passkey's last signature, so that a copy of it is noticed.
    Column("secret_sealed", Text),
    Column("last_step", BigInteger),
    # What is public of a WebAuthn credential: key, transports, agent, name.
    Column("data", JSONText, nullable=False),
    Column("credential_id", String(1400)),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    UniqueConstraint("credential_id"),
)

backup_codes = Table(
    "backup_codes",
    metadata,
    Column("verification_id", String(21), ForeignKey("mfa_verifications.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code_digest", String(64), nullable=False),
    Column("used_at", BigInteger),
)

# The audit trail. It names users and applications without pointing at them: it outlives both.
logs = Table(
    "logs",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("key", String(128), nullable=False),
    Column("payload", JSONText, nullable=False),
    Column("user_id", String(12)),
    Column("application_id", String(21)),
    Column("created_at", BigInteger, nullable=False),
)
Index("logs__created_at_ix", logs.c.created_at.desc(), logs.c.id)
Index("logs__user_id_ix", logs.c.user_id, logs.c.created_at.desc())
Index("logs__application_id_ix", logs.c.application_id, logs.c.created_at.desc())
Index("logs__key_ix", logs.c.key, logs.c.created_at.desc())

verification_codes = Table(
    "verification_codes",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("recipient", String(128), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("code_digest", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("consumed_at", BigInteger),
    # One live code for each recipient and purpose: a new one replaces the old in one statement.
    UniqueConstraint("kind", "recipient", "purpose"),
)

# What limits count: messages sent to a recipient, failed tries against an account or from an address.
activities = Table(
    "activities",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("target_digest", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("activities__target_ix", "target_digest", "action", "created_at"),
    Index("activities__created_at_ix", "created_at"),
)

connectors = Table(
    "connectors",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("connector_id", String(128), nullable=False),
    Column("config_sealed", Text, nullable=False),
    Column("metadata", JSONText, nullable=False),
    Column("sync_profile", Boolean, nullable=False),
    Column("enable_token_storage", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Sign-in through a company's own identity provider (enterprise SSO).
sso_connectors = Table(
    "sso_connectors",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("provider_name", String(128), nullable=False),
    Column("connector_name", String(128), nullable=False),
    Column("config_sealed", Text, nullable=False),
    Column("domains", JSONText, nullable=False),
    Column("branding", JSONText, nullable=False),
    Column("sync_profile", Boolean, nullable=False),
    Column("enable_token_storage", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("connector_name"),
)


# Where the connectors of an address are looked up; `domains` is what an administrator has said, in its order.
sso_connector_domains = Table(
    "sso_connector_domains",
    metadata,
    Column("domain", String(253), primary_key=True),
    Column(
        "sso_connector_id",
        String(128),
        ForeignKey("sso_connectors.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


def _sso_connector_fk() -> Column[str]:
    return Column(
        "sso_connector_id", String(128), ForeignKey("sso_connectors.id", ondelete="CASCADE"), nullable=False, index=True
    )


sso_signing_keys = Table(
    "sso_signing_keys",
    metadata,
    Column("id", String(21), primary_key=True),
    _sso_connector_fk(),
    Column("private_sealed", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
)

# Who a user is at a company's identity provider: by its issuer and the subject there, never by an address.
user_sso_identities = Table(
    "user_sso_identities",
    metadata,
    Column("id", String(21), primary_key=True),
    _user_fk(),
    _sso_connector_fk(),
    Column("issuer", String(256), nullable=False),
    Column("identity_id", String(128), nullable=False),
    Column("detail", JSONText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("issuer", "identity_id"),
)

# What providers gave for later calls in a person's name, sealed. It goes with the identity and with the connector.
token_secrets = Table(
    "token_secrets",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("user_id", String(12), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("target", String(128)),
    Column("connector_id", String(128), ForeignKey("connectors.id", ondelete="CASCADE"), index=True),
    Column("sso_identity_id", String(21), ForeignKey("user_sso_identities.id", ondelete="CASCADE")),
    Column("sso_connector_id", String(128), ForeignKey("sso_connectors.id", ondelete="CASCADE"), index=True),
    Column("issuer", String(256)),
    Column("identity_id", String(256), nullable=False),
    Column("metadata", JSONText, nullable=False),
    Column("value_sealed", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("renewing_until", BigInteger),
    ForeignKeyConstraint(
        ["user_id", "target"], ["user_identities.user_id", "user_identities.target"], ondelete="CASCADE"
    ),
    UniqueConstraint("user_id", "target"),
    UniqueConstraint("sso_identity_id"),
)

# Authorization requests to social providers that were used; what they began with, a program holds sealed.
spent_authorizations = Table(
    "spent_authorizations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# Keys of the store's own, sealed: of kind `digest` the one that digests are made with, of kind `cookie` those that
# sign cookies.
server_keys = Table(
    "server_keys",
    metadata,
    Column("id", String(21), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Settings that travel with the store.
configs = Table(
    "configs",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSONText, nullable=False),
)
