"""Proofs by a company's own sign-in: begun here, answered there, verified once, and written down when they identify.

Who it is says the provider's issuer with its subject there (B71). An address finds an account that exists only where
the company vouches for it, the connector owns its domain, and the account's owner has proven it (B69): a company says
nothing about addresses of others.
"""

import json
from collections.abc import Mapping

from msgspec.structs import replace

from vestibule.connectors.oauth.engine import Handshake, new_handshake
from vestibule.connectors.sso import oidc
from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain import sso_connectors, users
from vestibule.domain.context import Context
from vestibule.domain.email_domains import domain_of
from vestibule.domain.interactions import holding
from vestibule.domain.interactions.mailboxes import same_mailbox
from vestibule.domain.interactions.state import CompanyProof, Profile, Record, State
from vestibule.domain.interactions.trail import note
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.errors import (
    AppError,
    ConnectorSessionNotFound,
    EntityNotExistsWithId,
    IdentityConflict,
    IdentityInUse,
    InsufficientInfo,
    SignInMethodNotEnabled,
    SsoEnabled,
    SsoIdentityNotExist,
    VerificationFailed,
    VerificationNotFound,
)
from vestibule.model import Interaction, User
from vestibule.store import sso_identities as store
from vestibule.store import users as users_store

STEP = "SignIn.Verification.EnterpriseSso"


async def refuse_company(ctx: Context, *emails: str | None) -> None:
    """Refuse addresses whose company signs its people in itself; raises SsoEnabled."""
    for email in emails:
        found = await sso_connectors.for_email(ctx, email)
        if found:
            shown = [{"id": one.id, "connectorName": one.title, "logo": one.logo} for one in found]
            raise SsoEnabled(data={"ssoConnectors": shown})


async def begin(
    ctx: Context, interaction: Interaction, connector_id: str, state: str, redirect_uri: str
) -> tuple[str, str]:
    """Begin at a company; returns where to send the browser, and the id of the record.

    Raises InsufficientInfo, EntityNotExistsWithId, SignInMethodNotEnabled, the connector errors, and what
    `holding.hold` raises.
    """
    if not state or not redirect_uri:
        raise InsufficientInfo
    await holding.read(ctx, interaction)
    connector = await _open(ctx, connector_id)
    handshake = new_handshake(state, redirect_uri)
    try:
        onward = await oidc.begin(ctx.outgoing, connector.settings, handshake)
    except AppError as error:
        await note(ctx, interaction, f"{STEP}.Create", None, error)
        raise
    proof = CompanyProof(connector.id, handshake.state, redirect_uri, handshake.nonce, handshake.verifier)
    record = Record(new_id(), "EnterpriseSso", company=proof, asked_at=ctx.clock.now())
    await holding.change(ctx, interaction, lambda held: held.keeping(record))
    await note(ctx, interaction, f"{STEP}.Create", None)
    return onward, record.id


async def verify(
    ctx: Context, interaction: Interaction, connector_id: str, record_id: str, data: Mapping[str, object]
) -> str:
    """Exchange what the company called back with; returns the id of the record, which is verified from then on.

    A callback counts once, whatever the company answers (B73). Raises VerificationNotFound, ConnectorSessionNotFound,
    SignInMethodNotEnabled, EntityNotExistsWithId, the connector errors, and what `holding.hold` raises.
    """
    connector, at = await _open(ctx, connector_id), ctx.clock.now()
    record, proof = _waiting(await holding.read(ctx, interaction), connector_id, record_id)

    def spent(state: State) -> State:
        held, waiting = _waiting(state, connector_id, record_id)
        return state.keeping(replace(held, company=replace(waiting, spent=True)))

    await holding.change(ctx, interaction, spent)
    flow = Handshake(state=proof.state, redirect_uri=proof.redirect_uri, nonce=proof.nonce, verifier=proof.verifier)
    try:
        person = await oidc.finish(ctx.outgoing, connector.settings, data, flow, at)
    except AppError as error:
        await note(ctx, interaction, f"{STEP}.Submit", None, error)
        raise
    told = person.profile
    known = replace(
        proof, spent=True, issuer=person.issuer, identity_id=told.id, email=told.email, name=told.name,
        avatar=told.avatar, detail=person.detail,
    )  # fmt: skip

    def verified(state: State) -> State:
        held = state.record(record.id)
        return state.keeping(replace(held, company=known, verified_at=at))

    await holding.change(ctx, interaction, verified)
    await note(ctx, interaction, f"{STEP}.Submit", None)
    return record.id


def _waiting(state: State, connector_id: str, record_id: str) -> tuple[Record, CompanyProof]:
    record = state.record(record_id)
    if record.company is None or record.company.connector_id != connector_id:
        raise VerificationNotFound
    if record.company.spent:
        raise ConnectorSessionNotFound
    return record, record.company


async def _open(ctx: Context, connector_id: str) -> SsoConnector:
    connector = await sso_connectors.get(ctx, connector_id)
    if not ctx.live.experience.single_sign_on_enabled or not connector.is_available:
        raise SignInMethodNotEnabled
    return connector


async def owner(tx: Tx, ctx: Context, record: Record) -> User | None:
    """Return the user whom a record is about: who has the identity, or whose proven address it is.

    Raises VerificationFailed, SignInMethodNotEnabled, SsoIdentityNotExist.
    """
    proof = proof_of(record)
    held = await tx.one(store.HOLDER, issuer=proof.issuer, identity_id=proof.identity_id)
    if held is not None:
        return await tx.one(users_store.GET, id=held.user_id)
    email = await vouched(tx, ctx, proof)
    user = None if email is None else await users.find_by(tx, ctx, "email", email)
    proven = None if user is None or not user.email_verified else user.primary_email
    if email is None or proven is None or not same_mailbox(email, proven):
        raise SsoIdentityNotExist
    return user


def proof_of(record: Record) -> CompanyProof:
    """Return what a verified record says; raises VerificationFailed."""
    if record.company is None or not record.company.identity_id:
        raise VerificationFailed
    return record.company


async def vouched(tx: Tx, ctx: Context, proof: CompanyProof) -> str | None:
    """Return the address if the company may speak for it: in a domain of its connector. As `connector_in` raises."""
    connector = await connector_in(tx, ctx, proof.connector_id)
    return proof.email if domain_of(proof.email) in connector.domains else None


async def connector_in(tx: Tx, ctx: Context, connector_id: str) -> SsoConnector:
    """Return the connector as it is now: one that was closed under way signs nobody in (B75)."""
    try:
        connector = await sso_connectors.get_in(tx, ctx, connector_id)
    except EntityNotExistsWithId as error:
        raise SignInMethodNotEnabled from error
    if not ctx.live.experience.single_sign_on_enabled or not connector.is_available:
        raise SignInMethodNotEnabled
    return connector


async def newcomer(ctx: Context, record: Record) -> Profile:
    """Return what somebody new starts with; raises VerificationFailed, IdentityInUse, SignInMethodNotEnabled."""
    proof = proof_of(record)
    async with ctx.db.read() as tx:
        if await tx.one(store.HOLDER, issuer=proof.issuer, identity_id=proof.identity_id):
            raise IdentityInUse
        email = await vouched(tx, ctx, proof)
    return Profile(primary_email=email, name=proof.name, avatar=proof.avatar)


async def link(tx: Tx, ctx: Context, user_id: str, proof: CompanyProof) -> None:
    """Write down who a user is at a company, or what it tells of them now; raises IdentityConflict."""
    now = ctx.clock.now()
    await tx.run(
        store.PUT,
        id=new_id(),
        user_id=user_id,
        sso_connector_id=proof.connector_id,
        issuer=proof.issuer,
        identity_id=proof.identity_id,
        detail=json.dumps(proof.detail),
        created_at=now,
        updated_at=now,
    )
    held = await tx.one(store.HOLDER, issuer=proof.issuer, identity_id=proof.identity_id)
    if held is None or held.user_id != user_id:
        raise IdentityConflict


async def settle(tx: Tx, ctx: Context, state: State, user_id: str) -> None:
    """Write down at the end what identified the user; name and picture where the connector keeps them in step.

    Raises SignInMethodNotEnabled, IdentityConflict.
    """
    record = next((one for one in reversed(state.records) if one.type == "EnterpriseSso"), None)
    if state.proof != "EnterpriseSso" or record is None:
        return
    proof = proof_of(record)
    connector = await connector_in(tx, ctx, proof.connector_id)
    await link(tx, ctx, user_id, proof)
    told = {"name": proof.name, "avatar": proof.avatar}
    changes = {name: value for name, value in told.items() if value} if connector.sync_profile else {}
    await users.change_in(tx, ctx, user_id, changes)
