"""How the authorization server refuses: RFC 6749 section 5.2, with the `code` and `message` that SDKs need."""

import msgspec

from vestibule.errors import AppError, InvalidInput, OAuthError, SessionNotFound
from vestibule.http import Request, Response
from vestibule.http.response import JSON

MESSAGES = {
    "access_denied": "The request was denied.",
    "consent_required": "The person has to agree first.",
    "insufficient_scope": "The access token does not carry the scope this needs.",
    "invalid_client": "The client is unknown, or it could not prove who it is.",
    "invalid_grant": "The code or token is wrong, expired, used before, or made for another client.",
    "invalid_redirect_uri": "The redirect address is not registered for this application.",
    "invalid_request": "The request is not complete or contradicts itself.",
    "invalid_scope": "A scope was asked for that cannot be granted.",
    "invalid_target": "The resource is missing, unknown or malformed.",
    "invalid_token": "The access token is missing, wrong or expired.",
    "login_required": "The person has to sign in first.",
    "server_error": "Something went wrong on this server. Its log names the cause under the request id.",
    "slow_down": "Too many failed tries. Wait a minute and try again.",
    "temporarily_unavailable": "The server cannot answer right now. Try again in a few seconds.",
    "unsupported_grant_type": "This server does not know the grant type.",
    "unsupported_response_type": "This server does not know the response type.",
    "unsupported_token_type": "Tokens of this kind cannot be looked up or revoked.",
}
SESSION_NOT_FOUND = ("session not found", "authorization request has expired")
NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))

_encode = msgspec.json.Encoder().encode


def as_oauth(error: Exception) -> OAuthError:
    """Translate any refusal into the words of OAuth."""
    if isinstance(error, OAuthError):
        return error
    if isinstance(error, SessionNotFound):
        return OAuthError("invalid_request", "session not found")
    if isinstance(error, InvalidInput):
        return OAuthError("invalid_request", error.text)
    if isinstance(error, AppError) and error.status == 503:
        return OAuthError("temporarily_unavailable", error.text, status=503, headers=error.headers)
    if isinstance(error, AppError):
        return OAuthError("invalid_request", error.text, status=error.status, headers=error.headers)
    return OAuthError("server_error", status=500)


def render_error(request: Request, error: Exception) -> Response:
    """Render a refusal as JSON; `?parse_error=false` leaves `code` and `message` out."""
    refusal = as_oauth(error)
    content: dict[str, str] = {}
    if ("parse_error", "false") not in request.query_items:
        content["code"] = code_of(refusal)
        content["message"] = MESSAGES.get(refusal.error) or refusal.description or refusal.error
    content["error"] = refusal.error
    if refusal.description is not None:
        content["error_description"] = refusal.description
    content |= refusal.extra
    response = Response(_encode(content), refusal.status, content_type=JSON, headers=NO_STORE)
    for name, value in refusal.headers.items():
        response.headers[name] = value
    return response


def code_of(error: OAuthError) -> str:
    """Return the stable code of a refusal."""
    if error.description is not None and error.description.startswith(SESSION_NOT_FOUND):
        return SessionNotFound.code
    return f"oidc.{error.error}"


def invalid_grant(reason: str) -> OAuthError:
    """Refuse a code or token: the caller never learns the reason, the log does."""
    return OAuthError("invalid_grant", "grant request is invalid", log=reason)


def not_found(request: Request) -> Response:
    """Answer a path that this server does not know."""
    route = f"{request.method} on {request.path}"
    description = f"unrecognized route or not allowed method ({route})"
    return render_error(request, OAuthError("invalid_request", description, status=404))


def method_not_allowed(request: Request, allowed: frozenset[str]) -> Response:
    """Answer a known path under another method, which the contract does not tell apart."""
    return not_found(request)
