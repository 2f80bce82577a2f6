"""Proofs by the social connector `saml`: what its provider posts lies in the sign-in until its browser comes back."""

from collections.abc import Mapping

from msgspec.structs import replace

from vestibule.connectors.social.saml import SamlFactory
from vestibule.crypto import digest, same
from vestibule.db import UniqueViolation
from vestibule.domain import connectors, social
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.domain.interactions import assertions, holding
from vestibule.domain.interactions.state import Record, State
from vestibule.domain.interactions.trail import note
from vestibule.errors import (
    AppError,
    ConnectorAssertionMissing,
    ConnectorAuthorizationFailed,
    ConnectorNotImplemented,
    ConnectorSessionNotFound,
    SignInMethodNotEnabled,
    VerificationNotFound,
)
from vestibule.model import Interaction
from vestibule.store import spent_authorizations


async def take(ctx: Context, interaction: Interaction, connector_id: str, response: str) -> str:
    """Check what a provider posts, once, and park it; returns the ticket by which the browser comes for it.

    Raises EntityNotFound, ConnectorNotImplemented, SignInMethodNotEnabled, VerificationNotFound,
    ConnectorSessionNotFound, ConnectorAuthorizationFailed and its like, and what `holding.hold` raises.
    """
    instance, now = await connectors.get_instance(ctx, connector_id), ctx.clock.now()
    if not isinstance(instance.factory, SamlFactory):
        raise ConnectorNotImplemented
    if not connectors.lets_in(ctx, instance.target):
        raise SignInMethodNotEnabled
    held = await holding.read(ctx, interaction)
    record = held.latest("Social")
    if record is None or record.social is None or record.social.connector_id != connector_id:
        raise VerificationNotFound
    flow = record.social.handshake
    await holding.change(ctx, interaction, lambda state: spent(state, record.id))
    if flow is None or is_over(record, now):
        raise ConnectorSessionNotFound
    try:
        found = await instance.factory.finish(ctx.outgoing, instance.config, flow, response, now)
        async with ctx.db.write() as tx:
            spending = spent_authorizations.SPEND
            await tx.run(spending, id=digest(f"{connector_id}\0{found.assertion}"), expires_at=found.expires_at)
            state = await holding.hold(tx, ctx, interaction)
            waiting = state.record(record.id)
            if waiting.social is None:
                raise VerificationNotFound
            known = replace(waiting.social, posted=found.profile, awaited=flow.state)
            parked, ticket = assertions.park(replace(waiting, social=known), flow.redirect_uri, flow.state)
            await holding.keep(tx, interaction, state.keeping(parked))
    except UniqueViolation as error:
        refusal = ConnectorAuthorizationFailed("This assertion was used already.", data={"error": "replay"})
        await note(ctx, interaction, f"{held.event}.Verification.Social.Submit", None, refusal)
        raise refusal from error
    except AppError as error:
        await note(ctx, interaction, f"{held.event}.Verification.Social.Submit", None, error)
        raise
    return ticket


def is_over(record: Record, now: int) -> bool:
    """Tell whether a browser was away too long."""
    return record.asked_at + social.SESSION_MS <= now


def spent(state: State, record_id: str) -> State:
    """Use up what a request began with; raises ConnectorSessionNotFound when that was done already."""
    record = state.record(record_id)
    if record.social is None or record.social.handshake is None:
        raise ConnectorSessionNotFound
    return state.keeping(replace(record, social=replace(record.social, handshake=None)))


async def verify(
    ctx: Context, interaction: Interaction, instance: Instance, record_id: str, data: Mapping[str, object]
) -> str:
    """Let what has arrived count, in the browser's own sign-in; returns the id of the record, which is verified then.

    Raises ConnectorAssertionMissing before it has arrived, ConnectorAuthorizationFailed for another state,
    ConnectorSessionNotFound, VerificationNotFound, and what `holding.hold` raises.
    """
    at = ctx.clock.now()

    def told(state: State) -> State:
        record = state.record(record_id)
        proof = record.social
        if proof is None or proof.connector_id != instance.id:
            raise VerificationNotFound
        if record.verified_at is not None or is_over(record, at):
            raise ConnectorSessionNotFound
        if proof.posted is None or not assertions.has_arrived(record):
            raise ConnectorAssertionMissing
        if not same(str(data.get("state", "")), proof.awaited):
            raise ConnectorAuthorizationFailed("The callback answers another request.")
        known = replace(proof, person=proof.posted, posted=None, awaited="", syncs=instance.sync_profile)
        return state.keeping(replace(record, social=known, verified_at=at))

    state = await holding.change(ctx, interaction, told)
    await note(ctx, interaction, f"{state.event}.Verification.Social.Submit", None)
    return record_id
