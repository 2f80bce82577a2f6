"""Names folded for search, indexes for the holders of a role, and what third-party applications may ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

FOLDED = {"applications": (768, None), "scopes": (768, None), "roles": (384, 384)}
"""Tables with a name and a description; the lengths of their folded columns."""


def upgrade() -> None:
    """Add and fill columns, widen two indexes, add two tables."""
    for table, lengths in FOLDED.items():
        with op.batch_alter_table(table) as batch:
            for column, length in zip(("name_folded", "description_folded"), lengths, strict=True):
                batch.add_column(sa.Column(column, sa.String(length) if length else sa.Text(), nullable=True))
        _fold(table)
    for holder in ("user", "application"):
        op.drop_index(f"{holder}_roles__role_id_ix", f"{holder}_roles")
        op.create_index(f"{holder}_roles__role_id_ix", f"{holder}_roles", ["role_id", f"{holder}_id"])
    _consent()


def _fold(name: str) -> None:
    table = sa.table(name, *(sa.column(c) for c in ("id", "name", "description", "name_folded", "description_folded")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, table.c.name, table.c.description)).all():
        folded = {
            "name_folded": row.name.casefold(),
            "description_folded": None if row.description is None else row.description.casefold(),
        }
        connection.execute(sa.update(table).where(table.c.id == row.id).values(folded))


def _application_id() -> sa.Column[str]:
    return sa.Column("application_id", sa.String(length=21), nullable=False)


def _application_fk(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"{table}__application_id_fk")
    return sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=name, ondelete="CASCADE")


def _consent() -> None:
    op.create_table(
        "consent_user_scopes",
        _application_id(),
        sa.Column("scope", sa.String(length=64), nullable=False),
        _application_fk("consent_user_scopes"),
        sa.PrimaryKeyConstraint("application_id", "scope", name=op.f("consent_user_scopes__pk")),
    )
    op.create_table(
        "consent_resource_scopes",
        _application_id(),
        sa.Column("scope_id", sa.String(length=21), nullable=False),
        _application_fk("consent_resource_scopes"),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["scopes.id"], name=op.f("consent_resource_scopes__scope_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", "scope_id", name=op.f("consent_resource_scopes__pk")),
    )
    op.create_index("consent_resource_scopes__scope_id_ix", "consent_resource_scopes", ["scope_id"])
