"""Fills a store for the benchmarks: users in bulk, one with a password, tokens of some, an API that all may read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, update

import vestibule.db.postgres  # noqa: F401 - enters itself among the engines
from vestibule import crypto
from vestibule.cli.world import opened
from vestibule.db import Statement
from vestibule.domain import personal_access_tokens
from vestibule.domain.context import Context
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.settings import ServerSettings, load
from vestibule.store import tables

BATCH = 2000
PROFILE = json.dumps({"givenName": "Bench", "familyName": "Mark", "locale": "en-GB", "zoneinfo": "Europe/Paris"})
CUSTOM = json.dumps({"theme": "dark", "plan": "team", "flags": ["a", "b", "c"], "note": "x" * 200})
INSERT_USER = Statement(insert(tables.users))
INSERT_GRANT = Statement(insert(tables.grants))
INSERT_TOKEN = Statement(insert(tables.access_tokens))
ALLOW_EXCHANGE = Statement(update(tables.applications).values(custom_client_metadata='{"allowTokenExchange":true}'))
YEAR_MS = 365 * 86_400_000
API = "https://bench.example/api"
OWNERS, TOKENS_EACH = 50, 2


@dataclass(frozen=True)
class Seeded:
    """Secrets that the cases need: an opaque access token, and personal access tokens by user id."""

    opaque_token: str
    personal_tokens: dict[str, str]


def phone(number: int) -> str:
    """Return the phone number of the user with this number."""
    return f"4479{number:08d}"


def _user(number: int, now: int, digest: str | None) -> dict[str, object]:
    name, email = f"bench{number}", f"bench{number}@example.com"
    return {
        "id": f"b{number:011d}",
        "username": name,
        "primary_email": email,
        "primary_phone": phone(number),
        "name": f"Bench Person {number}",
        "avatar": "https://example.com/avatar.png",
        "custom_data": CUSTOM,
        "identities": "{}",
        "last_sign_in_at": now,
        "created_at": now + number,
        "updated_at": now,
        "profile": PROFILE,
        "application_id": None,
        "email_verified": True,
        "phone_verified": False,
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


async def fill(env: Mapping[str, str], count: int, password: str, application_id: str) -> Seeded:
    """Insert `count` users and what the cases ask for, as the first of them."""
    async with opened(load(ServerSettings, env)) as ctx:
        digest = await ctx.passwords.hash(password)
        for rows in _batches(count, ctx.clock.now(), digest):
            async with ctx.db.write() as tx:
                await tx.many(INSERT_USER, rows)
        await ensure_resource(ctx, API, "Benchmark", {"read": "", "write": ""})
        await ensure_default_role(ctx, "Everybody", "", API, ["read"])
        async with ctx.db.write() as tx:
            await tx.run(ALLOW_EXCHANGE)
        return Seeded(await _token(ctx, application_id), await _personal_tokens(ctx, min(OWNERS, count)))


async def _personal_tokens(ctx: Context, owners: int) -> dict[str, str]:
    found = {}
    for number in range(owners):
        for each in range(TOKENS_EACH):
            user_id = f"b{number:011d}"
            _, found[user_id] = await personal_access_tokens.create(ctx, user_id, f"token {each}", None)
    return found


async def _token(ctx: Context, application_id: str) -> str:
    token, grant, now = crypto.new_token(), crypto.new_token(), ctx.clock.now()
    common = {
        "user_id": f"b{0:011d}",
        "application_id": application_id,
        "session_uid": None,
        "scope": "openid profile email",
    }
    times = {"created_at": now, "expires_at": now + YEAR_MS}
    async with ctx.db.write() as tx:
        await tx.run(INSERT_GRANT, id=grant, resources="{}", revoked_at=None, **times, **common)
        await tx.run(
            INSERT_TOKEN, id=crypto.digest(token), grant_id=grant, personal_access_token_id=None, **times, **common
        )
    return token
