"""Users: look-up by key, collisions, partial updates."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import bindparam, case, delete, func, insert, or_, select, update

from vestibule.db import Statement, Tx
from vestibule.db.helpers import in_set, merged
from vestibule.model import PasswordAge, User
from vestibule.store.changes import Change
from vestibule.store.rows import Row
from vestibule.store.tables import users

COLUMNS = tuple(users.c[name] for name in User.__struct_fields__)

GET = Statement(select(*COLUMNS).where(users.c.id == bindparam("id")), User)
_age = select(users.c.password_updated_at, users.c.is_password_expired).where(users.c.id == bindparam("id"))
PASSWORD_AGE, PASSWORD_AGE_LOCKED = Statement(_age, PasswordAge), Statement(_age.with_for_update(), PasswordAge)
GET_LOCKED = Statement(select(*COLUMNS).where(users.c.id == bindparam("id")).with_for_update(key_share=True), User)
BY_USERNAME = Statement(select(*COLUMNS).where(users.c.username == bindparam("text")), User)
BY_USERNAME_FOLDED = Statement(select(*COLUMNS).where(users.c.username_folded == bindparam("text")).limit(2), User)
BY_EMAIL = Statement(select(*COLUMNS).where(users.c.email_folded == bindparam("text")), User)
BY_PHONE = Statement(
    select(*COLUMNS).where(
        or_(users.c.primary_phone == bindparam("text"), users.c.primary_phone == bindparam("legacy"))
    ),
    User,
)
INSERT = Statement(
    insert(users).values({column.name: bindparam(column.name) for column in users.columns}).returning(*COLUMNS),
    User,
)
INSERT_ROW: Statement[Row] = Statement(
    insert(users).values({column.name: bindparam(column.name) for column in users.columns})
)
DELETE = Statement(delete(users).where(users.c.id == bindparam("user_id")).returning(*COLUMNS), User)
HELD: Mapping[str, Statement[Row]] = {
    name: Statement(select(users.c[name]).where(in_set(users.c[name], "values")))
    for name in ("id", "username", "username_folded", "email_folded", "primary_phone")
}
"""For each column that must not repeat: which of the given values are there already."""


class Clash(msgspec.Struct, frozen=True):
    """What another user holds of the identifiers that were asked for."""

    by_email: bool
    by_phone: bool
    by_username: bool


def _held(condition: object) -> object:
    return case((condition, 1), else_=0)  # type: ignore[arg-type]


_EMAIL = users.c.email_folded == bindparam("email", type_=users.c.email_folded.type)
_PHONE = or_(
    users.c.primary_phone == bindparam("phone", type_=users.c.primary_phone.type),
    users.c.primary_phone == bindparam("legacy_phone", type_=users.c.primary_phone.type),
)
_USERNAME = or_(
    users.c.username == bindparam("username", type_=users.c.username.type),
    users.c.username_folded == bindparam("username_folded", type_=users.c.username_folded.type),
)
CLASHES: Statement[Row] = Statement(
    select(func.max(_held(_EMAIL)), func.max(_held(_PHONE)), func.max(_held(_USERNAME))).where(
        or_(_EMAIL, _PHONE, _USERNAME), users.c.id != bindparam("except_id", type_=users.c.id.type)
    )
)


async def clashes(
    tx: Tx,
    *,
    email: str | None,
    phones: tuple[str | None, str | None],
    username: str | None,
    folded: str | None,
    but: str,
) -> Clash:
    """Tell which of the identifiers (None: not asked) another user than `but` holds, in one statement."""
    row = await tx.one(
        CLASHES,
        email=email, phone=phones[0], legacy_phone=phones[1], username=username, username_folded=folded, except_id=but,
    )  # fmt: skip
    return Clash(*(bool(part) for part in row or (0, 0, 0)))


MERGE: Mapping[str, Statement[User]] = {
    name: Statement(
        update(users)
        .where(users.c.id == bindparam("user_id"))
        .values({name: merged(users.c[name], "members"), "updated_at": bindparam("now")})
        .returning(*COLUMNS),
        User,
    )
    for name in ("profile", "custom_data")
}
"""For each column of JSON: set members of it, one level deep."""

change = Change(users, COLUMNS, User).apply
"""Update some columns of a user; returns the new row, or None when there is no such user."""
