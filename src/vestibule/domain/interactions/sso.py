"""Proofs by a company's own sign-in: begun here, answered there, verified once, and written down when they identify.

Who it is says the provider's issuer with its subject there (B71). An address finds an account that exists only where
the company vouches for it, the connector owns its domain, and the account's owner has proven it (B69): a company says
nothing about addresses of others.
"""

import json
from collections.abc import Mapping

from msgspec.structs import replace

from vestibule.connectors.oauth.engine import Handshake, new_handshake
from vestibule.connectors.sso import oidc, saml
from vestibule.connectors.sso.providers import SamlConfig, authority
from vestibule.crypto import digest, new_id, same
from vestibule.db import Tx, UniqueViolation
from vestibule.domain import sso_connectors, token_secrets, users
from vestibule.domain.context import Context
from vestibule.domain.email_domains import domain_of
from vestibule.domain.interactions import assertions, holding
from vestibule.domain.interactions.mailboxes import same_mailbox
from vestibule.domain.interactions.state import CompanyProof, Profile, Record, State
from vestibule.domain.interactions.trail import note
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.errors import (
    AppError,
    ConnectorAssertionMissing,
    ConnectorAuthorizationFailed,
    ConnectorSessionNotFound,
    ConnectorUnexpectedType,
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
from vestibule.store import spent_authorizations as spent
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

    Raises InsufficientInfo, EntityNotExistsWithId, SignInMethodNotEnabled, InvalidRequest, the connector errors, and
    what `holding.hold` raises.
    """
    if not state or not redirect_uri:
        raise InsufficientInfo
    await holding.read(ctx, interaction)
    connector = await _open(ctx, connector_id)
    if isinstance(connector.settings, SamlConfig):
        await assertions.check_way_back(ctx, interaction, redirect_uri)
    handshake, settings, record_id = new_handshake(state, redirect_uri), connector.settings, new_id()
    # An id of XML begins with a letter or `_`, and names the request.
    nonce = f"_{record_id}{handshake.nonce}" if isinstance(settings, SamlConfig) else handshake.nonce
    try:
        if isinstance(settings, SamlConfig):
            ours = saml.service_provider(ctx.settings.public_url, connector.id)
            now, key = ctx.clock.now(), await sso_connectors.signing_key(ctx, connector.id, settings)
            onward = await saml.begin(ctx.outgoing, settings, ours, nonce, interaction.id, now, key)
        else:
            onward = await oidc.begin(ctx.outgoing, settings, handshake)
    except AppError as error:
        await note(ctx, interaction, f"{STEP}.Create", None, error)
        raise
    proof = CompanyProof(connector.id, handshake.state, redirect_uri, nonce, handshake.verifier)
    record = Record(record_id, "EnterpriseSso", company=proof, asked_at=ctx.clock.now())
    await holding.change(ctx, interaction, lambda held: held.keeping(record))
    await note(ctx, interaction, f"{STEP}.Create", None)
    return onward, record.id


async def verify(
    ctx: Context, interaction: Interaction, connector_id: str, record_id: str, data: Mapping[str, object]
) -> str:
    """Exchange what the company called back with; returns the id of the record, which is verified from then on.

    Its own callback counts once, whatever the company says (B73); one with another state uses nothing up. Raises
    VerificationNotFound, ConnectorSessionNotFound, SignInMethodNotEnabled, EntityNotExistsWithId, the connector errors,
    and what `holding.hold` raises.
    """
    connector, at = await _open(ctx, connector_id), ctx.clock.now()
    settings = connector.settings
    if isinstance(settings, SamlConfig):
        await holding.change(ctx, interaction, lambda held: _answered(held, connector_id, record_id, data, at))
        await note(ctx, interaction, f"{STEP}.Submit", None)
        return record_id
    try:
        proof = await _spend(ctx, interaction, connector_id, record_id, data)
        flow = Handshake(state=proof.state, redirect_uri=proof.redirect_uri, nonce=proof.nonce, verifier=proof.verifier)
        person = await oidc.finish(ctx.outgoing, settings, data, flow, at)
    except AppError as error:
        await note(ctx, interaction, f"{STEP}.Submit", None, error)
        raise
    kept = (
        token_secrets.under_way(ctx, interaction.id, connector, person.tokens)
        if connector.enable_token_storage
        else None
    )
    known = replace(_knowing(proof, person), tokens=kept)

    def verified(state: State) -> State:
        return state.keeping(replace(state.record(record_id), company=known, verified_at=at))

    await holding.change(ctx, interaction, verified)
    await note(ctx, interaction, f"{STEP}.Submit", None)
    return record_id


async def take_assertion(ctx: Context, interaction: Interaction, connector_id: str, response: str) -> str:
    """Check what a SAML provider posts, once, and park it; returns the ticket by which the browser comes for it.

    Raises EntityNotExistsWithId, SignInMethodNotEnabled, ConnectorUnexpectedType, VerificationNotFound,
    ConnectorSessionNotFound, ConnectorAuthorizationFailed and its like, and what `holding.hold` raises.
    """
    connector, now = await _open(ctx, connector_id), ctx.clock.now()
    settings = connector.settings
    if not isinstance(settings, SamlConfig):
        raise ConnectorUnexpectedType("This connector takes no assertions.")
    record = (await holding.read(ctx, interaction)).latest("EnterpriseSso")
    if record is None:
        raise VerificationNotFound
    proof = await _spend(ctx, interaction, connector_id, record.id)
    ours = saml.service_provider(ctx.settings.public_url, connector.id)
    try:
        found = await saml.finish(ctx.outgoing, settings, ours, proof.nonce, response, now)
        known = _knowing(proof, found.person)
        async with ctx.db.write() as tx:
            await tx.run(spent.SPEND, id=digest(f"{known.issuer}\0{found.assertion_id}"), expires_at=found.expires_at)
            state = await holding.hold(tx, ctx, interaction)
            waiting = replace(state.record(record.id), company=known)
            parked, ticket = assertions.park(waiting, proof.redirect_uri, proof.state)
            await holding.keep(tx, interaction, state.keeping(parked))
    except UniqueViolation as error:
        refusal = ConnectorAuthorizationFailed("This assertion was used already.", data={"error": "replay"})
        await note(ctx, interaction, f"{STEP}.Submit", None, refusal)
        raise refusal from error
    except AppError as error:
        await note(ctx, interaction, f"{STEP}.Submit", None, error)
        raise
    return ticket


def _answered(state: State, connector_id: str, record_id: str, data: Mapping[str, object], at: int) -> State:
    """Return it with a record verified by the assertion that has arrived for it."""
    record = state.record(record_id)
    proof = record.company
    if proof is None or proof.connector_id != connector_id:
        raise VerificationNotFound
    if record.verified_at is not None:
        raise ConnectorSessionNotFound
    if not proof.identity_id or not assertions.has_arrived(record):
        raise ConnectorAssertionMissing
    _check_state(proof, data)
    return state.keeping(replace(record, verified_at=at))


def _check_state(proof: CompanyProof, data: Mapping[str, object]) -> None:
    """Refuse a callback that answers another request: any page can have a browser come with one."""
    if not same(str(data.get("state", "")), proof.state):
        raise ConnectorAuthorizationFailed("The callback answers another request.")


async def _spend(
    ctx: Context, interaction: Interaction, connector_id: str, record_id: str, data: Mapping[str, object] | None = None
) -> CompanyProof:
    """Use up what a sign-in at a company began with, by the callback that answers it, if it is answered by one.

    Raises VerificationNotFound, ConnectorSessionNotFound, ConnectorAuthorizationFailed.
    """

    def spent_once(state: State) -> State:
        held, waiting = _waiting(state, connector_id, record_id)
        if data is not None:
            _check_state(waiting, data)
        return state.keeping(replace(held, company=replace(waiting, spent=True)))

    held = (await holding.change(ctx, interaction, spent_once)).record(record_id).company
    if held is None:
        raise VerificationNotFound
    return held


def _knowing(proof: CompanyProof, person: oidc.Person) -> CompanyProof:
    """Return a proof with whom the company named."""
    told = person.profile
    return replace(
        proof, spent=True, issuer=person.issuer, identity_id=told.id, email=told.email, name=told.name,
        avatar=told.avatar, detail=person.detail,
    )  # fmt: skip


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

    Raises VerificationFailed, SignInMethodNotEnabled, SsoIdentityNotExist, and IdentityConflict where a company names
    an issuer that is another's: what a provider says of itself is no more than a claim, the configuration counts.
    """
    proof = proof_of(record)
    held = await tx.one(store.HOLDER, issuer=proof.issuer, identity_id=proof.identity_id)
    if held is not None:
        if held.sso_connector_id != proof.connector_id:
            theirs = await sso_connectors.get_in(tx, ctx, held.sso_connector_id)
            ours = await connector_in(tx, ctx, proof.connector_id)
            if authority(theirs.settings) != authority(ours.settings):
                raise IdentityConflict
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
    if state.proof is None or state.proof.type != "EnterpriseSso":
        return
    proof = proof_of(state.proof)
    connector = await connector_in(tx, ctx, proof.connector_id)
    await link(tx, ctx, user_id, proof)
    told = {"name": proof.name, "avatar": proof.avatar}
    changes = {name: value for name, value in told.items() if value} if connector.sync_profile else {}
    await users.change_in(tx, ctx, user_id, changes)
