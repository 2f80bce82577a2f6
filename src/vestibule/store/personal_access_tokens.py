"""Personal access tokens of users."""

from sqlalchemy import bindparam, delete, insert, select, update

from vestibule.db import Statement
from vestibule.model import PersonalAccessToken
from vestibule.store.rows import Row
from vestibule.store.tables import access_tokens
from vestibule.store.tables import personal_access_tokens as tokens

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

END_ACCESS: Statement[Row] = Statement(
    delete(access_tokens).where(access_tokens.c.personal_access_token_id == bindparam("token_id"))
)
"""The access tokens that a token was exchanged for."""
