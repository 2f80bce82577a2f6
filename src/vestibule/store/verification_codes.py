"""Verification codes: one live row for each recipient and purpose."""

from sqlalchemy import bindparam, delete, select, update

from vestibule.db import Statement
from vestibule.db.helpers import in_set, like_any, upsert
from vestibule.model import VerificationCode
from vestibule.store.rows import Row
from vestibule.store.tables import verification_codes as codes

_LIVE = (
    codes.c.kind == bindparam("for_kind"),
    codes.c.recipient == bindparam("to"),
    codes.c.purpose == bindparam("use"),
    codes.c.consumed_at.is_(None),
)

REPLACE: Statement[Row] = Statement(
    upsert(codes, ["kind", "recipient", "purpose"], ["id", "code_digest", "tries", "created_at", "consumed_at"])
)
GET_LOCKED = Statement(select(codes).where(*_LIVE).with_for_update(), VerificationCode)
COUNT_TRY: Statement[Row] = Statement(
    update(codes).where(codes.c.id == bindparam("code_id")).values(tries=codes.c.tries + 1)
)
CONSUME: Statement[Row] = Statement(
    update(codes)
    .where(codes.c.id == bindparam("code_id"), codes.c.consumed_at.is_(None))
    .values(consumed_at=bindparam("now"))
)
TO = Statement(select(codes).where(like_any(codes.c.recipient, "texts")), VerificationCode)
"""Codes to any of some recipients, given as patterns; a scan over what lives a day."""
DELETE_THESE: Statement[Row] = Statement(delete(codes).where(in_set(codes.c.id, "ids")))
