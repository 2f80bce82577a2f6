"""What a user has granted a client in one session; every code and token hangs on a grant and dies with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vestibule.clock import Clock
from vestibule.crypto import new_token
from vestibule.db import Tx
from vestibule.db.locks import take_turn
from vestibule.domain import logout_notices
from vestibule.domain.authorization import AuthorizationParams, identity_scopes
from vestibule.domain.clients import Client
from vestibule.domain.context import Context
from vestibule.errors import GrantNotFound
from vestibule.model import Grant, Session
from vestibule.store import grants as store
from vestibule.store import resources as resource_store
from vestibule.store import scopes as scope_store
from vestibule.store.grants import UserGrant

GRANT_MS = 180 * 86_400_000

_resources = msgspec.json.Decoder(list[str]).decode


@dataclass(frozen=True)
class Granted:
    """A grant and what it holds: scopes about the user, and the scopes of each resource."""

    grant: UserGrant
    identity_scopes: Sequence[str]
    resource_scopes: dict[str, list[str]]


async def of_session(tx: Tx, clock: Clock, session_uid: str, client_id: str, user_id: str) -> Grant | None:
    """Return the live grant of this client in this session."""
    return await tx.one(
        store.OF_SESSION, session_uid=session_uid, application_id=client_id, user_id=user_id, now=clock.now()
    )


def covers(grant: Grant, scopes: tuple[str, ...], resources: tuple[str, ...]) -> bool:
    """Tell whether a grant holds everything that is asked for."""
    return set(scopes) <= set(grant.scope.split()) and set(resources) <= set(_resources(grant.resources))


async def record(
    tx: Tx, clock: Clock, client: Client, session: Session, params: AuthorizationParams, known: Grant | None
) -> str:
    """Record that a session's user grants what is asked for; returns the id of the grant.

    It extends the one that is `known` (`of_session`), or is a new one, which ends the oldest of this user and client
    beyond those that the client may have (contract 1.14).
    """
    now, most = clock.now(), client.settings.max_allowed_grants
    if known is None:
        grant_id = new_token()
        await tx.later(
            store.INSERT,
            id=grant_id,
            user_id=session.user_id,
            application_id=client.id,
            session_uid=session.uid,
            scope=" ".join(params.scopes),
            resources=_text(params.resource),
            created_at=now,
            expires_at=now + GRANT_MS,
            revoked_at=None,
        )
        if most is not None:
            await take_turn(tx, f"grants:{session.user_id}:{client.id}")
            values = {"of_user": session.user_id, "of_application": client.id, "newest": grant_id, "most": most}
            await tx.run(store.REVOKE_OLDEST, **values, now=now)
        return grant_id
    merged = dict.fromkeys([*known.scope.split(), *params.scopes])
    every = tuple(dict.fromkeys([*_resources(known.resources), *params.resource]))
    await tx.later(
        store.EXTEND,
        grant_id=known.id,
        scope=" ".join(merged),
        resources=_text(every),
        expires_at=now + GRANT_MS,
    )
    return known.id


async def revoke(tx: Tx, clock: Clock, grant_id: str) -> None:
    """End a grant and with it every token that hangs on it."""
    await tx.run(store.REVOKE, grant_id=grant_id, now=clock.now())


async def revoke_own(tx: Tx, clock: Clock, grant_id: str, application_id: str) -> bool:
    """End a grant if it is this application's; returns whether it was."""
    values = {"grant_id": grant_id, "of_application": application_id}
    return await tx.run(store.REVOKE_OF_APPLICATION, **values, now=clock.now()) > 0


async def of_user(ctx: Context, user_id: str) -> list[Granted]:
    """Return a user's live grants, the newest first; an unknown user has none."""
    async with ctx.db.read() as tx:
        found = await tx.all(store.OF_USER, user_id=user_id, now=ctx.clock.now())
        indicators = {indicator for grant in found for indicator in _resources(grant.resources)}
        names = {name for grant in found for name in grant.scope.split()}
        if not indicators:
            return [Granted(grant, identity_scopes(grant.scope.split()), {}) for grant in found]
        known = {row.id: row.indicator for row in await tx.all(resource_store.KNOWN, indicators=indicators)}
        scopes = await tx.all(scope_store.DESCRIPTIONS, indicators=indicators, names=names)
    pairs = {(known[scope.resource_id], scope.name) for scope in scopes if scope.resource_id in known}
    return [_granted(grant, pairs) for grant in found]


def _granted(grant: UserGrant, known: set[tuple[str, str]]) -> Granted:
    asked = grant.scope.split()
    held = {
        indicator: [name for name in asked if (indicator, name) in known] for indicator in _resources(grant.resources)
    }
    return Granted(grant, identity_scopes(asked), held)


async def revoke_of_user(ctx: Context, user_id: str, grant_id: str) -> None:
    """End a grant of a user, and with it every token that hangs on it; the application is told, if it wants to be.

    Raises GrantNotFound.
    """
    async with ctx.db.write() as tx:
        grant = await tx.one(store.GET, id=grant_id, user_id=user_id)
        if grant is None or grant.revoked_at is not None:
            raise GrantNotFound
        await logout_notices.of_grant(tx, ctx.clock, grant_id)
        await revoke(tx, ctx.clock, grant_id)


def _text(resources: tuple[str, ...]) -> str:
    return msgspec.json.encode(resources).decode()
