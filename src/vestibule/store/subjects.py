"""Users as the subjects of sign-ins and tokens."""

from sqlalchemy import bindparam, select, update

from vestibule.db import Statement
from vestibule.model import User
from vestibule.store.rows import Row
from vestibule.store.tables import users

ACTIVE = Statement(
    select(*[users.c[name] for name in User.__struct_fields__]).where(
        users.c.id == bindparam("id"), users.c.is_suspended.is_(False)
    ),
    User,
)

SIGNED_IN: Statement[Row] = Statement(
    update(users).where(users.c.id == bindparam("user_id")).values(last_sign_in_at=bindparam("now"))
)
