"""Everything the first release stores."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "activities",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("target_digest", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("activities__pk")),
    )
    op.create_index("activities__created_at_ix", "activities", ["created_at"], unique=False)
    op.create_index("activities__target_ix", "activities", ["target_digest", "action", "created_at"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("oidc_client_metadata", JSONText, nullable=False),
        sa.Column("custom_client_metadata", JSONText, nullable=False),
        sa.Column("custom_data", JSONText, nullable=False),
        sa.Column("is_third_party", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("applications__pk")),
    )
    op.create_table(
        "configs",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", JSONText, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("configs__pk")),
    )
    op.create_table(
        "connectors",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("connector_id", sa.String(length=128), nullable=False),
        sa.Column("config_sealed", sa.Text(), nullable=False),
        sa.Column("metadata", JSONText, nullable=False),
        sa.Column("sync_profile", sa.Boolean(), nullable=False),
        sa.Column("enable_token_storage", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("connectors__pk")),
    )
    op.create_table(
        "resources",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("indicator", sa.String(length=2048), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("access_token_ttl", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("resources__pk")),
        sa.UniqueConstraint("indicator", name=op.f("resources__indicator")),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("roles__pk")),
        sa.UniqueConstraint("name", name=op.f("roles__name")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("private_sealed", sa.Text(), nullable=False),
        sa.Column("public_jwk", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("signing_keys__pk")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=True),
        sa.Column("primary_email", sa.String(length=128), nullable=True),
        sa.Column("primary_phone", sa.String(length=128), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("avatar", sa.String(length=2048), nullable=True),
        sa.Column("custom_data", JSONText, nullable=False),
        sa.Column("identities", JSONText, nullable=False),
        sa.Column("last_sign_in_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("profile", JSONText, nullable=False),
        sa.Column("application_id", sa.String(length=21), nullable=True),
        sa.Column("is_suspended", sa.Boolean(), nullable=False),
        sa.Column("password_digest", sa.String(length=256), nullable=True),
        sa.Column("password_algorithm", sa.String(length=16), nullable=True),
        sa.Column("password_updated_at", sa.BigInteger(), nullable=True),
        sa.Column("username_folded", sa.String(length=256), nullable=True),
        sa.Column("email_folded", sa.String(length=256), nullable=True),
        sa.Column("name_folded", sa.String(length=384), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("users__pk")),
        sa.UniqueConstraint("email_folded", name=op.f("users__email_folded")),
        sa.UniqueConstraint("primary_phone", name=op.f("users__primary_phone")),
        sa.UniqueConstraint("username", name=op.f("users__username")),
    )
    op.create_index("users__created_at_ix", "users", [sa.literal_column("created_at DESC"), "id"], unique=False)
    op.create_index("users__name_folded_ix", "users", ["name_folded"], unique=False)
    op.create_index("users__username_folded_ix", "users", ["username_folded"], unique=False)
    op.create_table(
        "verification_codes",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("recipient", sa.String(length=128), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("verification_codes__pk")),
        sa.UniqueConstraint("kind", "recipient", "purpose", name=op.f("verification_codes__kind_recipient_purpose")),
    )
    op.create_table(
        "application_roles",
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("application_roles__application_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("application_roles__role_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "role_id", name=op.f("application_roles__pk")),
    )
    op.create_index(op.f("application_roles__role_id_ix"), "application_roles", ["role_id"], unique=False)
    op.create_table(
        "application_secrets",
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("value_digest", sa.String(length=64), nullable=False),
        sa.Column("value_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("application_secrets__application_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", "name", name=op.f("application_secrets__pk")),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("session_uid", sa.String(length=64), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resources", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("grants__application_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("grants__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("grants__pk")),
    )
    op.create_index(op.f("grants__expires_at_ix"), "grants", ["expires_at"], unique=False)
    op.create_index(op.f("grants__session_uid_ix"), "grants", ["session_uid"], unique=False)
    op.create_index(op.f("grants__user_id_ix"), "grants", ["user_id"], unique=False)
    op.create_table(
        "interactions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=21), nullable=False),
        sa.Column("prompt", sa.String(length=16), nullable=False),
        sa.Column("params", JSONText, nullable=False),
        sa.Column("browser_digest", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("user_id", sa.String(length=12), nullable=True),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=True),
        sa.Column("result", JSONText, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("interactions__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("interactions__pk")),
    )
    op.create_index(op.f("interactions__expires_at_ix"), "interactions", ["expires_at"], unique=False)
    op.create_index(op.f("interactions__user_id_ix"), "interactions", ["user_id"], unique=False)
    op.create_table(
        "scopes",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("resource_id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("scopes__resource_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("scopes__pk")),
        sa.UniqueConstraint("resource_id", "name", name=op.f("scopes__resource_id_name")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("sessions__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("sessions__pk")),
        sa.UniqueConstraint("uid", name=op.f("sessions__uid")),
    )
    op.create_index(op.f("sessions__expires_at_ix"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("sessions__user_id_ix"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("user_roles__role_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("user_roles__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("user_roles__pk")),
    )
    op.create_index(op.f("user_roles__role_id_ix"), "user_roles", ["role_id"], unique=False)
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("session_uid", sa.String(length=64), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("access_tokens__application_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("access_tokens__grant_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("access_tokens__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("access_tokens__pk")),
    )
    op.create_index(op.f("access_tokens__expires_at_ix"), "access_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("access_tokens__grant_id_ix"), "access_tokens", ["grant_id"], unique=False)
    op.create_index(op.f("access_tokens__session_uid_ix"), "access_tokens", ["session_uid"], unique=False)
    op.create_index(op.f("access_tokens__user_id_ix"), "access_tokens", ["user_id"], unique=False)
    op.create_table(
        "authorization_codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("session_uid", sa.String(length=64), nullable=True),
        sa.Column("params", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("authorization_codes__application_id_fk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("authorization_codes__grant_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("authorization_codes__user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("authorization_codes__pk")),
    )
    op.create_index(op.f("authorization_codes__expires_at_ix"), "authorization_codes", ["expires_at"], unique=False)
    op.create_index(op.f("authorization_codes__grant_id_ix"), "authorization_codes", ["grant_id"], unique=False)
    op.create_index(op.f("authorization_codes__user_id_ix"), "authorization_codes", ["user_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("session_uid", sa.String(length=64), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resources", JSONText, nullable=False),
        sa.Column("params", JSONText, nullable=False),
        sa.Column("chain_started_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("refresh_tokens__application_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name=op.f("refresh_tokens__grant_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("refresh_tokens__user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("refresh_tokens__pk")),
    )
    op.create_index(op.f("refresh_tokens__expires_at_ix"), "refresh_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("refresh_tokens__grant_id_ix"), "refresh_tokens", ["grant_id"], unique=False)
    op.create_index(op.f("refresh_tokens__session_uid_ix"), "refresh_tokens", ["session_uid"], unique=False)
    op.create_index(op.f("refresh_tokens__user_id_ix"), "refresh_tokens", ["user_id"], unique=False)
    op.create_table(
        "role_scopes",
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.Column("scope_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("role_scopes__role_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scope_id"], ["scopes.id"], name=op.f("role_scopes__scope_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "scope_id", name=op.f("role_scopes__pk")),
    )
    op.create_index(op.f("role_scopes__scope_id_ix"), "role_scopes", ["scope_id"], unique=False)
