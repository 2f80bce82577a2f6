"""Deleting what has expired, a bounded batch at a time."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, bindparam, delete, or_, select

from vestibule.db import Statement
from vestibule.store.rows import Row
from vestibule.store.tables import (
    access_tokens,
    activities,
    authorization_codes,
    grants,
    interactions,
    one_time_tokens,
    refresh_tokens,
    sessions,
    spent_authorizations,
    subject_tokens,
    trusted_devices,
    verification_codes,
)

BATCH = 500


def _batch(table: Table, condition: ColumnElement[bool]) -> Statement[Row]:
    return Statement(delete(table).where(table.c.id.in_(select(table.c.id).where(condition).limit(BATCH))))


def _expired(table: Table) -> Statement[Row]:
    return _batch(table, table.c.expires_at < bindparam("before"))


AT_ONCE: Sequence[Statement[Row]] = (
    _expired(interactions),
    _expired(access_tokens),
    _expired(subject_tokens),
    _expired(sessions),
    _expired(spent_authorizations),
    _expired(trusted_devices),
)

LATER: Sequence[Statement[Row]] = (
    _expired(refresh_tokens),
    _expired(authorization_codes),
    _expired(one_time_tokens),
    _batch(grants, or_(grants.c.expires_at < bindparam("before"), grants.c.revoked_at < bindparam("before"))),
    # No limit looks further back than an hour, and no code lives as long.
    _batch(activities, activities.c.created_at < bindparam("before")),
    _batch(verification_codes, verification_codes.c.created_at < bindparam("before")),
)
"""What is remembered beyond its end."""
