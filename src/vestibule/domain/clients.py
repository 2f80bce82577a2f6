"""Applications as clients of the authorization server: found, authenticated, described by metadata (RFC 7591)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import msgspec

from vestibule.crypto import same
from vestibule.db import Tx
from vestibule.domain import redirect_uris
from vestibule.domain.context import Context
from vestibule.domain.shown_secrets import APPLICATION_SECRET
from vestibule.model import Application
from vestibule.store import applications as store

DAY_SECONDS = 86_400
REFRESH_TTL_SECONDS = 14 * DAY_SECONDS
ID_TOKEN_TTL_SECONDS = 3600
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105


class ClientMetadata(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """The column `oidc_client_metadata`."""

    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    logo_uri: str | None = None


class ClientSettings(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """The column `custom_client_metadata`; lifetimes in seconds unless they say days."""

    cors_allowed_origins: tuple[str, ...] = ()
    id_token_ttl: int = ID_TOKEN_TTL_SECONDS
    refresh_token_ttl_in_days: int | None = None
    refresh_token_ttl: int | None = None
    rotate_refresh_token: bool = True
    always_issue_refresh_token: bool = False
    is_device_flow: bool = False
    allow_token_exchange: bool = False
    max_allowed_grants: int | None = None


class Client:
    """An application read as a client; immutable."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.id = application.id
        self.type = application.type
        self.is_public = application.is_public
        self.is_third_party = application.is_third_party
        self.metadata = metadata_of(application.oidc_client_metadata)
        self.settings = _settings(application.custom_client_metadata)

    @property
    def grant_types(self) -> frozenset[str]:
        """The grants that the type of application allows, and token exchange where the operator does."""
        if self.settings.allow_token_exchange and not self.is_third_party:
            return self._of_type() | {TOKEN_EXCHANGE}
        return self._of_type()

    def _of_type(self) -> frozenset[str]:
        if self.type == "MachineToMachine":
            return frozenset({"client_credentials"})
        if self.type == "Native" and self.settings.is_device_flow:
            return frozenset({"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"})
        return frozenset({"authorization_code", "refresh_token"})

    @property
    def refresh_ttl_ms(self) -> int:
        """How long a refresh token lives: days win over seconds."""
        if self.settings.refresh_token_ttl_in_days is not None:
            return self.settings.refresh_token_ttl_in_days * DAY_SECONDS * 1000
        return (self.settings.refresh_token_ttl or REFRESH_TTL_SECONDS) * 1000

    def has_redirect_uri(self, uri: str) -> bool:
        """Whether `uri` may receive this client's authorization responses."""
        return redirect_uris.is_registered(uri, self.metadata.redirect_uris, native=self.type == "Native")

    def allows_origin(self, origin: str) -> bool:
        """Whether scripts of `origin` may read this client's token responses (contract 1.12)."""
        registered = self.metadata.redirect_uris
        return origin in self.settings.cors_allowed_origins or redirect_uris.is_origin_of(origin, registered)


@lru_cache(maxsize=1024)
def metadata_of(text: str) -> ClientMetadata:
    """Read the column `oidc_client_metadata`."""
    return msgspec.json.decode(text, type=ClientMetadata)


@lru_cache(maxsize=1024)
def _settings(text: str) -> ClientSettings:
    return msgspec.json.decode(text, type=ClientSettings)


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
