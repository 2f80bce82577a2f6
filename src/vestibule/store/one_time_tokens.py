"""One-time tokens, each for an address. They are found by a keyed digest of their value."""

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set
from vestibule.model import OneTimeToken
from vestibule.store.listing import Listing
from vestibule.store.rows import Row
from vestibule.store.tables import one_time_tokens as tokens

_valued = tokens.c.value_digest == bindparam("value_digest")
_this = tokens.c.id == bindparam("token_id")

INSERT: Statement[Row] = Statement(insert(tokens))
GET = Statement(select(tokens).where(_this), OneTimeToken)
BY_VALUE = Statement(select(tokens).where(_valued), OneTimeToken)

CONSUME = Statement(
    update(tokens)
    .where(
        _valued,
        tokens.c.email_folded == bindparam("of_email"),
        tokens.c.status == "active",
        tokens.c.expires_at > bindparam("now"),
    )
    .values(status="consumed")
    .returning(*tokens.c),
    OneTimeToken,
)
"""Single use: only the first caller gets the row back."""

SET_STATUS = Statement(
    update(tokens).where(_this).values(status=bindparam("new_status")).returning(*tokens.c), OneTimeToken
)

DELETE: Statement[Row] = Statement(delete(tokens).where(_this))
DELETE_TO: Statement[Row] = Statement(delete(tokens).where(in_set(tokens.c.email_folded, "emails")))

TOKENS: Listing[OneTimeToken] = Listing(
    tuple(tokens.c),
    OneTimeToken,
    order=(tokens.c.created_at.desc(), tokens.c.id),
    fields={},
    filters={
        "email": tokens.c.email_folded == bindparam("email"),
        "status": tokens.c.status == bindparam("status"),
        "active_at": and_(tokens.c.status == "active", tokens.c.expires_at > bindparam("active_at")),
        "expired_at": or_(
            tokens.c.status == "expired",
            and_(tokens.c.status == "active", tokens.c.expires_at <= bindparam("expired_at")),
        ),
    },
)
