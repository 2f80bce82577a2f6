"""The checks of an authorization request, in order. The order is the documentation: what fails before the redirect
URI is known to be the client's is answered to the browser, everything after goes back to the client.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from vestibule.domain.authorization import ORGANIZATIONS_RESOURCE
from vestibule.errors import OAuthError
from vestibule.oidc.asked import Asked

RESPONSE_MODES = frozenset({"query", "fragment", "form_post"})
KNOWN_RESPONSE_TYPES = frozenset({"code", "id_token", "code id_token", "none"})
PROMPTS = frozenset({"none", "login", "consent"})
PKCE_REQUIRED = "Authorization Server policy requires PKCE to be used for this request"
CHALLENGE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
CHALLENGE_LENGTH = 43
MAX_RESOURCES = 16


Check = Callable[[Asked], None]


def no_request_object(asked: Asked) -> None:
    """Request objects and pushed requests are not taken (RFC 9101 section 6.3, OpenID Connect Core section 3.1.2.6)."""
    if asked.params.request is not None:
        raise OAuthError("request_not_supported", "request parameter provided but not supported")
    if asked.params.request_uri is not None:
        raise OAuthError("request_uri_not_supported", "request_uri parameter provided but not supported")


def supported_response_type(asked: Asked) -> None:
    """Only `code` (RFC 9700 section 2.1.2)."""
    kind = asked.params.response_type
    if kind is None:
        raise OAuthError("invalid_request", "missing required parameter 'response_type'")
    if " ".join(sorted(kind.split())) not in KNOWN_RESPONSE_TYPES:
        raise OAuthError("unsupported_response_type", "unsupported response_type requested")
    if kind != "code":
        raise OAuthError("unauthorized_client", "requested response_type is not allowed for this client")


def grant_allowed(asked: Asked) -> None:
    """The client's type has the grant (RFC 6749 section 4.1.2.1)."""
    if "authorization_code" not in asked.client.grant_types:
        raise OAuthError("unauthorized_client", "requested response_type is not allowed for this client")


def supported_response_mode(asked: Asked) -> None:
    """OAuth 2.0 Multiple Response Types section 2.1, Form Post Response Mode."""
    if asked.params.response_mode not in {None, *RESPONSE_MODES}:
        raise OAuthError("unsupported_response_mode", "unsupported response_mode requested")


def proof_key(asked: Asked) -> None:
    """RFC 7636 section 4.4.1: S256 alone; public clients must, confidential ones may."""
    challenge, method = asked.params.code_challenge, asked.params.code_challenge_method
    if challenge is None:
        if asked.client.is_public:
            raise OAuthError("invalid_request", PKCE_REQUIRED)
        if method is not None:
            raise OAuthError("invalid_request", "code_challenge must be provided with code_challenge_method")
        return
    if method != "S256":  # absent means plain
        raise OAuthError("invalid_request", PKCE_REQUIRED)
    if len(challenge) != CHALLENGE_LENGTH or not set(challenge) <= CHALLENGE_CHARACTERS:
        raise OAuthError("invalid_request", "code_challenge must be the base64url SHA-256 of the verifier")


def known_prompt(asked: Asked) -> None:
    """OpenID Connect Core section 3.1.2.1."""
    prompts = asked.params.prompts
    if not prompts <= PROMPTS:
        raise OAuthError("invalid_request", "invalid prompt value")
    if "none" in prompts and len(prompts) > 1:
        raise OAuthError("invalid_request", "prompt none must only be used alone")


def whole_max_age(asked: Asked) -> None:
    """A number of seconds, not negative."""
    text = asked.params.max_age
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 12):
        raise OAuthError("invalid_request", "invalid max_age parameter value")


def absolute_resources(asked: Asked) -> None:
    """RFC 8707 section 2."""
    if len(asked.params.resource) > MAX_RESOURCES:
        raise OAuthError("invalid_target", "too many resource indicators")
    for indicator in asked.params.resource:
        try:
            parts = urlsplit(indicator)
        except ValueError:
            parts = urlsplit("")
        if not parts.scheme or not (parts.netloc or parts.path):
            raise OAuthError("invalid_target", "resource indicator must be an absolute URI")
        if "#" in indicator:
            raise OAuthError("invalid_target", "resource indicator must not contain a fragment component")


def known_resources(asked: Asked) -> None:
    """Every resource exists; the organizations marker of SDKs counts as one that does."""
    if not set(asked.params.resource) <= asked.known_resources | {ORGANIZATIONS_RESOURCE}:
        raise OAuthError("invalid_target", "resource indicator is missing, or unknown")


def allowed_scopes(asked: Asked) -> None:
    """Unknown scopes are ignored, but a third-party client may only ask for what was enabled for it."""
    if asked.client.is_third_party:
        foreign = [scope for scope in asked.params.scopes if scope not in asked.allowed_scopes]
        if foreign:
            extra = {"scope": " ".join(foreign)}
            raise OAuthError("invalid_scope", "requested scope is not allowed", extra=extra)


CHECKS: tuple[Check, ...] = (
    no_request_object,
    supported_response_type,
    grant_allowed,
    supported_response_mode,
    proof_key,
    known_prompt,
    whole_max_age,
    absolute_resources,
    known_resources,
    allowed_scopes,
)
