"""Fills a store for the benchmarks: users in bulk, one with a password, and an opaque access token for userinfo."""

import json
from collections.abc import Iterator

from sqlalchemy import insert

from vestibule import crypto
from vestibule.clock import SystemClock
from vestibule.db import Database, Statement, connect
from vestibule.store import tables

BATCH = 2000
PROFILE = json.dumps({"givenName": "Bench", "familyName": "Mark", "locale": "en-GB", "zoneinfo": "Europe/Paris"})
CUSTOM = json.dumps({"theme": "dark", "plan": "team", "flags": ["a", "b", "c"], "note": "x" * 200})
INSERT_USER = Statement(insert(tables.users))
INSERT_GRANT = Statement(insert(tables.grants))
INSERT_TOKEN = Statement(insert(tables.access_tokens))
YEAR_MS = 365 * 86_400_000


def _user(number: int, now: int, digest: str | None) -> dict[str, object]:
    name, email = f"bench{number}", f"bench{number}@example.com"
    return {
        "id": f"b{number:011d}",
        "username": name,
        "primary_email": email,
        "primary_phone": None,
        "name": f"Bench Person {number}",
        "avatar": "https://example.com/avatar.png",
        "custom_data": CUSTOM,
        "identities": "{}",
        "last_sign_in_at": now,
        "created_at": now + number,
        "updated_at": now,
        "profile": PROFILE,
        "application_id": None,
        "is_suspended": False,
        "password_digest": digest,
        "password_algorithm": "Argon2id" if digest else None,
        "password_updated_at": now if digest else None,
        "is_password_expired": False,
        "logto_config": "{}",
        "username_folded": name,
        "email_folded": email,
        "name_folded": f"bench person {number}",
    }


def _batches(count: int, now: int, digest: str) -> Iterator[list[dict[str, object]]]:
    for start in range(0, count, BATCH):
        yield [_user(n, now, digest if n == 0 else None) for n in range(start, min(start + BATCH, count))]


async def fill(url: str, count: int, password: str, application_id: str) -> str:
    """Insert `count` users and a token of the first one; returns the token."""
    now = SystemClock().now()
    passwords = crypto.PasswordPool(threads=1)
    digest = await passwords.hash(password)
    passwords.close()
    db = await connect(url, tables.metadata)
    try:
        for rows in _batches(count, now, digest):
            async with db.write() as tx:
                await tx.many(INSERT_USER, rows)
        return await _token(db, now, application_id)
    finally:
        await db.close()


async def _token(db: Database, now: int, application_id: str) -> str:
    token, grant = crypto.new_token(), crypto.new_token()
    common = {
        "user_id": f"b{0:011d}",
        "application_id": application_id,
        "session_uid": None,
        "scope": "openid profile email",
    }
    async with db.write() as tx:
        await tx.run(
            INSERT_GRANT,
            id=grant, resources="{}", created_at=now, expires_at=now + YEAR_MS, revoked_at=None, **common,
        )  # fmt: skip
        await tx.run(
            INSERT_TOKEN,
            id=crypto.digest(token), grant_id=grant, created_at=now, expires_at=now + YEAR_MS, **common,
        )  # fmt: skip
    return token
