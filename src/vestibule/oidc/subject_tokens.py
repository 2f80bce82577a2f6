"""Subject and actor tokens (RFC 8693 section 2.1): whom they stand for, and what a use of them leaves behind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from vestibule.crypto import digest
from vestibule.db import Statement, Tx
from vestibule.domain import personal_access_tokens, subject_tokens
from vestibule.domain.authorization import OPENID
from vestibule.domain.clients import find_client
from vestibule.errors import TokenRejected
from vestibule.oidc.provider import Provider
from vestibule.store import exchanges, subjects, tokens
from vestibule.store.rows import Row

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105
IMPERSONATION_TOKEN = "urn:logto:token-type:impersonation_token"  # noqa: S105
PERSONAL_ACCESS_TOKEN = "urn:logto:token-type:personal_access_token"  # noqa: S105

Use = Callable[[Tx], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A live subject token."""

    user_id: str
    row_id: str
    insert: Statement[Row]
    """Stores an opaque access token made from the row, provided that the row is still there."""
    ends_at: int | None
    """Nothing made from it lives longer (epoch ms)."""
    use: Use | None = None
    """Writes down the use; False when it is too late. None when there is nothing to write."""
    audience: str | None = None
    scopes: frozenset[str] | None = None
    """What an access token allows at its own audience (None: userinfo): nothing made from it allows more there."""
    actor: Mapping[str, object] | None = None

    def allowed(self, asked: tuple[str, ...], audience: str | None) -> tuple[str, ...]:
        """Return the scopes that may be asked for at an audience."""
        if self.scopes is None or audience != self.audience:
            return asked
        return tuple(scope for scope in asked if scope in self.scopes)


async def find(tx: Tx, provider: Provider, token: str, kind: str) -> Subject | None:
    """Return the live subject behind a token of this kind; the kind decides where the token is looked for."""
    reader = READERS.get(kind)
    return None if reader is None else await reader(tx, provider, token)


async def actor_id(tx: Tx, provider: Provider, token: str) -> str | None:
    """Return the user behind an opaque access token with `openid`, who may act for others."""
    found = await tx.one(tokens.FIRST_PARTY_ACCESS, id=digest(token), now=provider.clock.now())
    return found.user_id if found is not None and OPENID in found.scope.split() else None


async def _personal(tx: Tx, provider: Provider, token: str) -> Subject | None:
    found = await personal_access_tokens.usable(tx, provider.ctx, token)
    if found is None:
        return None

    async def record(write: Tx) -> bool:
        await personal_access_tokens.record_use(write, provider.ctx, found.id)
        return True

    return Subject(
        user_id=found.user_id,
        row_id=found.id,
        insert=exchanges.FOR_PERSONAL,
        ends_at=found.expires_at,
        use=record if personal_access_tokens.must_record(provider.ctx, found) else None,
    )


async def _impersonation(tx: Tx, provider: Provider, token: str) -> Subject | None:
    found = await subject_tokens.find(tx, provider.ctx, token)
    if found is None:
        return None
    return Subject(
        user_id=found.user_id,
        row_id=found.id,
        insert=exchanges.FOR_IMPERSONATION,
        ends_at=None,  # it opens a door once; how long one stays is not its business
        use=partial(subject_tokens.consume, ctx=provider.ctx, token_id=found.id),
    )


async def _access(tx: Tx, provider: Provider, token: str) -> Subject | None:
    if token.startswith(subject_tokens.PREFIX):  # as old clients name them
        return await _impersonation(tx, provider, token)
    if "." in token:
        return await _jwt(tx, provider, token)
    found = await tx.one(tokens.FIRST_PARTY_ACCESS, id=digest(token), now=provider.clock.now())
    if found is None:
        return None
    return Subject(
        user_id=found.user_id,
        row_id=found.id,
        insert=exchanges.FOR_ACCESS,
        ends_at=found.expires_at,
        scopes=frozenset(found.scope.split()),
    )


async def _jwt(tx: Tx, provider: Provider, token: str) -> Subject | None:
    try:
        claims = await provider.keys.verify(token)
    except TokenRejected:
        return None
    user = await tx.one(subjects.ACTIVE, id=str(claims.get("sub")))
    client = await find_client(tx, str(claims.get("client_id")))
    expires, actor = claims.get("exp"), claims.get("act")
    if user is None or client is None or client.is_third_party or not isinstance(expires, int | float):
        return None
    return Subject(
        user_id=user.id,
        row_id=user.id,
        insert=exchanges.FOR_USER,
        ends_at=int(expires * 1000),
        audience=str(claims.get("aud")),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        actor=actor if isinstance(actor, dict) else None,
    )


READERS: Mapping[str, Callable[[Tx, Provider, str], Awaitable[Subject | None]]] = {
    PERSONAL_ACCESS_TOKEN: _personal,
    IMPERSONATION_TOKEN: _impersonation,
    ACCESS_TOKEN: _access,
}
