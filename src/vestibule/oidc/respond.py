"""Authorization responses: code or error, in the mode the client asked for, always with `iss` (RFC 9207)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from vestibule.domain.authorization import AuthorizationParams
from vestibule.errors import OAuthError
from vestibule.http import Request, Response, redirect
from vestibule.oidc.provider import Provider


def to_client(request: Request, provider: Provider, params: AuthorizationParams, fields: Mapping[str, str]) -> Response:
    """Send the response to the client's redirect URI, which was checked before; 303, never 307."""
    full = dict(fields)
    if params.state is not None:
        full["state"] = params.state
    full["iss"] = provider.issuer
    if params.response_mode == "form_post":
        return provider.renderer.form_post(request, params.redirect_uri, full)
    mark = "#" if params.response_mode == "fragment" else ("&" if "?" in params.redirect_uri else "?")
    return redirect(f"{params.redirect_uri}{mark}{urlencode(full)}")


def refusal(request: Request, provider: Provider, params: AuthorizationParams, error: OAuthError) -> Response:
    """Tell the client why (RFC 6749 section 4.1.2.1)."""
    fields = {"error": error.error}
    if error.description is not None:
        fields["error_description"] = error.description
    return to_client(request, provider, params, fields | error.extra)


def to_browser(request: Request, provider: Provider, error: OAuthError) -> Response | None:
    """Show a person a page instead of JSON; None for programs."""
    accepted = request.headers.get("accept", "")
    if "text/html" not in accepted or ("parse_error", "false") in request.query_items:
        return None
    return provider.renderer.error(request, error)
