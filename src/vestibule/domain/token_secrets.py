"""What providers give for later calls in a person's name: kept sealed where a connector is set to, and only then.

It comes with a sign-in, lies sealed in that until it is over, and then beside the identity, with which it goes. Who is
told what of it: administrators what it is and never the tokens; the person, with their own token, the access token.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vestibule.connectors.oauth.calls import Json
from vestibule.crypto import SealError, new_id
from vestibule.db import DatabaseError, Tx
from vestibule.domain import connectors, sso_connectors
from vestibule.domain.audit import Event
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.errors import EntityNotFound
from vestibule.model import TokenSecret
from vestibule.store import identities, sso_identities, users
from vestibule.store import token_secrets as store

MAX_CHARS = 32 * 1024
MAX_WORD = 1024
MAX_SECONDS = 10**10
LOST = "TokenSecret.Lost"
"""The entry of the trail for tokens that are not kept; its error is the reason, in one word."""
_UNDER_WAY = ("interactions", "state.tokens")


class TokenSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tokens of one answer, and what was said of them; `expires_at` in epoch seconds."""

    access_token: str
    refresh_token: str = ""
    scope: str = ""
    token_type: str = ""
    expires_at: int | None = None

    @property
    def metadata(self) -> str:
        """What the tokens are, as JSON in the contract's spelling."""
        said = {"scope": self.scope, "tokenType": self.token_type, "expiresAt": self.expires_at}
        shown = {name: value for name, value in said.items() if value}
        return msgspec.json.encode({**shown, "hasRefreshToken": bool(self.refresh_token)}).decode()


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Through which connector an identity came: a social one has a `target`, an enterprise one an `issuer`."""

    connector_id: str
    identity_id: str
    target: str | None = None
    issuer: str | None = None


_decode = msgspec.json.Decoder(TokenSet).decode


def read(told: Json, now: int) -> TokenSet | None:
    """Read the tokens of an answer that came at `now` (epoch ms); None where there is none to keep."""
    texts = {name: _text(told.get(name)) for name in ("access_token", "refresh_token")}
    words = {name: _text(told.get(name))[:MAX_WORD] for name in ("scope", "token_type")}
    if not texts["access_token"] or sum(map(len, texts.values())) > MAX_CHARS:
        return None
    return TokenSet(**texts, **words, expires_at=_ends(told.get("expires_in"), now))


def _text(value: object) -> str:
    return value if isinstance(value, str) and "\0" not in value else ""


def _ends(lifetime: object, now: int) -> int | None:
    """Return when a lifetime ends; some providers write it as a text."""
    if isinstance(lifetime, str) and lifetime.isascii() and lifetime.isdigit():
        lifetime = int(lifetime[:12])
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or not 0 < lifetime < MAX_SECONDS:
        return None
    return now // 1000 + int(lifetime)


def under_way(ctx: Context, interaction_id: str, connector: Instance | SsoConnector, told: Json) -> str | None:
    """Seal what a provider has just given until the sign-in is over; None where there is nothing to keep.

    The seal names the party: what it gave does not open once the connector is set to another one.
    """
    tokens = read(told, ctx.clock.now())
    if tokens is None:
        if told.get("access_token"):
            lost(ctx, "too_long", interaction_id=interaction_id)
        return None
    return ctx.sealer.seal(msgspec.json.encode(tokens), *_UNDER_WAY, _name(interaction_id, connector))


def _name(interaction_id: str, connector: Instance | SsoConnector) -> str:
    return msgspec.json.encode([interaction_id, *connector.party]).decode()


def lost(ctx: Context, reason: str, *, user_id: str | None = None, interaction_id: str | None = None) -> None:
    """Leave an entry in the trail for tokens that are not kept."""
    ctx.trail.record(Event(key=LOST, error=reason, user_id=user_id, interaction_id=interaction_id))


async def keep(ctx: Context, interaction_id: str, user_id: str, origin: Origin, sealed: str) -> None:
    """Keep what came with a sign-in that is over beside the identity, in place of what was kept before.

    It spoils no sign-in: nothing is kept when the identity, the connector, its setting or its party are others by now,
    or when the store refuses; the trail says so.
    """
    try:
        async with ctx.db.write() as tx:
            reason = await _keep(tx, ctx, interaction_id, user_id, origin, sealed)
    except (DatabaseError, SealError):
        reason = "store"
    if reason is not None:
        lost(ctx, reason, user_id=user_id, interaction_id=interaction_id)
        await ctx.trail.settle()


async def _keep(tx: Tx, ctx: Context, interaction_id: str, user_id: str, origin: Origin, sealed: str) -> str | None:
    """Keep it, the user held and then the connector: whoever removes one of them waits, or is through.

    Returns why it was not kept.
    """
    social = origin.target is not None
    user = await tx.one(users.GET_LOCKED, id=user_id)
    find = connectors.held_in if social else sso_connectors.held_in
    connector = await find(tx, ctx, origin.connector_id)
    if user is None or connector is None or not connector.enable_token_storage:
        return "not_wanted"
    try:
        tokens = _decode(ctx.sealer.open(sealed, *_UNDER_WAY, _name(interaction_id, connector)))
    except (SealError, ValueError):
        return "other_party"
    if origin.target is not None:
        holder = await tx.value(identities.HOLDER, target=origin.target, identity_user_id=origin.identity_id)
        held, sso_identity_id = await tx.one(store.OF_SOCIAL, of_user=user_id, at=origin.target), None
    else:
        found = await tx.one(sso_identities.HOLDER, issuer=origin.issuer, identity_id=origin.identity_id)
        holder, sso_identity_id = (None, None) if found is None else (found.user_id, found.id)
        held = await tx.one(store.OF_SSO, identity=sso_identity_id)
    if holder != user_id:
        return "other_identity"
    now, row_id = ctx.clock.now(), new_id() if held is None else held.id
    values = {
        "connector_id": origin.connector_id if social else None,
        "sso_connector_id": None if social else origin.connector_id,
        "identity_id": origin.identity_id,
        "metadata": tokens.metadata,
        "value_sealed": sealed_of(ctx, user_id, row_id, tokens),
        "updated_at": now,
    }
    if held is None:
        place = {"target": origin.target, "issuer": origin.issuer, "sso_identity_id": sso_identity_id}
        await tx.run(store.INSERT, id=row_id, user_id=user_id, created_at=now, renewing_until=None, **place, **values)
    else:
        await tx.run(store.UPDATE, row_id=row_id, **{f"new_{name}": value for name, value in values.items()})
    return None


def sealed_of(ctx: Context, user_id: str, row_id: str, tokens: TokenSet) -> str:
    """Seal tokens for one row of one user."""
    return ctx.sealer.seal(msgspec.json.encode(tokens), *store.SEAL, f"{user_id}/{row_id}")


def opened(ctx: Context, secret: TokenSecret) -> TokenSet:
    """Return the tokens of a row; raises SealError where they were sealed for another."""
    return _decode(ctx.sealer.open(secret.value_sealed, *store.SEAL, f"{secret.user_id}/{secret.id}"))


async def of_user(ctx: Context, user_id: str) -> Mapping[str, TokenSecret]:
    """Return what is kept of a user, by the target of the social identity or the id of the enterprise one."""
    async with ctx.db.read() as tx:
        found = await tx.all(store.OF_USER, of_user=user_id)
    return {str(secret.target or secret.sso_identity_id): secret for secret in found}


async def remove(ctx: Context, secret_id: str) -> None:
    """Forget one set of tokens; raises EntityNotFound."""
    async with ctx.db.write() as tx:
        if await tx.run(store.DELETE, row_id=secret_id) == 0:
            raise EntityNotFound
