"""A company's OpenID provider in process: its own keys, and what it says is up to the test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.world import World

ISSUER = "https://login.acme.example"
CONFIG = {"clientId": "vestibule", "clientSecret": "s3cret-of-acme", "issuer": ISSUER}
Json = dict[str, Any]


@dataclass
class CompanyProvider:
    """Answers discovery, tokens, keys and userinfo; `claims` and `userinfo` are changed by tests."""

    world: World
    issuer: str = ISSUER
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}))
    claims: Json = field(default_factory=dict)
    userinfo: Json | None = None
    metadata: Json = field(default_factory=dict)
    alter: Callable[[Json], Json] = lambda claims: claims
    asked: list[str] = field(default_factory=list)
    nonce: str | None = None

    def serve(self) -> None:
        """Let the server's way out lead here and nowhere else."""
        self.world.server.ctx.outgoing._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app()))

    def app(self) -> Starlette:
        """Return the provider."""
        return Starlette(
            routes=[
                Route("/{tenant:path}.well-known/openid-configuration", self.discovery),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.keys),
                Route("/userinfo", self.person),
            ]
        )

    async def discovery(self, request: Request) -> Response:
        """Describe itself."""
        self.asked.append("discovery")
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        more = {} if self.userinfo is None else {"userinfo_endpoint": f"{self.issuer}/userinfo"}
        return JSONResponse({**told, **more, **self.metadata})

    async def token(self, request: Request) -> Response:
        """Redeem any code but `wrong`."""
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append(f"token {form.get('code')}")
        if form.get("code") == "wrong":
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = self.world.clock.now() // 1000
        claims = {"iss": self.issuer, "aud": "vestibule", "iat": now, "exp": now + 300, "nonce": self.nonce}
        signed = jwt.encode({"alg": "RS256", "kid": "k1"}, self.alter({**claims, **self.claims}), self.key)
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": signed, "expires_in": 300})

    async def keys(self, request: Request) -> Response:
        """Publish the key."""
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def person(self, request: Request) -> Response:
        """Say who signed in."""
        return JSONResponse(self.userinfo)

    def arrive(self, authorization_uri: str) -> Json:
        """Read an authorization request as the provider would; returns its parameters."""
        asked = dict(parse_qsl(urlsplit(authorization_uri).query))
        self.nonce = asked.get("nonce")
        return asked
