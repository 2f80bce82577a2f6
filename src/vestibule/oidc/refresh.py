"""Refresh tokens: issuing and rotating them (RFC 9700 section 4.14.2, contract 1.8)."""

import msgspec

from vestibule.crypto import digest, new_token
from vestibule.db import Tx
from vestibule.db.chains import Step
from vestibule.domain.authorization import OFFLINE_ACCESS
from vestibule.domain.clients import Client
from vestibule.model import RefreshToken, User
from vestibule.oidc.issue import Granted
from vestibule.oidc.provider import Provider
from vestibule.store import tokens as store

CHAIN_MS = round(365.25 * 86_400_000)
"""However often it is rotated, a chain of refresh tokens ends this long after its first."""
REUSE_MS = 3_000
"""Parallel refreshes with one token succeed within this time; later reuse ends the whole grant."""
ROTATE_AFTER = 0.7
"""Confidential clients keep a refresh token until this part of its life has passed."""


class RefreshParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ID tokens made later repeat. `auth_time` is in epoch seconds."""

    nonce: str | None = None
    auth_time: int | None = None
    sid: str | None = None


decode_params = msgspec.json.Decoder(RefreshParams).decode
decode_resources = msgspec.json.Decoder(tuple[str, ...]).decode


async def find(tx: Tx, token: str, now: int) -> tuple[bool, RefreshToken, User] | None:
    """Return whether a refresh token lives, itself, rotated and expired ones included, and its user."""
    return await tx.one(store.REFRESH, id=digest(token), now=now)


def is_due(client: Client, scopes: tuple[str, ...]) -> bool:
    """Tell whether a code is worth a refresh token."""
    if "refresh_token" not in client.grant_types:
        return False
    return OFFLINE_ACCESS in scopes or (client.settings.always_issue_refresh_token and client.type != "Native")


def must_rotate(client: Client, token: RefreshToken, now: int) -> bool:
    """Tell whether this use replaces the token."""
    if not client.settings.rotate_refresh_token:
        return False
    if client.is_public:
        return True
    return now - token.created_at >= ROTATE_AFTER * (token.expires_at - token.created_at)


def make(provider: Provider, granted: Granted, earlier: RefreshToken | None = None) -> tuple[str, Step]:
    """Return a refresh token, the first of its chain or the one that replaces `earlier`, and what stores it."""
    now = provider.clock.now()
    started = now if earlier is None else earlier.chain_started_at
    expires_at = min(now + granted.client.refresh_ttl_ms, started + CHAIN_MS)
    if earlier is not None and granted.client.type == "SPA":
        expires_at = earlier.expires_at  # browsers get no extension
    token = new_token()
    params = RefreshParams(granted.nonce, granted.auth_time, granted.sid)
    row: dict[str, object] = {
        "id": digest(token),
        "grant_id": granted.grant_id,
        "application_id": granted.client.id,
        "user_id": granted.user.id,
        "session_uid": granted.session_uid,
        "scope": " ".join(granted.scopes),
        "resources": msgspec.json.encode(granted.resources).decode(),
        "params": msgspec.json.encode(params).decode(),
        "chain_started_at": started,
        "created_at": now,
        "expires_at": expires_at,
        "rotated_at": None,
    }
    return token, (store.INSERT_REFRESH, row)
