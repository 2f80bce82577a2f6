"""Identities of users at social providers: a user has one a provider (its `target`), and it belongs to nobody else.

The user's row holds what is shown, so that reading users costs nothing more; a table beside it holds what is unique.
"""

from collections.abc import Mapping

import msgspec

from vestibule.connectors.oauth.profile import Profile
from vestibule.connectors.social.factory import SocialFactory
from vestibule.connectors.social.saml import SamlFactory
from vestibule.db import Tx, UniqueViolation
from vestibule.domain import connectors, social, users
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.errors import (
    ConnectorNotImplemented,
    EntityInvalidInput,
    EntityNotFound,
    IdentityInUse,
    IdentityNotExists,
    InvalidConnectorId,
)
from vestibule.model import Identity, User
from vestibule.store import identities as store
from vestibule.store import token_secrets
from vestibule.store import users as users_store

Held = Mapping[str, Identity]
"""Identities by target."""

_held = msgspec.json.Decoder(dict[str, Identity]).decode


def held_by(user: User) -> dict[str, Identity]:
    """Return the identities in a user's row."""
    return _held(user.identities)


async def of_user(ctx: Context, user_id: str) -> Held:
    """Return a user's identities; raises EntityNotFound."""
    async with ctx.db.read() as tx:
        return _held((await users.get_user(tx, user_id)).identities)


async def get_identity(ctx: Context, user_id: str, target: str) -> Identity:
    """Return who a user is at one provider; raises EntityNotFound, IdentityNotExists."""
    found = (await of_user(ctx, user_id)).get(target)
    if found is None:
        raise IdentityNotExists
    return found


async def put_identity(ctx: Context, user_id: str, target: str, identity: Identity) -> tuple[User, bool]:
    """Say who a user is at a provider, in place of what was said before; returns whether nothing was.

    Raises EntityNotFound, EntityInvalidInput for a target with a quotation mark, IdentityInUse.
    """
    try:
        async with ctx.db.write() as tx:
            return await put_in(tx, ctx, user_id, target, identity)
    except UniqueViolation as error:
        raise IdentityInUse from error


async def put_in(tx: Tx, ctx: Context, user_id: str, target: str, identity: Identity) -> tuple[User, bool]:
    """Do what `put_identity` does in a transaction; raises UniqueViolation as well, when two do so at once."""
    user = await _locked(tx, user_id)
    if '"' in target:
        raise EntityInvalidInput("The name of a provider holds no quotation mark.")
    # Asked first, since two users who trade identities would otherwise wait for each other.
    holder = await tx.value(store.HOLDER, target=target, identity_user_id=identity.user_id)
    if holder not in {None, user_id}:
        raise IdentityInUse
    held = held_by(user)
    if target in held and held[target].user_id != identity.user_id:
        await tx.run(token_secrets.DELETE_SOCIAL, of_user=user_id, at=target)
    await tx.run(store.PUT, user_id=user_id, target=target, identity_user_id=identity.user_id)
    return await _changed(tx, ctx, user_id, {**held, target: identity}), target not in held


async def remove_identity(ctx: Context, user_id: str, target: str) -> User:
    """Forget who a user is at a provider; raises EntityNotFound, IdentityNotExists."""
    async with ctx.db.write() as tx:
        held = _held((await _locked(tx, user_id)).identities)
        if held.pop(target, None) is None:
            raise IdentityNotExists
        await tx.run(store.DELETE, of_user=user_id, at=target)
        return await _changed(tx, ctx, user_id, held)


async def remove_all(tx: Tx, ctx: Context, user_id: str) -> None:
    """Forget who a user is at every provider; raises EntityNotFound."""
    held = held_by(await _locked(tx, user_id))
    for target in held:
        await tx.run(store.DELETE, of_user=user_id, at=target)
    if held:
        await _changed(tx, ctx, user_id, {})


async def link_through(
    ctx: Context, user_id: str, connector_id: str, data: Mapping[str, object], session: str | None = None
) -> Held:
    """Let a provider say who a user is, by its callback; `session` is what the request began with, sealed.

    Returns the user's identities. Raises EntityNotFound for an unknown connector or user, InvalidConnectorId,
    IdentityInUse, ConnectorSessionNotFound, and the errors of the connector; then nothing is linked.
    """
    instance = await connectors.get_instance(ctx, connector_id)
    await of_user(ctx, user_id)
    if isinstance(instance.factory, SamlFactory):
        raise ConnectorNotImplemented
    if not isinstance(instance.factory, SocialFactory):
        raise InvalidConnectorId
    if session is None:
        outcome = await social.finish(ctx, instance, data, None)
    else:
        outcome = await social.finish_sealed(ctx, instance, user_id, data, session)
    return await link(ctx, user_id, instance, outcome.profile)


async def link(ctx: Context, user_id: str, instance: Instance, profile: Profile) -> Held:
    """Keep who a user is at a provider, in place of who they were there; raises EntityNotFound, IdentityInUse."""
    user, _ = await put_identity(ctx, user_id, instance.target, Identity(profile.id, profile.details()))
    return _held(user.identities)


async def _locked(tx: Tx, user_id: str) -> User:
    user = await tx.one(users_store.GET_LOCKED, id=user_id)
    if user is None:
        raise EntityNotFound
    return user


async def _changed(tx: Tx, ctx: Context, user_id: str, held: Held) -> User:
    values = {"identities": msgspec.json.encode(held).decode(), "updated_at": ctx.clock.now()}
    user = await users_store.change(tx, user_id, values)
    if user is None:
        raise EntityNotFound
    return user
