"""Proofs by a social provider: the browser is sent there, comes back, and the provider says who it is.

Only what a provider vouches for leads to an account that is there, and only where that account's own address was
verified: whoever claims an address, there or here, takes over nobody's account.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from vestibule.connectors.social.saml import SamlFactory
from vestibule.crypto import new_id, same
from vestibule.db import Tx
from vestibule.domain import connectors, identities, social, token_secrets, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import assertions, events, holding, social_assertions
from vestibule.domain.interactions.mailboxes import same_mailbox
from vestibule.domain.interactions.state import Record, RecordType, SocialProof, State
from vestibule.domain.interactions.trail import note
from vestibule.errors import (
    AppError,
    ConnectorAuthorizationFailed,
    ConnectorSessionNotFound,
    EntityNotFound,
    IdentityInUse,
    IdentityNotExists,
    InvalidConnectorId,
    NotForForgottenPassword,
    SignInMethodNotEnabled,
    VerificationNotFound,
)
from vestibule.model import Interaction, RecipientKind, User
from vestibule.store import identities as identity_store
from vestibule.store import users as store

TYPE: RecordType = "Social"


async def begin(
    ctx: Context, interaction: Interaction, connector_id: str, state: str, redirect_uri: str, user_agent: str = ""
) -> tuple[str, str]:
    """Begin at a provider; returns where to send the browser, and the id of the record.

    Raises InsufficientInfo, EntityNotFound, ConnectorUnexpectedType, ConnectorInvalidConfig, NotForForgottenPassword,
    SignInMethodNotEnabled, Forbidden, InvalidRequest, and what `holding.hold` raises.
    """
    event = (await holding.read(ctx, interaction)).event
    if event == "ForgotPassword":
        raise NotForForgottenPassword
    events.check_open(ctx, event)
    begun = await social.begin(
        ctx, connector_id, state, redirect_uri, user_agent=user_agent, relay_state=interaction.id
    )
    if not connectors.lets_in(ctx, begun.target):
        raise SignInMethodNotEnabled
    if begun.is_posted:
        await assertions.check_way_back(ctx, interaction, redirect_uri)
    proof = SocialProof(connector_id, begun.target, begun.handshake)
    record = Record(new_id(), TYPE, social=proof, asked_at=ctx.clock.now())
    await holding.change(ctx, interaction, lambda held: held.keeping(record))
    await note(ctx, interaction, f"{event}.Verification.Social.Create", None)
    return begun.redirect_to, record.id


async def verify(
    ctx: Context, interaction: Interaction, record_id: str, connector_id: str, data: Mapping[str, object]
) -> str:
    """Exchange what the browser brought back for who it is; returns the id of the record, which is verified then.

    What the request began with is used up by the callback that has its state, whatever that says. Raises
    VerificationNotFound, InvalidConnectorId, ConnectorSessionNotFound, the connector's errors, and what `holding.hold`
    raises.
    """
    held, at = await holding.read(ctx, interaction), ctx.clock.now()
    proof = _of(held.record(record_id), connector_id)
    step = f"{held.event}.Verification.Social.Submit"
    try:
        instance = await connectors.get_instance(ctx, connector_id)
        if isinstance(instance.factory, SamlFactory):
            return await social_assertions.verify(ctx, interaction, instance, record_id, data)
        await holding.change(ctx, interaction, lambda state: _answered(state, record_id, data))
        handshake = proof.handshake
        if handshake is None or social_assertions.is_over(held.record(record_id), at):
            raise ConnectorSessionNotFound
        outcome = await social.finish(ctx, instance, data, handshake)
    except EntityNotFound as error:
        raise InvalidConnectorId from error
    except AppError as error:
        await note(ctx, interaction, step, None, error)
        raise
    kept = None
    if instance.enable_token_storage:
        given = await social.kept_of(ctx, instance, outcome.tokens)
        kept = token_secrets.under_way(ctx, interaction.id, instance, given)
    known = replace(proof, handshake=None, person=outcome.profile, tokens=kept, syncs=instance.sync_profile)

    def told(state: State) -> State:
        return state.keeping(replace(state.record(record_id), social=known, verified_at=at))

    await holding.change(ctx, interaction, told)
    await note(ctx, interaction, step, None)
    return record_id


def _answered(state: State, record_id: str, data: Mapping[str, object]) -> State:
    """Use up what a request began with, by its own callback alone: any page can have a browser come with another.

    Raises ConnectorAuthorizationFailed for that, ConnectorSessionNotFound.
    """
    proof = state.record(record_id).social
    begun = None if proof is None else proof.handshake
    if begun is not None and not same(str(data.get("state", "")), begun.state):
        raise ConnectorAuthorizationFailed("The callback answers another request.")
    return social_assertions.spent(state, record_id)


def _of(record: Record, connector_id: str) -> SocialProof:
    if record.social is None or record.social.connector_id != connector_id:
        raise VerificationNotFound
    return record.social


async def owner(tx: Tx, ctx: Context, proof: SocialProof, *, link: bool) -> User:
    """Return whose identity this is; with `link`, else whoever has the same verified address.

    Raises IdentityNotExists, which names the address by which an account could be linked; SignInMethodNotEnabled.
    """
    await refuse_closed(tx, ctx, proof)
    holder = await tx.value(identity_store.HOLDER, target=proof.target, identity_user_id=proof.known.id)
    user = None if holder is None else await tx.one(store.GET, id=str(holder))
    if user is not None:
        return user
    found = await related(tx, ctx, proof)
    if found is None:
        raise IdentityNotExists("Nobody here has this identity yet.", data={})
    kind, value, user = found
    if link:
        return user
    data = {"relatedUser": {"type": kind, "value": value}}
    raise IdentityNotExists("Nobody here has this identity yet, but somebody has the same address.", data=data)


async def refuse_closed(tx: Tx, ctx: Context, proof: SocialProof) -> None:
    """Refuse a provider that was closed, or whose connector went, since it was asked; raises SignInMethodNotEnabled."""
    if not await connectors.is_open(tx, ctx, proof.connector_id, proof.target):
        raise SignInMethodNotEnabled


async def related(tx: Tx, ctx: Context, proof: SocialProof) -> tuple[RecipientKind, str, User] | None:
    """Return whoever has an address that the provider vouches for, verified here as well, and no other identity there.

    A number comes before an address (connectors.md 2.7).
    """
    pairs: list[tuple[RecipientKind, str | None]] = [("phone", proof.known.phone), ("email", proof.known.email)]
    for kind, value in pairs:
        user = await users.find_by(tx, ctx, kind, value) if value else None
        if user is None or not value or proof.target in identities.held_by(user):
            continue
        held, is_verified = getattr(user, f"primary_{kind}"), getattr(user, users.VERIFIED[f"primary_{kind}"])
        # Look-up takes several mailboxes for one.
        if is_verified and (kind == "phone" or same_mailbox(value, held)):
            return kind, value, user
    return None


async def with_free(ctx: Context, record: Record) -> Record:
    """Return a record that somebody registers with, knowing which addresses nobody has; raises IdentityInUse."""
    proof = record.social
    if proof is None:
        return record
    free: list[RecipientKind] = []
    async with ctx.db.read() as tx:
        if await tx.value(identity_store.HOLDER, target=proof.target, identity_user_id=proof.known.id) is not None:
            raise IdentityInUse
        if proof.known.email and await users.find_by(tx, ctx, "email", proof.known.email) is None:
            free.append("email")
        if proof.known.phone and await users.find_by(tx, ctx, "phone", proof.known.phone) is None:
            free.append("phone")
    return replace(record, social=replace(proof, free=tuple(free)))


async def settle(tx: Tx, ctx: Context, state: State, user_id: str) -> None:
    """Write at the end what a provider has said of somebody who was recognised by it: the link, name and picture.

    Raises IdentityNotExists when the account no longer has the address by which it was found, IdentityInUse,
    SignInMethodNotEnabled.
    """
    used = None if state.proof is None else state.proof.social
    if used is None:
        return
    await refuse_closed(tx, ctx, used)
    if state.occasion == "Register":
        return
    if used.links:
        holder = await tx.value(identity_store.HOLDER, target=used.target, identity_user_id=used.known.id)
        found = await related(tx, ctx, used) if holder is None else None
        if holder != user_id and (found is None or found[2].id != user_id):
            raise IdentityNotExists
        await identities.put_in(tx, ctx, user_id, used.target, used.identity)
    if used.syncs:
        told = {"name": used.known.name, "avatar": used.known.avatar}
        await users.change_in(tx, ctx, user_id, {name: value for name, value in told.items() if value})
