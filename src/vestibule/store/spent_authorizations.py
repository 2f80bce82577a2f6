"""Which authorization requests to social providers were used. Every `id` is the digest of what names the request."""

from sqlalchemy import insert

from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import spent_authorizations

TABLE, COLUMN = "spent_authorizations", "session"
"""Where the value that a program holds is sealed for; it is nowhere in the store."""

SPEND: Statement[Row] = Statement(insert(spent_authorizations))
"""Single use: the second insertion violates the key."""
