"""Every column that holds sealed values, and the statements that find and replace those of an older master key."""

from typing import Any

from sqlalchemy import Column, Table, bindparam, func, select, update

from vestibule.db import Statement
from vestibule.store import tables
from vestibule.store.rows import Row


class SealedColumn:
    """A column of sealed values; `named_by` are the columns that, joined by `/`, name a row when it is sealed."""

    def __init__(self, table: Table, column: str, *named_by: str) -> None:
        self.table, self.column = table.name, column
        held, names = table.c[column], [table.c[name] for name in named_by]
        self.stale: Statement[Row] = Statement(select(func.count()).select_from(table).where(*_stale(held)))
        self.page: Statement[Row] = Statement(
            select(held, *names)
            .where(*_stale(held))
            .order_by(*names)
            .limit(bindparam("limit"))
            .offset(bindparam("offset"))
        )
        """Values with the columns that name their rows, in the order of their names."""
        self.replace: Statement[Row] = Statement(
            update(table).where(held == bindparam("held")).values({column: bindparam("sealed")})
        )
        """Compare and set: a value that has changed in the meantime stays. No two sealed values are alike."""

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table}.{self.column}"


def _stale(held: Column[Any]) -> tuple[Any, ...]:
    return held.is_not(None), held.not_like(bindparam("current"))


COLUMNS = (
    SealedColumn(tables.server_keys, "secret_sealed", "id"),
    SealedColumn(tables.signing_keys, "private_sealed", "id"),
    SealedColumn(tables.application_secrets, "value_sealed", "application_id", "value_digest"),
    SealedColumn(tables.personal_access_tokens, "value_sealed", "id"),
    SealedColumn(tables.one_time_tokens, "value_sealed", "id"),
    SealedColumn(tables.mfa_verifications, "secret_sealed", "id"),
    SealedColumn(tables.connectors, "config_sealed", "id"),
    SealedColumn(tables.token_secrets, "value_sealed", "user_id", "id"),
    SealedColumn(tables.sso_connectors, "config_sealed", "id"),
    SealedColumn(tables.sso_signing_keys, "private_sealed", "id"),
)
