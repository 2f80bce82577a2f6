"""What the token and revocation endpoints leave in the audit trail (contract section 9.4)."""

from vestibule.domain.audit import MASK, MAX_TEXT, Event, Trail
from vestibule.domain.clients import Client
from vestibule.errors import OAuthError
from vestibule.oidc.grants import Issued
from vestibule.oidc.params import Parameters

SHOWN = ("grant_type", "scope", "redirect_uri", "organization_id", "subject_token_type", "actor_token_type")
SECRET = ("code", "code_verifier", "refresh_token", "client_secret", "subject_token", "actor_token", "token")
KEYS = {
    "authorization_code": "ExchangeTokenBy.AuthorizationCode",
    "refresh_token": "ExchangeTokenBy.RefreshToken",
    "client_credentials": "ExchangeTokenBy.ClientCredentials",
    "urn:ietf:params:oauth:grant-type:token-exchange": "ExchangeTokenBy.TokenExchange",
}


def exchanged(trail: Trail, client: Client, params: Parameters, issued: Issued) -> None:
    """Note a token answer."""
    answer = issued.answer
    kinds = {"AccessToken": answer.access_token, "IdToken": answer.id_token, "RefreshToken": answer.refresh_token}
    more: dict[str, object] = {
        "params": shown(params),
        "tokenTypes": [name for name, value in kinds.items() if value],
        "scope": answer.scope or "",
    }
    trail.record(Event(key=_key(params), user_id=issued.user_id, application_id=client.id, more=more))


def refused(trail: Trail, client: Client, params: Parameters, error: OAuthError) -> None:
    """Note a refusal with its real reason, which the caller never learns."""
    reason = f"{error.error}: {error.reason}"
    trail.record(Event(key=_key(params), error=reason, application_id=client.id, more={"params": shown(params)}))


def revoked(trail: Trail, client: Client, user_id: str) -> None:
    """Note a revocation (RFC 7009)."""
    trail.record(Event(key="RevokeToken", user_id=user_id, application_id=client.id))


def shown(params: Parameters) -> dict[str, object]:
    """Return the parameters that may be kept; of secrets only that they were sent."""
    kept: dict[str, object] = {name: value[:MAX_TEXT] for name in SHOWN if (value := params.get(name)) is not None}
    kept |= {name: MASK for name in SECRET if params.get(name) is not None}
    if resources := params.all("resource"):
        kept["resource"] = [resource[:MAX_TEXT] for resource in resources]
    return kept


def _key(params: Parameters) -> str:
    return KEYS.get(params.get("grant_type") or "", "ExchangeTokenBy.Unknown")
