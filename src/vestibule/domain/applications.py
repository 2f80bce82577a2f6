"""Clients of the authorization server: created, found, authenticated."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec

from vestibule.crypto import new_id, new_secret, same
from vestibule.db import Tx
from vestibule.domain.clients import Client, ClientMetadata
from vestibule.domain.context import Context
from vestibule.domain.seeds import MANAGEMENT_ROLE
from vestibule.domain.shown_secrets import APPLICATION_SECRET
from vestibule.model import Application, ApplicationType, folded
from vestibule.store import applications as store
from vestibule.store import roles

DEFAULT_SECRET_NAME = "Default secret"  # noqa: S105 - the name, not the value


class Proof(Enum):
    """How an attempt to authenticate a client ended (RFC 6749 section 2.3)."""

    UNKNOWN = "unknown client"
    FAILED = "wrong secret, no secret from a confidential client, or a secret from a public one"
    EXPIRED = "right secret, expired"
    PASSED = "passed"


@dataclass(frozen=True)
class Authentication:
    """The outcome; `client` is known even when the secret was wrong."""

    proof: Proof
    client: Client | None
    secret_name: str | None = None


async def create_application(
    ctx: Context,
    type: ApplicationType,  # noqa: A002 - the contract's word
    name: str,
    redirect_uris: Sequence[str] = (),
    post_logout_uris: Sequence[str] = (),
    *,
    management: bool = False,
    third_party: bool = False,
) -> tuple[Application, str | None]:
    """Create an application; confidential ones get a secret, whose value is returned this once.

    `management` gives a machine-to-machine application the role of the Management API.
    """
    metadata = ClientMetadata(redirect_uris=tuple(redirect_uris), post_logout_redirect_uris=tuple(post_logout_uris))
    shown = {"redirectUris": [], "postLogoutRedirectUris": [], **msgspec.to_builtins(metadata)}
    application = Application(
        id=new_id(),
        name=name,
        description=None,
        type=type,
        oidc_client_metadata=msgspec.json.encode(shown).decode(),
        custom_client_metadata="{}",
        custom_data="{}",
        is_third_party=third_party,
        created_at=ctx.clock.now(),
    )
    async with ctx.db.write() as tx:
        words = folded(name=application.name, description=application.description)
        await tx.run(store.INSERT, **msgspec.structs.asdict(application), **words)
        secret = None if application.is_public else await _add_secret(tx, ctx, application)
        if management:
            role_id = await tx.value(roles.FIND, name=MANAGEMENT_ROLE)
            await tx.run(store.GIVE_ROLE, application_id=application.id, role_id=role_id)
    return application, secret


async def _add_secret(tx: Tx, ctx: Context, application: Application) -> str:
    value = new_secret()
    digest = APPLICATION_SECRET.digest(ctx, value)
    await tx.run(
        store.INSERT_SECRET,
        application_id=application.id,
        name=DEFAULT_SECRET_NAME,
        value_digest=digest,
        value_sealed=APPLICATION_SECRET.seal(ctx, f"{application.id}/{digest}", value),
        created_at=ctx.clock.now(),
        expires_at=None,
    )
    return value


async def find_client(tx: Tx, client_id: str) -> Client | None:
    """Return the client with this id."""
    application = await tx.one(store.GET, id=client_id)
    return None if application is None else Client(application)


async def authenticate(tx: Tx, ctx: Context, client_id: str, secret: str | None) -> Authentication:
    """Check a client's secret, or that a public client sent none; one look-up, compared in constant time."""
    if secret is None:
        client = await find_client(tx, client_id)
        if client is None:
            return Authentication(Proof.UNKNOWN, None)
        return Authentication(Proof.PASSED if client.is_public else Proof.FAILED, client)
    presented = APPLICATION_SECRET.digest(ctx, secret)
    row = await tx.one(store.WITH_SECRET, id=client_id, value_digest=presented)
    if row is None:
        return Authentication(Proof.UNKNOWN, None)
    client = Client(row.application())
    if client.is_public or row.value_digest is None or not same(row.value_digest, presented):
        return Authentication(Proof.FAILED, client)
    if row.expires_at is not None and row.expires_at <= ctx.clock.now():
        return Authentication(Proof.EXPIRED, client, row.secret_name)
    return Authentication(Proof.PASSED, client, row.secret_name)
