"""Who has a role: users, and machine-to-machine applications. Both tables have the same statements."""

from sqlalchemy import Table, bindparam, delete, not_, select

from vestibule.db import Statement
from vestibule.db.helpers import in_set, upsert
from vestibule.store.roles import NOT_INTERNAL
from vestibule.store.rows import Row
from vestibule.store.tables import application_roles, applications, roles, user_roles, users


class Holders:
    """The statements over one table; `holder` is its column beside `role_id`, `owners` the table it points at."""

    def __init__(self, table: Table, holder: str, owners: Table) -> None:
        self.holder = holder
        one = select(owners.c.id).where(owners.c.id == bindparam("holder_id"))
        self.lock: Statement[Row] = Statement(one.with_for_update(key_share=True))
        """Let no other transaction change the roles of this holder."""
        column = table.c[holder]
        internal = select(roles.c.id).where(not_(NOT_INTERNAL))
        self.give: Statement[Row] = Statement(upsert(table, [holder, "role_id"], ["role_id"]))
        self.held: Statement[Row] = Statement(
            select(table.c.role_id).where(column == bindparam("holder_id"), in_set(table.c.role_id, "role_ids"))
        )
        self.having: Statement[Row] = Statement(
            select(column).where(table.c.role_id == bindparam("role"), in_set(column, "holder_ids"))
        )
        self.take: Statement[Row] = Statement(
            delete(table).where(column == bindparam("holder_id"), table.c.role_id == bindparam("role"))
        )
        self.take_others: Statement[Row] = Statement(
            delete(table).where(
                column == bindparam("holder_id"),
                not_(in_set(table.c.role_id, "kept")),
                table.c.role_id.not_in(internal),
            )
        )
        """Take every role but those kept; internal ones stay."""


USERS = Holders(user_roles, "user_id", users)
APPLICATIONS = Holders(application_roles, "application_id", applications)
