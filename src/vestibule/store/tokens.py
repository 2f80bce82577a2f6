"""Authorization codes, opaque access tokens and refresh tokens. Every `id` is the digest of the secret itself.

What is bound to a session (`session_uid`) lives no longer than the session, which is looked at anew at each use: a
token that was made while its session ended is never good for anything.
"""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from vestibule.db import Statement
from vestibule.model import AccessToken, AuthorizationCode, Noun, RefreshToken, User
from vestibule.store.rows import Row
from vestibule.store.tables import (
    access_tokens,
    applications,
    authorization_codes,
    grants,
    refresh_tokens,
    sessions,
    subject_tokens,
    users,
)

_grant_lives: tuple[ColumnElement[bool], ...] = (grants.c.revoked_at.is_(None), grants.c.expires_at > bindparam("now"))


def _columns(table: Table, noun: type[Noun]) -> list[Column[Any]]:
    return [table.c[name] for name in noun.__struct_fields__]


def _session_lives(table: Table) -> ColumnElement[bool]:
    lives = exists().where(sessions.c.uid == table.c.session_uid, sessions.c.expires_at > bindparam("now"))
    return or_(table.c.session_uid.is_(None), lives)


# --- codes --------------------------------------------------------------------------------------------------


def _code_and_user(*row: Any) -> tuple[AuthorizationCode, User]:
    width = len(AuthorizationCode.__struct_fields__)
    return AuthorizationCode(*row[:width]), User(*row[width:])


CODE = Statement(
    select(*_columns(authorization_codes, AuthorizationCode), *_columns(users, User))
    .join(users, users.c.id == authorization_codes.c.user_id)
    .where(authorization_codes.c.id == bindparam("id")),
    _code_and_user,
)
"""A code and its user, in one look-up."""

INSERT_CODE: Statement[Row] = Statement(insert(authorization_codes))

CONSUME_CODE: Statement[Row] = Statement(
    update(authorization_codes)
    .where(
        authorization_codes.c.id == bindparam("code_id"),
        authorization_codes.c.consumed_at.is_(None),
        _session_lives(authorization_codes),
        exists().where(grants.c.id == authorization_codes.c.grant_id, *_grant_lives),
    )
    .values(consumed_at=bindparam("now"))
    .returning(authorization_codes.c.id)
)
"""Single use: only the first caller gets the row back."""

# --- opaque access tokens -----------------------------------------------------------------------------------

INSERT_ACCESS: Statement[Row] = Statement(insert(access_tokens))

DELETE_ACCESS: Statement[Row] = Statement(delete(access_tokens).where(access_tokens.c.id == bindparam("token_id")))

_access_lives: tuple[ColumnElement[bool], ...] = (
    access_tokens.c.id == bindparam("id"),
    access_tokens.c.expires_at > bindparam("now"),
    users.c.is_suspended.is_(False),
    _session_lives(access_tokens),
    # A token got for another token hangs on a grant only when that one did.
    or_(access_tokens.c.grant_id.is_(None), and_(*_grant_lives)),
)

LIVE_ACCESS = Statement(
    select(access_tokens)
    .join(users, users.c.id == access_tokens.c.user_id)
    .outerjoin(grants, grants.c.id == access_tokens.c.grant_id)
    .where(*_access_lives),
    AccessToken,
)

FIRST_PARTY_ACCESS = Statement(
    select(access_tokens)
    .join(users, users.c.id == access_tokens.c.user_id)
    .join(applications, applications.c.id == access_tokens.c.application_id)
    .outerjoin(grants, grants.c.id == access_tokens.c.grant_id)
    .where(*_access_lives, applications.c.is_third_party.is_(False)),
    AccessToken,
)

BEARER: Statement[Row] = Statement(
    select(
        access_tokens.c.application_id,
        access_tokens.c.scope,
        *_columns(users, User),
    )
    .join(users, users.c.id == access_tokens.c.user_id)
    .outerjoin(grants, grants.c.id == access_tokens.c.grant_id)
    .where(*_access_lives)
)
"""For userinfo: client, scope, then the user's columns, in one look-up."""

# --- refresh tokens -----------------------------------------------------------------------------------------

_refresh_lives: tuple[ColumnElement[bool], ...] = (
    refresh_tokens.c.expires_at > bindparam("now"),
    users.c.is_suspended.is_(False),
    _session_lives(refresh_tokens),
    *_grant_lives,
)


def _refresh(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*columns)
        .join(grants, grants.c.id == refresh_tokens.c.grant_id)
        .join(users, users.c.id == refresh_tokens.c.user_id)
        .where(refresh_tokens.c.id == bindparam("id"))
    )


def _token_and_user(lives: bool, *row: Any) -> tuple[bool, RefreshToken, User]:
    width = len(RefreshToken.__struct_fields__)
    return lives, RefreshToken(*row[:width]), User(*row[width:])


REFRESH = Statement(
    _refresh(and_(*_refresh_lives).label("lives"), *_columns(refresh_tokens, RefreshToken), *_columns(users, User)),
    _token_and_user,
)
"""Whether a refresh token lives, itself, and its user, in one look-up."""

LIVE_REFRESH = Statement(_refresh(*refresh_tokens.c).where(*_refresh_lives), RefreshToken)

INSERT_REFRESH: Statement[Row] = Statement(insert(refresh_tokens))

ROTATE: Statement[Row] = Statement(
    update(refresh_tokens)
    .where(refresh_tokens.c.id == bindparam("token_id"), refresh_tokens.c.rotated_at.is_(None))
    .values(rotated_at=bindparam("now"))
    .returning(refresh_tokens.c.id)
)

# --- what ends with a session or a user ---------------------------------------------------------------------

OF_SESSION: tuple[Statement[Row], ...] = (
    Statement(delete(access_tokens).where(access_tokens.c.session_uid == bindparam("session_uid"))),
    Statement(delete(refresh_tokens).where(refresh_tokens.c.session_uid == bindparam("session_uid"))),
    # Codes are found by their grants: an index for the one time that a session ends would cost each code.
    Statement(
        delete(authorization_codes).where(
            authorization_codes.c.session_uid == bindparam("session_uid"),
            authorization_codes.c.grant_id.in_(
                select(grants.c.id).where(grants.c.session_uid == bindparam("session_uid"))
            ),
        )
    ),
)

OF_USER: tuple[Statement[Row], ...] = tuple(
    Statement(delete(table).where(table.c.user_id == bindparam("user_id")))
    for table in (access_tokens, refresh_tokens, authorization_codes, subject_tokens)
)
