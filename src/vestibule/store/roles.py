"""Roles, what they hold and who has them."""

from sqlalchemy import bindparam, insert, select

from vestibule.db import Statement
from vestibule.db.helpers import upsert
from vestibule.store.rows import Row
from vestibule.store.tables import role_scopes, roles, user_roles, users

FIND: Statement[Row] = Statement(select(roles.c.id).where(roles.c.name == bindparam("name")))

INSERT: Statement[Row] = Statement(insert(roles))

HOLD_SCOPE: Statement[Row] = Statement(upsert(role_scopes, ["role_id", "scope_id"], ["scope_id"]))

NAMES_OF_USER: Statement[Row] = Statement(
    select(roles.c.name)
    .join(user_roles, user_roles.c.role_id == roles.c.id)
    .where(user_roles.c.user_id == bindparam("user_id"))
    .order_by(roles.c.name)
)

_everyone = select(users.c.id, bindparam("role_id").label("role_id")).where(
    users.c.id.not_in(select(user_roles.c.user_id).where(user_roles.c.role_id == bindparam("role_id")))
)
GIVE_EVERYONE: Statement[Row] = Statement(insert(user_roles).from_select(["user_id", "role_id"], _everyone))
