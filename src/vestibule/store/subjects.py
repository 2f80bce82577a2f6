"""Users as the subjects of sign-ins and tokens."""

from typing import Any

from sqlalchemy import bindparam, or_, select, update

from vestibule.db import Statement
from vestibule.model import User
from vestibule.store.rows import Row
from vestibule.store.tables import users


def _with_choices(*row: Any) -> tuple[User, str]:
    return User(*row[:-1]), row[-1]


_active = select(*[users.c[name] for name in User.__struct_fields__]).where(
    users.c.id == bindparam("id"), users.c.is_suspended.is_(False)
)
ACTIVE, ACTIVE_LOCKED = Statement(_active, User), Statement(_active.with_for_update(key_share=True), User)

HELD: Statement[Row] = Statement(
    select(users.c.id).where(users.c.id == bindparam("user_id")).with_for_update(key_share=True)
)
"""What ends or begins something of a user waits here for its turn; rows that only name the user may come meanwhile."""

SIGNED_IN = Statement(
    update(users)
    .where(
        users.c.id == bindparam("user_id"),
        users.c.is_suspended.is_(False),
        or_(users.c.password_updated_at.is_(None), users.c.password_updated_at <= bindparam("seen_at")),
    )
    .values(last_sign_in_at=bindparam("now"))
    .returning(*[users.c[name] for name in User.__struct_fields__], users.c.logto_config),
    _with_choices,
)
"""The user with what they chose about factors; no row when they were suspended or got another password meanwhile."""
