"""Client authentication (RFC 6749 section 2.3, contract 1.4): Basic and the body are interchangeable."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import unquote_plus

from vestibule.domain import client_failures
from vestibule.domain.clients import Client, Proof, authenticate
from vestibule.errors import OAuthError
from vestibule.http import Request
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider


@dataclass(frozen=True)
class Credentials:
    """What the client presented."""

    client_id: str
    secret: str | None
    by_header: bool


def presented(request: Request, params: Parameters) -> Credentials:
    """Read the client's credentials; raises invalid_request. `client_id` beside a Basic header must agree with it."""
    header = request.authorization
    body_id, body_secret = params.get("client_id"), params.get("client_secret")
    if header is None:
        if body_id is None:
            raise OAuthError("invalid_request", "no client authentication mechanism provided")
        return Credentials(body_id, body_secret, by_header=False)
    client_id, secret = _basic(header)
    if body_id is not None and body_id != client_id:
        raise OAuthError("invalid_request", "client_id mismatch")
    if body_secret is not None:
        raise OAuthError("invalid_request", "client authentication must only be provided using one mechanism")
    # A public client's SDK may send its id with an empty secret: that is no secret.
    return Credentials(client_id, secret or None, by_header=True)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError(scheme)
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error) as error:
        raise OAuthError("invalid_request", "invalid authorization header value format") from error
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if not colon or not client_id or "\0" in client_id + secret:
        raise OAuthError("invalid_request", "invalid authorization header value format")
    return client_id, secret


async def client_of(request: Request, params: Parameters, provider: Provider) -> Client:
    """Return the authenticated client; raises invalid_client, or slow_down after too many wrong secrets."""
    given = presented(request, params)
    async with provider.db.read() as tx:
        outcome = await authenticate(tx, provider.ctx, given.client_id, given.secret)
    if outcome.client is None:
        raise OAuthError("invalid_client", f"invalid client {given.client_id[:64]}")
    if outcome.proof is Proof.PASSED:
        return outcome.client
    if outcome.proof is Proof.EXPIRED:
        raise OAuthError("invalid_request", "client secret has expired")
    if await client_failures.too_many(provider.ctx, given.client_id, request.ip):
        raise OAuthError(
            "slow_down", "too many failed client authentications", status=429, headers={"Retry-After": "60"}
        )
    headers = {"WWW-Authenticate": f'Basic realm="{provider.issuer}"'} if given.by_header else {}
    raise OAuthError("invalid_client", "client authentication failed", status=401, headers=headers)
