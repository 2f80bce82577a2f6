"""Factors of users: TOTP generators, passkeys, backup codes; the domain seals or digests what is secret of them."""

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from vestibule.db import Statement
from vestibule.model import MfaVerification, PasskeyRow, TotpSeed
from vestibule.store.rows import Row
from vestibule.store.tables import backup_codes as codes
from vestibule.store.tables import mfa_verifications as factors

_of_user = factors.c.user_id == bindparam("of_user", type_=factors.c.user_id.type)
_unused = codes.c.used_at.is_(None)

OF_USER = Statement(
    select(
        factors.c.id,
        factors.c.type,
        factors.c.data,
        factors.c.created_at,
        factors.c.last_used_at,
        select(func.count())
        .select_from(codes)
        .where(codes.c.verification_id == factors.c.id, _unused)
        .scalar_subquery()
        .label("remaining"),
    )
    .where(_of_user)
    .order_by(factors.c.created_at, factors.c.id),
    MfaVerification,
)
"""The oldest first."""

TOTP_OF_USER = Statement(
    select(factors.c.id, factors.c.secret_sealed, factors.c.last_step).where(_of_user, factors.c.type == "Totp"),
    TotpSeed,
)

BY_CREDENTIAL = Statement(
    select(factors.c.id, factors.c.user_id, factors.c.credential_id, factors.c.data).where(
        factors.c.credential_id == bindparam("credential")
    ),
    PasskeyRow,
)
PASSKEYS_OF_USER = Statement(
    select(factors.c.id, factors.c.user_id, factors.c.credential_id, factors.c.data)
    .where(_of_user, factors.c.type == "WebAuthn")
    .order_by(factors.c.created_at, factors.c.id),
    PasskeyRow,
)

COUNT_SIGNATURE: Statement[Row] = Statement(
    update(factors)
    .where(
        factors.c.id == bindparam("factor_id"),
        or_(
            factors.c.last_step.is_(None),
            factors.c.last_step < bindparam("count"),
            and_(factors.c.last_step == 0, bindparam("count", type_=factors.c.last_step.type) == 0),
        ),
    )
    .values(last_step=bindparam("count"), last_used_at=bindparam("now"))
)
"""Touches nothing when the passkey has signed as often before: then there are two of it (WebAuthn Level 3, 6.1.1)."""

RENAME: Statement[Row] = Statement(
    update(factors)
    .where(_of_user, factors.c.id == bindparam("factor_id"), factors.c.type == "WebAuthn")
    .values(data=bindparam("new_data"))
)

INSERT: Statement[Row] = Statement(insert(factors))
INSERT_CODE: Statement[Row] = Statement(insert(codes))

DELETE: Statement[Row] = Statement(delete(factors).where(_of_user, factors.c.id == bindparam("factor_id")))

USE_STEP: Statement[Row] = Statement(
    update(factors)
    .where(
        factors.c.id == bindparam("factor_id"),
        or_(factors.c.last_step.is_(None), factors.c.last_step < bindparam("step")),
    )
    .values(last_step=bindparam("step"), last_used_at=bindparam("now"))
)
"""Touches nothing when this step, or a later one, has counted already."""

USE_CODE: Statement[Row] = Statement(
    update(codes)
    .where(
        codes.c.code_digest == bindparam("digest"),
        _unused,
        codes.c.verification_id.in_(select(factors.c.id).where(_of_user)),
    )
    .values(used_at=bindparam("now"))
)
"""Touches nothing when no unused code has this digest."""
