"""A stub of an identity server, made from tests/contract and nothing of ours: discovery, keys, tokens, users, codes."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from joserfc import jws
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.account.credentials import Credentials
from tests.account.elsewhere import JSON, Elsewhere, error
from tests.account.opened import Opened

CONTRACT = Path(__file__).parent.parent / "contract"
SHAPES = json.loads((CONTRACT / "management.openapi.json").read_text())
DISCOVERY = json.loads((CONTRACT / "openid-configuration.json").read_text())
USER = SHAPES["paths"]["/api/users/{userId}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
CODE = "424242"


def blank_user(user_id: str) -> JSON:
    """Make a user with every member that the contract requires."""
    empty: dict[str, Callable[[], Any]] = {
        "object": dict,
        "number": lambda: 1_750_000_000_000,
        "boolean": lambda: False,
    }
    user = {}
    for name in USER["required"]:
        shape = USER["properties"][name]
        user[name] = None if shape.get("nullable") else empty.get(shape["type"], str)()
    return {**user, "id": user_id}


@dataclass
class Stub(Elsewhere, Credentials, Opened):
    """What the stub holds, what it was asked, and the faults a test asks it to show."""

    url: str = ""
    sent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    codes: dict[str, JSON] = field(default_factory=dict)
    experience: JSON | None = None
    issues: dict[str, list[JSON]] | None = None
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    more_keys: list[Any] = field(default_factory=list)
    broken: Callable[[str], Response | Awaitable[Response | None] | None] = lambda _: None

    @property
    def issuer(self) -> str:
        """The issuer."""
        return f"{self.url}/oidc"

    def add(self, user_id: str, password: str | None = None, **members: Any) -> JSON:
        """Add a user."""
        self.users[user_id] = {**blank_user(user_id), **members}
        if password:
            self.passwords[user_id] = password
        return self.users[user_id]

    def sign(self, claims: JSON, key: ECKey | None = None, **header: Any) -> str:
        """Sign a token."""
        made = {"alg": "ES256", "kid": "one", "typ": "at+jwt", **header}
        return jws.serialize_compact(made, json.dumps(claims).encode(), key or self.key)

    def app(self) -> Starlette:
        """Return the application."""
        table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/oidc/.well-known/openid-configuration", self.discovery),
            ("GET", "/oidc/jwks", self.jwks),
            ("POST", "/oidc/token", self.token),
            ("POST", "/oidc/token/revocation", self.revoke),
            ("GET", "/api/users/{id}", self.get),
            ("PATCH", "/api/users/{id}", self.patch),
            ("PATCH", "/api/users/{id}/custom-data", self.custom_data),
            ("PATCH", "/api/users/{id}/password", self.set_password),
            ("POST", "/api/users/{id}/password/verify", self.verify_password),
            ("DELETE", "/api/users/{id}", self.delete),
            ("GET", "/api/users/{id}/personal-access-tokens", self.list_tokens),
            ("POST", "/api/users/{id}/personal-access-tokens", self.create_token),
            ("PATCH", "/api/users/{id}/personal-access-tokens", self.rename_token),
            ("POST", "/api/users/{id}/personal-access-tokens/delete", self.delete_token),
            ("GET", "/api/users/{id}/mfa-verifications", self.list_factors),
            ("POST", "/api/users/{id}/mfa-verifications", self.create_factor),
            ("DELETE", "/api/users/{id}/mfa-verifications/{factor}", self.delete_factor),
            ("PATCH", "/api/users/{id}/mfa-verifications/{factor}/name", self.rename_factor),
            ("GET", "/api/users/{id}/sessions", self.list_sessions),
            ("DELETE", "/api/users/{id}/sessions/{session}", self.end_session),
            ("GET", "/api/users/{id}/grants", self.list_grants),
            ("DELETE", "/api/users/{id}/grants/{grant}", self.revoke_grant),
            ("GET", "/api/users/{id}/trusted-devices", self.list_devices),
            ("DELETE", "/api/users/{id}/trusted-devices/{device}", self.forget_device),
            ("GET", "/api/connectors", self.list_connectors),
            ("GET", "/api/resources", self.list_resources),
            ("POST", "/api/connectors/{connector}/authorization-uri", self.authorization_uri),
            ("POST", "/api/users/{id}/identities", self.link),
            ("PUT", "/api/users/{id}/identities/{target}", self.put_identity),
            ("DELETE", "/api/users/{id}/identities/{target}", self.unlink),
            ("GET", "/api/users/{id}/all-identities", self.list_identities),
            ("GET", "/api/sso-connectors/{connector}", self.company),
            ("GET", "/api/sign-in-exp", self.sign_in_experience),
            ("POST", "/api/sign-in-exp/default/check-password", self.check_password),
            ("POST", "/api/verification-codes", self.send_code),
            ("POST", "/api/verification-codes/verify", self.verify_code),
        ]
        return Starlette(routes=[Route(path, self._guarded(path, call), methods=[way]) for way, path, call in table])

    def _guarded(
        self, path: str, call: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            self.asked.append(f"{request.method} {request.url.path}")
            fault = self.broken(request.url.path)
            if isinstance(fault, Awaitable):
                fault = await fault
            if fault is not None:
                return fault
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if path.startswith("/api") and token not in self.tokens:
                return error(401, "auth.unauthorized")
            if "id" in request.path_params and request.path_params["id"] not in self.users:
                return error(404, "entity.not_found")
            return await call(request)

        return guarded

    async def discovery(self, request: Request) -> Response:
        """The contract's document, under our address."""
        text = json.dumps(DISCOVERY).replace("http://localhost:3001", self.url)
        return Response(text, media_type="application/json")

    async def jwks(self, request: Request) -> Response:
        """The public key, after whatever else a test puts there."""
        return JSONResponse({"keys": [*self.more_keys, {**self.key.as_dict(private=False), "alg": "ES256"}]})

    async def token(self, request: Request) -> Response:
        """Client credentials, codes and refresh tokens."""
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("client_secret") not in {"m2m secret", "page secret"}:
            return error(401, "oidc.invalid_client", error="invalid_client")
        if form["grant_type"] == "client_credentials":
            token = f"machine {len(self.tokens)}"
            self.tokens.add(token)
            return JSONResponse({"access_token": token, "expires_in": 3600, "scope": "all", "token_type": "Bearer"})
        # Codes and refresh tokens are good once: using one again is what a thief does.
        held = self.codes.pop(form.get("code", form.get("refresh_token", "")), None)
        if held is None:
            return error(400, "oidc.invalid_grant", error="invalid_grant")
        self.asked.append(f"grant {json.dumps(form, sort_keys=True)}")
        return JSONResponse(held)

    async def revoke(self, request: Request) -> Response:
        """Always fine."""
        self.asked.append(f"revoked {(await request.body()).decode()}")
        return Response()

    async def get(self, request: Request) -> Response:
        """A user."""
        return JSONResponse(self.shown(self.users[request.path_params["id"]]))

    async def patch(self, request: Request) -> Response:
        """Change a user; identifiers of others are refused."""
        user, body = self.users[request.path_params["id"]], await request.json()
        for name, code in (("username", "username"), ("primaryEmail", "email"), ("primaryPhone", "phone")):
            others = [other for other in self.users.values() if other is not user]
            if body.get(name) and any(other[name] == body[name] for other in others):
                return error(422, f"user.{code}_already_in_use")
        user.update({name: value if value != "" else None for name, value in body.items()})
        return JSONResponse(self.shown(user))

    async def custom_data(self, request: Request) -> Response:
        """Merge custom data."""
        user = self.users[request.path_params["id"]]
        user["customData"] |= (await request.json())["customData"]
        return JSONResponse(user["customData"])

    async def set_password(self, request: Request) -> Response:
        """Set a password."""
        user_id = request.path_params["id"]
        self.passwords[user_id] = (await request.json())["password"]
        return JSONResponse(self.shown(self.users[user_id]))

    async def verify_password(self, request: Request) -> Response:
        """Check a password."""
        right = self.passwords.get(request.path_params["id"])
        good = right is not None and (await request.json())["password"] == right
        return Response(status_code=204) if good else error(422, "session.invalid_credentials")

    async def delete(self, request: Request) -> Response:
        """Delete a user."""
        del self.users[request.path_params["id"]]
        return Response(status_code=204)

    async def sign_in_experience(self, request: Request) -> Response:
        """What is decided, on a server that tells."""
        return Response("Not Found", 404) if self.experience is None else JSONResponse(self.experience)

    async def check_password(self, request: Request) -> Response:
        """Whether a password meets the policy, on a server that tells: a refusal is no error envelope."""
        body = await request.json()
        if self.issues is None:
            return Response("Not Found", 404)
        if body["userId"] not in self.users:
            return error(404, "entity.not_found")
        found = self.issues.get(body["password"])
        return JSONResponse({"result": False, "issues": found}, 400) if found else JSONResponse({"result": True})

    async def send_code(self, request: Request) -> Response:
        """Remember who was written to."""
        body = await request.json()
        self.sent.append(body.get("email") or body["phone"])
        return Response(status_code=204)

    async def verify_code(self, request: Request) -> Response:
        """One code is right, once for each message."""
        body = await request.json()
        recipient = body.get("email") or body["phone"]
        if recipient not in self.sent:
            return error(400, "verification_code.not_found")
        if body["verificationCode"] != CODE:
            return error(400, "verification_code.code_mismatch")
        self.sent.remove(recipient)
        return Response(status_code=204)
