"""The sealed values of secrets that may be shown again."""

from sqlalchemy import null, update

from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import application_secrets, one_time_tokens, personal_access_tokens

FORGET: tuple[Statement[Row], ...] = tuple(
    Statement(update(table).where(table.c.value_sealed.is_not(None)).values(value_sealed=null()))
    for table in (application_secrets, personal_access_tokens, one_time_tokens)
)
