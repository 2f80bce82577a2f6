"""Personal access tokens of users."""

from sqlalchemy import bindparam, delete, insert, or_, select, update

from vestibule.db import Statement
from vestibule.model import Noun, PersonalAccessToken
from vestibule.store.rows import Row
from vestibule.store.tables import access_tokens, users
from vestibule.store.tables import personal_access_tokens as tokens


class Usable(Noun, frozen=True, gc=False):
    """What an exchange needs to know of a token that may be used now."""

    id: str
    user_id: str
    expires_at: int | None
    last_used_at: int | None


_named = (tokens.c.user_id == bindparam("of_user"), tokens.c.name == bindparam("old_name"))

OF_USER = Statement(
    select(tokens).where(tokens.c.user_id == bindparam("user_id")).order_by(tokens.c.created_at, tokens.c.id),
    PersonalAccessToken,
)

INSERT: Statement[Row] = Statement(insert(tokens))

RENAME = Statement(
    update(tokens).where(*_named).values(name=bindparam("new_name")).returning(*tokens.c), PersonalAccessToken
)

DELETE: Statement[Row] = Statement(delete(tokens).where(*_named).returning(tokens.c.id))

DELETE_OF_USER: Statement[Row] = Statement(delete(tokens).where(tokens.c.user_id == bindparam("of_user")))

USABLE = Statement(
    select(*[tokens.c[name] for name in Usable.__struct_fields__])
    .join(users, users.c.id == tokens.c.user_id)
    .where(
        tokens.c.value_digest == bindparam("value_digest"),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > bindparam("now")),
        users.c.is_suspended.is_(False),
    ),
    Usable,
)

USED: Statement[Row] = Statement(
    update(tokens)
    .where(
        tokens.c.id == bindparam("token_id"),
        or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at <= bindparam("before")),
    )
    .values(last_used_at=bindparam("now"))
)
"""Of uses at the same time, one writes."""

END_ACCESS: Statement[Row] = Statement(
    delete(access_tokens).where(access_tokens.c.personal_access_token_id == bindparam("token_id"))
)
"""The access tokens that a token was exchanged for."""
