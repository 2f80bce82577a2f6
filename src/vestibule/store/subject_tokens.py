"""Subject tokens for impersonation. Every `id` is the digest of the token itself."""

from sqlalchemy import bindparam, insert, select, update

from vestibule.db import Statement
from vestibule.model import SubjectToken
from vestibule.store.rows import Row
from vestibule.store.tables import subject_tokens as tokens
from vestibule.store.tables import users

INSERT: Statement[Row] = Statement(insert(tokens))

LIVE = Statement(
    select(tokens)
    .join(users, users.c.id == tokens.c.user_id)
    .where(
        tokens.c.id == bindparam("id"),
        tokens.c.consumed_at.is_(None),
        tokens.c.expires_at > bindparam("now"),
        users.c.is_suspended.is_(False),
    ),
    SubjectToken,
)

CONSUME: Statement[Row] = Statement(
    update(tokens)
    .where(tokens.c.id == bindparam("token_id"), tokens.c.consumed_at.is_(None), tokens.c.expires_at > bindparam("now"))
    .values(consumed_at=bindparam("now"))
    .returning(tokens.c.id)
)
"""Single use: only the first caller gets the row back."""
