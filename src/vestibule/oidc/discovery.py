"""Discovery (OpenID Connect Discovery 1.0, RFC 8414) and the key set (RFC 7517).

Clients compare these lists, so they name what the contract names, although some of it no application can use
(`implicit`, the JWT methods of client authentication) and some is not served yet (device flow, pushed requests).
"""

import msgspec

from vestibule.domain.authorization import IDENTITY_SCOPES
from vestibule.http import Prepared, Request, Response
from vestibule.oidc.provider import Provider

CLAIMS = (
    "sub", "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at", "username", "created_at", "email",
    "email_verified", "phone_number", "phone_number_verified", "address", "custom_data", "identities",
    "sso_identities", "roles", "organizations", "organization_data", "organization_roles", "sid", "auth_time", "iss",
)  # fmt: skip
ANYONE = (("access-control-allow-origin", "*"), ("access-control-expose-headers", "*"))
KEY_SET = (b"content-type", b"application/jwk-set+json; charset=utf-8")
METADATA = (b"content-type", b"application/json; charset=utf-8")
UNCACHED = ("cache-control", "no-cache, max-age=0, must-revalidate")


def document(issuer: str, algorithms: tuple[str, ...]) -> dict[str, object]:
    """Return the provider metadata; `algorithms` are those of the key set, the one that signs first."""
    return {
        "authorization_endpoint": f"{issuer}/auth",
        "device_authorization_endpoint": f"{issuer}/device/auth",
        "claims_parameter_supported": False,
        "claims_supported": CLAIMS,
        "code_challenge_methods_supported": ("S256",),
        "end_session_endpoint": f"{issuer}/session/end",
        "grant_types_supported": (
            "implicit",
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_response_iss_parameter_supported": True,
        "response_modes_supported": ("form_post", "fragment", "query"),
        "response_types_supported": ("code id_token", "code", "id_token", "none"),
        "scopes_supported": IDENTITY_SCOPES,
        "subject_types_supported": ("public",),
        "token_endpoint_auth_methods_supported": (
            "client_secret_basic",
            "client_secret_jwt",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ),
        "token_endpoint_auth_signing_alg_values_supported": ("HS256", "RS256", "PS256", "ES256", "Ed25519", "EdDSA"),
        "token_endpoint": f"{issuer}/token",
        "id_token_signing_alg_values_supported": algorithms,
        "pushed_authorization_request_endpoint": f"{issuer}/request",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{issuer}/me",
        "introspection_endpoint": f"{issuer}/token/introspection",
        "revocation_endpoint": f"{issuer}/token/revocation",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "claim_types_supported": ("normal",),
    }


class Discovery:
    """Two documents that change only with the keys; made once."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._metadata: dict[tuple[str, ...], Prepared] = {}
        self._keys = Prepared(b"", KEY_SET)

    async def metadata(self, request: Request) -> Response:
        """Answer with the provider metadata."""
        algorithms = await self._provider.keys.algorithms()
        prepared = self._metadata.get(algorithms)
        if prepared is None:
            content = msgspec.json.encode(document(self._provider.issuer, algorithms))
            prepared = self._metadata[algorithms] = Prepared(content, METADATA, ANYONE)
        return prepared.answer()

    async def jwks(self, request: Request) -> Response:
        """Answer with the public keys."""
        content = await self._provider.keys.jwks()
        if content is not self._keys.content:
            self._keys = Prepared(content, KEY_SET, (*ANYONE, UNCACHED))
        return self._keys.answer()
