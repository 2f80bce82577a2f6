"""Who people are at social providers: the request that sends them there, and the callback that brings them back.

What a request began with (state, redirect URI, nonce, PKCE verifier) is a `Handshake`. An interaction keeps it in its
row; a program without a session gets it sealed, for one user, one connector, one use and ten minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from vestibule.connectors.oauth import renewal
from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.oauth.engine import Handshake, Outcome, new_handshake
from vestibule.connectors.oauth.places import without_challenge
from vestibule.connectors.social.factory import SocialFactory
from vestibule.connectors.social.saml import SamlFactory
from vestibule.crypto import SealError, digest, new_token
from vestibule.db import UniqueViolation
from vestibule.domain import connectors, users
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.errors import (
    ConnectorNotImplemented,
    ConnectorSessionNotFound,
    ConnectorUnexpectedType,
    InsufficientInfo,
    SocialIdTokenInvalid,
)
from vestibule.store import spent_authorizations as store

SESSION_MS = 600_000
MAX_SESSION_CHARS = 32 * 1024
SHOWN = "id-token\0"
"""What stands before a token in its digest: it is no request."""


class SealedHandshake(msgspec.Struct, frozen=True):
    """What a program holds between request and callback; times are epoch ms."""

    id: str
    state: str
    redirect_uri: str
    nonce: str
    verifier: str
    expires_at: int

    @property
    def handshake(self) -> Handshake:
        """What the request began with."""
        return Handshake(state=self.state, redirect_uri=self.redirect_uri, nonce=self.nonce, verifier=self.verifier)


_read = msgspec.json.Decoder(SealedHandshake).decode


@dataclass(frozen=True)
class Begun:
    """Where to send the browser, what was begun with, and whether it has to be remembered until the browser is back.

    The answer `is_posted` to us where the provider speaks SAML, and it is we who lead the browser back.
    """

    target: str
    redirect_to: str
    handshake: Handshake
    is_remembered: bool
    is_posted: bool = False


def social_of(instance: Instance) -> SocialFactory:
    """Return the factory of an instance that knows people; raises ConnectorUnexpectedType for any other."""
    if not isinstance(instance.factory, SocialFactory):
        raise ConnectorUnexpectedType("This connector sends messages and knows no people. Name a social connector.")
    return instance.factory


async def begin(
    ctx: Context, connector_id: str, state: str, redirect_uri: str, *,
    scope: str | None = None, user_agent: str = "", relay_state: str = "",
) -> Begun:  # fmt: skip
    """Begin a sign-in at a provider; `scope` takes the place of the configured one.

    A SAML provider posts to us, with the `relay_state` that names the sign-in: without one there is nobody to post for.
    Raises InsufficientInfo, EntityNotFound, ConnectorUnexpectedType, ConnectorInvalidConfig, ConnectorNotImplemented.
    """
    if not state or not redirect_uri:
        raise InsufficientInfo
    instance = await connectors.get_instance(ctx, connector_id)
    handshake = new_handshake(state, redirect_uri)
    if isinstance(instance.factory, SamlFactory):
        return await _begin_saml(ctx, instance, instance.factory, handshake, relay_state)
    factory = social_of(instance)
    redirect_to = factory.begin(instance.config, handshake, scope=scope, user_agent=user_agent)
    if redirect_to.startswith("http://"):
        await factory.check_addresses(ctx.outgoing, instance.config)
    return Begun(instance.target, redirect_to, handshake, factory.needs_handshake)


async def _begin_saml(
    ctx: Context, instance: Instance, factory: SamlFactory, flow: Handshake, relay_state: str
) -> Begun:
    if not relay_state:
        raise ConnectorNotImplemented
    # An id of XML begins with a letter or `_`, and names the request.
    handshake = replace(flow, nonce=f"_{flow.nonce}")
    now = ctx.clock.now()
    onward = await factory.begin(ctx.outgoing, instance.config, handshake, relay_state, now)
    return Begun(instance.target, onward, handshake, is_remembered=True, is_posted=True)


def unremembered(begun: Begun) -> str:
    """Return where to send the browser when nobody remembers anything; raises ConnectorNotImplemented."""
    if begun.is_remembered:
        raise ConnectorNotImplemented
    return without_challenge(begun.redirect_to)


async def sealed(ctx: Context, connector_id: str, user_id: str, begun: Begun) -> str:
    """Return what was begun with as a value that a program holds for one user; raises EntityNotFound without them."""
    async with ctx.db.read() as tx:
        await users.get_user(tx, user_id)
    flow, expires_at = begun.handshake, ctx.clock.now() + SESSION_MS
    held = SealedHandshake(new_token(), flow.state, flow.redirect_uri, flow.nonce, flow.verifier, expires_at)
    return ctx.sealer.seal(msgspec.json.encode(held), store.TABLE, store.COLUMN, f"{connector_id}/{user_id}")


async def finish(ctx: Context, instance: Instance, data: Mapping[str, object], handshake: Handshake | None) -> Outcome:
    """Exchange a callback for a person; call it with no transaction open.

    Raises the connector errors, SocialIdTokenInvalid also for an ID token that was brought before.
    """
    outcome = await social_of(instance).finish(ctx.outgoing, instance.config, data, handshake, ctx.clock.now())
    if outcome.shown is not None:
        try:
            async with ctx.db.write() as tx:
                spent_id = digest(f"{SHOWN}{outcome.shown.signed}")
                await tx.run(store.SPEND, id=spent_id, expires_at=outcome.shown.expires_at)
        except UniqueViolation as error:
            reason = "it was used already"
            raise SocialIdTokenInvalid(f"The ID token is not accepted: {reason}.", data={"message": reason}) from error
    return outcome


async def kept_of(ctx: Context, instance: Instance, tokens: Json) -> Json:
    """Return what is to be kept of the tokens of somebody who came back; call it with no transaction open."""
    factory = social_of(instance)
    config = factory.read(instance.config)
    return await renewal.prolong(ctx.outgoing, factory.provider, config, tokens, ctx.clock.now())


async def finish_sealed(
    ctx: Context, instance: Instance, user_id: str, data: Mapping[str, object], session: str
) -> Outcome:
    """Exchange a callback with the value that `sealed` gave, and use that up, whatever the provider answers.

    Raises ConnectorSessionNotFound when it has expired, was used, or is for another user or connector, and as `finish`.
    """
    held = _opened(ctx, instance.id, user_id, session)
    social_of(instance).check(instance.config, data, held.handshake)
    try:
        async with ctx.db.write() as tx:
            await tx.run(store.SPEND, id=digest(held.id), expires_at=held.expires_at)
    except UniqueViolation as error:
        raise ConnectorSessionNotFound from error
    return await finish(ctx, instance, data, held.handshake)


def _opened(ctx: Context, connector_id: str, user_id: str, session: str) -> SealedHandshake:
    """Open a sealed value; that it is for this user and this connector is part of the seal."""
    try:
        if len(session) > MAX_SESSION_CHARS:
            raise SealError("longer than any")
        held = _read(ctx.sealer.open(session, store.TABLE, store.COLUMN, f"{connector_id}/{user_id}"))
    except (SealError, ValueError) as error:
        raise ConnectorSessionNotFound from error
    if held.expires_at <= ctx.clock.now():
        raise ConnectorSessionNotFound
    return held
