"""Making tokens: JWT access tokens (RFC 9068), opaque ones, ID tokens, refresh tokens (contract 1.7, 1.8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from vestibule.crypto import digest, new_token
from vestibule.db import Tx
from vestibule.db.chains import Step
from vestibule.domain import consent_scopes, resources
from vestibule.domain.authorization import OPENID, ORGANIZATIONS_RESOURCE, identity_scopes
from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.model import User
from vestibule.oidc import claims
from vestibule.oidc.provider import Provider
from vestibule.store import resources as resource_store
from vestibule.store import tokens as store

OPAQUE_SECONDS = 3600
UNKNOWN_RESOURCE = "resource indicator is missing, or unknown"


@dataclass(frozen=True)
class Granted:
    """What a code or a refresh token entitles to. `scopes` are those requested, as far as they still hold."""

    grant_id: str
    client: Client
    user: User
    session_uid: str | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    nonce: str | None
    auth_time: int | None
    sid: str | None


@dataclass(frozen=True)
class Holder:
    """Whom an access token is for: a user, through a client, with the scopes asked for.

    It must not outlive `ends_at` (epoch ms); `actor` says who acts for the user (RFC 8693 section 4.1).
    """

    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    ends_at: int | None = None
    actor: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Access:
    """An access token before it is stored: a JWT is not stored, an opaque one by its digest."""

    token: str
    seconds: int
    scope: str
    is_opaque: bool


class TokenResponse(msgspec.Struct, omit_defaults=True):
    """RFC 6749 section 5.1. `scope` is always present for users: SDKs need it, even empty."""

    access_token: str
    expires_in: int
    token_type: str
    issued_token_type: str | None = None
    scope: str | None = None
    id_token: str | None = None
    refresh_token: str | None = None


async def jwt(
    provider: Provider,
    subject: str,
    client_id: str,
    *,
    audience: str,
    scope: str | None,
    seconds: int,
    actor: Mapping[str, object] | None = None,
) -> str:
    """Return a JWT access token; `scope` and `act` are left out when None."""
    now = provider.clock.now() // 1000
    payload: dict[str, object] = {"jti": new_token(), "sub": subject, "iat": now, "exp": now + seconds}
    if scope is not None:
        payload["scope"] = scope
    payload |= {"client_id": client_id, "iss": provider.issuer, "aud": audience}
    if actor is not None:
        payload["act"] = actor
    return await provider.keys.sign(payload)


async def audience_for(tx: Tx, granted: Granted, asked: tuple[str, ...]) -> str | None:
    """Return the resource that the token is for, or None for an opaque one; raises invalid_target.

    Several resources make an opaque token. The default resource counts only when the scope lacks `openid`.
    """
    if len(asked) == 1:
        if asked[0] not in granted.resources:
            raise OAuthError("invalid_target", UNKNOWN_RESOURCE)
        return asked[0]
    if asked or OPENID in granted.scopes:
        return None
    default = await tx.one(resource_store.DEFAULT)
    return None if default is None else default.indicator


async def access(tx: Tx, provider: Provider, granted: Granted, audience: str | None) -> Access:
    """Make the access token that a grant entitles to."""
    scopes = await _consented(tx, granted, audience)
    return await access_for(tx, provider, Holder(granted.user.id, granted.client.id, scopes), audience)


async def _consented(tx: Tx, granted: Granted, audience: str | None) -> tuple[str, ...]:
    """Return the scopes that count at a resource, or about the user: a third party has those still enabled for it."""
    if not granted.client.is_third_party:
        return granted.scopes
    allowed = (await consent_scopes.enabled(tx, granted.client.id)).at(audience)
    return tuple(scope for scope in granted.scopes if scope in allowed)


async def access_for(tx: Tx, provider: Provider, holder: Holder, audience: str | None) -> Access:
    """Make an access token. Scopes of a resource are those the user's roles hold now, as far as they were asked."""
    if audience is None:
        seconds = _seconds(provider, holder, OPAQUE_SECONDS)
        return Access(new_token(), seconds, " ".join(identity_scopes(holder.scopes)), is_opaque=True)
    seconds, held = OPAQUE_SECONDS, set[str]()
    if audience != ORGANIZATIONS_RESOURCE:
        allowed = await resources.allowed_to_user(tx, holder.user_id, audience)
        if not allowed:
            raise OAuthError("invalid_target", UNKNOWN_RESOURCE)
        seconds = allowed[0].access_token_ttl
        held = {row.scope for row in allowed if row.scope is not None}
    scope = " ".join(name for name in holder.scopes if name in held)
    seconds = _seconds(provider, holder, seconds)
    token = await jwt(
        provider,
        holder.user_id,
        holder.client_id,
        audience=audience,
        scope=scope,
        seconds=seconds,
        actor=holder.actor,
    )
    return Access(token, seconds, scope, is_opaque=False)


def _seconds(provider: Provider, holder: Holder, usual: int) -> int:
    """Return how long a token may live: as usual, or as long as what it is made from."""
    if holder.ends_at is None:
        return usual
    return min(usual, (holder.ends_at - provider.clock.now()) // 1000)


async def id_token(tx: Tx, provider: Provider, granted: Granted) -> str | None:
    """Return an ID token (OpenID Connect Core section 2) when the scope has `openid`."""
    if OPENID not in granted.scopes:
        return None
    scopes = await _consented(tx, granted, None)
    payload = await claims.for_id_token(tx, granted.user, frozenset(scopes), provider.ctx.live.id_token)
    now = provider.clock.now() // 1000
    extra = {"nonce": granted.nonce, "auth_time": granted.auth_time, "sid": granted.sid}
    payload |= {name: value for name, value in extra.items() if value is not None}
    payload |= {
        "aud": granted.client.id,
        "exp": now + granted.client.settings.id_token_ttl,
        "iat": now,
        "iss": provider.issuer,
    }
    return await provider.keys.sign(payload, None)


def stored(provider: Provider, granted: Granted, made: Access) -> tuple[Step, ...]:
    """Return what stores an access token: an opaque one by its digest, a JWT not at all."""
    if not made.is_opaque:
        return ()
    now = provider.clock.now()
    row: dict[str, object] = {
        "id": digest(made.token),
        "grant_id": granted.grant_id,
        "personal_access_token_id": None,
        "application_id": granted.client.id,
        "user_id": granted.user.id,
        "session_uid": granted.session_uid,
        "scope": made.scope,
        "created_at": now,
        "expires_at": now + made.seconds * 1000,
    }
    return ((store.INSERT_ACCESS, row),)


def narrowed(granted: Granted, scopes: Iterable[str]) -> Granted:
    """Return the same entitlement with fewer scopes."""
    wanted = set(scopes)
    return Granted(
        granted.grant_id,
        granted.client,
        granted.user,
        granted.session_uid,
        tuple(scope for scope in granted.scopes if scope in wanted),
        granted.resources,
        granted.nonce,
        granted.auth_time,
        granted.sid,
    )
