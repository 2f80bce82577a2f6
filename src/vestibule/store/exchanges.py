"""Storing an opaque access token that was got for another token, provided that the other one still lives.

One statement each: it reads the subject token's row and its user's, and locks both against a deletion or a suspension
that happens at the same time, which would otherwise miss the new token.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, bindparam, insert, null, select

from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import access_tokens, personal_access_tokens, subject_tokens, users


def _insert(subject: FromClause, **inherited: ColumnElement[Any]) -> Statement[Row]:
    values: dict[str, ColumnElement[Any]] = {
        column.name: bindparam(column.name, type_=column.type) for column in access_tokens.columns
    }
    for name in ("grant_id", "personal_access_token_id", "session_uid"):
        values[name] = inherited.get(name, null())
    values["user_id"] = users.c.id
    found = select(*[value.label(name) for name, value in values.items()]).where(
        users.c.is_suspended.is_(False), subject.c.id == bindparam("subject_id", type_=subject.c.id.type)
    )
    if subject is not users:
        found = found.where(users.c.id == subject.c.user_id)
    return Statement(insert(access_tokens).from_select(list(values), found.with_for_update(read=True)))


FOR_PERSONAL = _insert(personal_access_tokens, personal_access_token_id=personal_access_tokens.c.id)
"""It ends with the personal access token."""

_earlier = access_tokens.alias("earlier")
FOR_ACCESS = _insert(
    _earlier,
    grant_id=_earlier.c.grant_id,
    personal_access_token_id=_earlier.c.personal_access_token_id,
    session_uid=_earlier.c.session_uid,
)
"""It ends with whatever ends the earlier access token."""

FOR_IMPERSONATION = _insert(subject_tokens)

FOR_USER = _insert(users)
"""For a JWT, which has no row: it ends by itself."""
