"""A table that keeps an identity at a social provider from belonging to two users."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

LINKED = "SELECT id, CAST(identities AS TEXT) FROM users WHERE CAST(identities AS TEXT) <> '{}'"


def upgrade() -> None:
    """Add the table and fill it from what the users have."""
    table = op.create_table(
        "user_identities",
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=128), nullable=False),
        sa.Column("identity_user_id", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_identities__user_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "target", name=op.f("user_identities__pk")),
        sa.UniqueConstraint("target", "identity_user_id", name=op.f("user_identities__target_identity_user_id")),
    )
    connection = op.get_bind()
    for user_id, identities in connection.execute(sa.text(LINKED)).all():
        for target, identity in json.loads(identities).items():
            row = {"user_id": user_id, "target": target, "identity_user_id": identity["userId"]}
            connection.execute(sa.insert(table).values(row))
