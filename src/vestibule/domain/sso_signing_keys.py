"""The keys that sign requests to a company's SAML provider: at most one of a connector is active."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from vestibule.crypto import new_id
from vestibule.db import Tx
from vestibule.domain import sso_connectors
from vestibule.domain.context import Context
from vestibule.errors import ConnectorNotFound, EntityNotFound, SsoSigningKeyActive, SsoSigningKeyInUse
from vestibule.model import SsoSigningKey
from vestibule.store import sso_connectors as sso_connectors_store
from vestibule.store import sso_signing_keys as store

LIFETIME = timedelta(days=3 * 365)
BITS = 2048


class NotSaml(ConnectorNotFound):
    """A connector that is not of SAML signs no requests."""

    status = 404
    message = "This connector signs no requests: it is not of SAML."


async def find(ctx: Context, connector_id: str) -> Sequence[SsoSigningKey]:
    """Return a connector's keys, the oldest first; raises EntityNotExistsWithId, NotSaml."""
    async with ctx.db.read() as tx:
        await _saml(tx, ctx, connector_id)
        return await tx.all(store.OF_CONNECTOR, connector_id=connector_id)


async def create(ctx: Context, connector_id: str, *, active: bool) -> SsoSigningKey:
    """Make a key with a certificate for three years; an active one takes over. Raises as `find`."""
    await find(ctx, connector_id)
    now, key_id = ctx.clock.now(), new_id()
    begins = datetime.fromtimestamp(now // 1000, UTC)
    private, certificate = await asyncio.to_thread(_made, connector_id, begins)
    row = {
        "id": key_id,
        "sso_connector_id": connector_id,
        "private_sealed": ctx.sealer.seal(private, *store.SEAL, key_id),
        "certificate": certificate,
        "created_at": now,
        "expires_at": int((begins + LIFETIME).timestamp() * 1000),
        "active": active,
    }
    async with ctx.db.write() as tx:
        await _take_turn(tx, ctx, connector_id)
        if active:
            await tx.run(store.STOP, connector_id=connector_id)
        made = await tx.one(store.INSERT, **row)
    if made is None:
        raise EntityNotFound
    return made


async def set_active(ctx: Context, connector_id: str, key_id: str, active: bool) -> SsoSigningKey:
    """Let a key sign, in place of any other, or not; raises as `find`, EntityNotFound, SsoSigningKeyInUse."""
    async with ctx.db.write() as tx:
        connector = await _take_turn(tx, ctx, connector_id)
        held = await tx.one(store.GET, key_id=key_id, connector_id=connector_id)
        if held is None:
            raise EntityNotFound  # before the others stop signing
        if held.active == active:
            return held
        if not active and connector.config.get("signAuthnRequest") is True:
            raise SsoSigningKeyInUse
        if active:
            await tx.run(store.STOP, connector_id=connector_id)
        changed = await tx.one(store.SET, key_id=key_id, connector_id=connector_id, is_active=active)
    if changed is None:
        raise EntityNotFound
    return changed


async def remove(ctx: Context, connector_id: str, key_id: str) -> None:
    """Delete a key that does not sign; raises as `find`, EntityNotFound, SsoSigningKeyActive."""
    async with ctx.db.write() as tx:
        await _take_turn(tx, ctx, connector_id)
        held = await tx.one(store.GET, key_id=key_id, connector_id=connector_id)
        if held is None:
            raise EntityNotFound
        if held.active:
            raise SsoSigningKeyActive
        await tx.run(store.DELETE, key_id=key_id, connector_id=connector_id)


async def _saml(tx: Tx, ctx: Context, connector_id: str) -> sso_connectors.SsoConnector:
    connector = await sso_connectors.get_in(tx, ctx, connector_id)
    if connector.provider.kind != "saml":
        raise NotSaml
    return connector


async def _take_turn(tx: Tx, ctx: Context, connector_id: str) -> sso_connectors.SsoConnector:
    """Hold the connector: its keys and whether it signs change one after the other."""
    await tx.one(sso_connectors_store.GET_LOCKED, id=connector_id)
    return await _saml(tx, ctx, connector_id)


def _made(name: str, begins: datetime) -> tuple[bytes, str]:
    key = rsa.generate_private_key(65537, BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begins)
    certificate = builder.not_valid_after(begins + LIFETIME).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM).decode()
