"""Personal access tokens, subject tokens, factors, the audit trail, and what a user chose about factors."""

import sqlalchemy as sa
from alembic import op

from vestibule.db.types import JSONText

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns to users and access tokens, and five tables."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("is_password_expired", sa.Boolean(), nullable=False, server_default=sa.false()))
        users.add_column(sa.Column("logto_config", JSONText, nullable=False, server_default="{}"))
    with op.batch_alter_table("access_tokens") as access_tokens:
        access_tokens.alter_column("grant_id", existing_type=sa.String(length=64), nullable=True)
        access_tokens.add_column(sa.Column("personal_access_token_id", sa.String(length=21), nullable=True))
        access_tokens.create_index("access_tokens__personal_access_token_id_ix", ["personal_access_token_id"])
    _tokens()
    _factors()
    _logs()


def _user_id() -> sa.Column[str]:
    return sa.Column("user_id", sa.String(length=12), nullable=False)


def _user_fk(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"{table}__user_id_fk"), ondelete="CASCADE")


def _tokens() -> None:
    op.create_table(
        "personal_access_tokens",
        sa.Column("id", sa.String(length=21), nullable=False),
        _user_id(),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("value_digest", sa.String(length=64), nullable=False),
        sa.Column("value_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        _user_fk("personal_access_tokens"),
        sa.PrimaryKeyConstraint("id", name=op.f("personal_access_tokens__pk")),
        sa.UniqueConstraint("user_id", "name", name=op.f("personal_access_tokens__user_id_name")),
        sa.UniqueConstraint("value_digest", name=op.f("personal_access_tokens__value_digest")),
    )
    op.create_index("personal_access_tokens__user_id_ix", "personal_access_tokens", ["user_id"])
    op.create_table(
        "subject_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        _user_id(),
        sa.Column("context", JSONText, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("consumed_at", sa.BigInteger(), nullable=True),
        _user_fk("subject_tokens"),
        sa.PrimaryKeyConstraint("id", name=op.f("subject_tokens__pk")),
    )
    op.create_index("subject_tokens__user_id_ix", "subject_tokens", ["user_id"])
    op.create_index("subject_tokens__expires_at_ix", "subject_tokens", ["expires_at"])


def _factors() -> None:
    op.create_table(
        "mfa_verifications",
        sa.Column("id", sa.String(length=21), nullable=False),
        _user_id(),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("data", JSONText, nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        _user_fk("mfa_verifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("mfa_verifications__pk")),
        sa.UniqueConstraint("credential_id", name=op.f("mfa_verifications__credential_id")),
    )
    op.create_index("mfa_verifications__user_id_ix", "mfa_verifications", ["user_id"])
    op.create_table(
        "backup_codes",
        sa.Column("verification_id", sa.String(length=21), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["verification_id"],
            ["mfa_verifications.id"],
            name=op.f("backup_codes__verification_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("verification_id", "position", name=op.f("backup_codes__pk")),
    )


def _logs() -> None:
    op.create_table(
        "logs",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("payload", JSONText, nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=True),
        sa.Column("application_id", sa.String(length=21), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("logs__pk")),
    )
    newest = sa.text("created_at DESC")
    op.create_index("logs__created_at_ix", "logs", [newest, "id"])
    for column in ("user_id", "application_id", "key"):
        op.create_index(f"logs__{column}_ix", "logs", [column, newest])
