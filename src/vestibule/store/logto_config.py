"""What a user chose about factors (the contract's logto-configs): a JSON column of the user."""

from sqlalchemy import bindparam, select

from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import users

_held = select(users.c.logto_config).where(users.c.id == bindparam("user_id"))

GET: Statement[Row] = Statement(_held)
GET_LOCKED: Statement[Row] = Statement(_held.with_for_update())
