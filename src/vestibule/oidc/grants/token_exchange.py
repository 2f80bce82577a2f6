"""Token Exchange, RFC 8693: a token of a user for an access token (contract section 4)."""

from collections.abc import Mapping

from vestibule.crypto import digest
from vestibule.db import Tx
from vestibule.domain.authorization import OFFLINE_ACCESS
from vestibule.domain.clients import TOKEN_EXCHANGE, Client
from vestibule.errors import OAuthError
from vestibule.oidc import issue, subject_tokens
from vestibule.oidc.errors import invalid_grant
from vestibule.oidc.grants import Grant, Issued
from vestibule.oidc.issue import Access, Holder, TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider
from vestibule.oidc.subject_tokens import ACCESS_TOKEN, Subject


async def token_exchange(provider: Provider, client: Client, params: Parameters) -> Issued:
    """Exchange a subject token; the answer has no more than the user holds and the client asks for."""
    token, kind = params.need("subject_token", "subject_token_type")
    if params.get("requested_token_type") not in {None, ACCESS_TOKEN}:
        raise OAuthError("invalid_request", "only access tokens are issued")
    async with provider.db.read() as tx:  # signing is done before the transaction opens
        subject = await subject_tokens.find(tx, provider, token, kind)
        if subject is None or _is_over(provider, subject):
            raise invalid_grant("the subject token is unknown, of another type, used, expired or of a suspended user")
        actor = await _actor(tx, provider, params, subject)
        if params.get("organization_id") is not None:  # nobody belongs to one yet
            raise OAuthError("access_denied", "user is not a member of the organization", status=403)
        audience = _audience(params)
        scopes = subject.allowed(_asked(params), audience)
        holder = Holder(subject.user_id, client.id, scopes, subject.ends_at, actor)
        made = await issue.access_for(tx, provider, holder, audience)
    await _settle(provider, client, subject, made)
    # Section 2.2.1. No refresh token and no ID token: who has the subject token can come again.
    answer = TokenResponse(
        access_token=made.token,
        expires_in=made.seconds,
        token_type="Bearer",  # noqa: S106
        issued_token_type=ACCESS_TOKEN,
        scope=made.scope,
    )
    return Issued(answer, subject.user_id)


def _is_over(provider: Provider, subject: Subject) -> bool:
    """Whether there is no whole second left, the unit in which tokens live."""
    return subject.ends_at is not None and subject.ends_at - provider.clock.now() < 1000


async def _actor(tx: Tx, provider: Provider, params: Parameters, subject: Subject) -> Mapping[str, object] | None:
    """Section 4.1: who acts now, and within it who acted before."""
    if params.get("actor_token") is None and params.get("actor_token_type") is None:
        return subject.actor
    (token,) = params.need("actor_token")
    if params.get("actor_token_type") != ACCESS_TOKEN:
        raise invalid_grant("the actor token is not said to be an access token")
    user_id = await subject_tokens.actor_id(tx, provider, token)
    if user_id is None:
        raise invalid_grant("the actor token is unknown or expired, or lacks openid")
    return {"sub": user_id} if subject.actor is None else {"sub": user_id, "act": subject.actor}


def _audience(params: Parameters) -> str | None:
    """Return the one resource that is asked for; several make an opaque token, as they do elsewhere."""
    resources = params.all("resource")
    return resources[0] if len(resources) == 1 else None


def _asked(params: Parameters) -> tuple[str, ...]:
    """Return the scopes asked for, once each; nothing is offline about a token that cannot be refreshed."""
    asked = dict.fromkeys((params.get("scope") or "").split())
    asked.pop(OFFLINE_ACCESS, None)
    return tuple(asked)


async def _settle(provider: Provider, client: Client, subject: Subject, made: Access) -> None:
    """Write what the use leaves behind, if anything; refuses when the subject token has ended meanwhile."""
    if subject.use is None and not made.is_opaque:
        return
    now = provider.clock.now()
    async with provider.db.single() if subject.use is None else provider.db.write() as tx:
        if subject.use is not None and not await subject.use(tx):
            raise invalid_grant("the subject token was used in parallel")
        if made.is_opaque and not await tx.run(
            subject.insert,
            subject_id=subject.row_id,
            id=digest(made.token),
            application_id=client.id,
            scope=made.scope,
            created_at=now,
            expires_at=now + made.seconds * 1000,
        ):
            raise invalid_grant("the subject token, or its user's access, has ended meanwhile")


GRANT = Grant(TOKEN_EXCHANGE, token_exchange)
