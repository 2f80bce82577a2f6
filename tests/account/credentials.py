"""The part of the stub that knows personal access tokens and factors."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.account.elsewhere import JSON, error


@dataclass
class Credentials:
    """Tokens and factors by user, and the sessions that a change of factors kept."""

    personal: dict[str, list[JSON]] = field(default_factory=dict)
    factors: dict[str, list[JSON]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def _tokens(self, request: Request) -> list[JSON]:
        return self.personal.setdefault(request.path_params["id"], [])

    def _named(self, request: Request, name: str) -> JSON | None:
        return next((token for token in self._tokens(request) if token["name"] == name), None)

    async def list_tokens(self, request: Request) -> Response:
        """Tokens, with their values."""
        return JSONResponse(self._tokens(request))

    async def create_token(self, request: Request) -> Response:
        """A token of a name that is free."""
        body = await request.json()
        if self._named(request, body["name"]):
            return error(422, "user.personal_access_token_name_exists")
        made = {
            "tenantId": "default",
            "userId": request.path_params["id"],
            "name": body["name"],
            "value": f"pat_{len(self._tokens(request)):032}",
            "createdAt": 1_750_000_000_000 + len(self._tokens(request)),
            "expiresAt": body.get("expiresAt"),
        }
        self._tokens(request).append(made)
        return JSONResponse(made, 201)

    async def rename_token(self, request: Request) -> Response:
        """Another name for a token."""
        body = await request.json()
        token = self._named(request, body["currentName"])
        if token is None:
            return error(404, "entity.not_exists")
        if body["name"] != body["currentName"] and self._named(request, body["name"]):
            return error(422, "user.personal_access_token_name_exists")
        token["name"] = body["name"]
        return JSONResponse(token)

    async def delete_token(self, request: Request) -> Response:
        """No token any more."""
        token = self._named(request, (await request.json())["name"])
        if token is None:
            return error(404, "entity.not_found")
        self._tokens(request).remove(token)
        return Response(status_code=204)

    def _factors(self, request: Request) -> list[JSON]:
        return self.factors.setdefault(request.path_params["id"], [])

    async def list_factors(self, request: Request) -> Response:
        """Factors without their secrets."""
        return JSONResponse([{k: v for k, v in item.items() if k != "secret"} for item in self._factors(request)])

    async def create_factor(self, request: Request) -> Response:
        """An authenticator app, or backup codes beside one."""
        body = await request.json()
        self.kept.append(request.query_params.get("keepSession", ""))
        held = {factor["type"] for factor in self._factors(request)}
        if body["type"] == "Totp" and "Totp" in held:
            return error(422, "user.totp_already_in_use")
        if body["type"] == "BackupCode" and not held:
            return error(422, "session.mfa.backup_code_can_not_be_alone")
        if body["type"] == "BackupCode" and "BackupCode" in held:
            return error(422, "user.backup_code_already_in_use")
        made: JSON = {
            "id": f"factor{len(self._factors(request))}",
            "createdAt": "2026-01-01T00:00:00.000Z",
            "type": body["type"],
        }
        if body["type"] == "Totp":
            self._factors(request).append({**made, "secret": body["secret"]})
            return JSONResponse({"type": "Totp", "secret": body["secret"], "secretQrCode": "data:image/png;base64,"})
        codes = [f"{number:010x}" for number in range(10)]
        self._factors(request).append({**made, "remainCodes": 10})
        return JSONResponse({"type": "BackupCode", "codes": codes})

    async def rename_factor(self, request: Request) -> Response:
        """Another name for a passkey; the contract has no such operation, and Vestibule does."""
        for one in self._factors(request):
            if one["id"] == request.path_params["factor"] and one["type"] == "WebAuthn":
                one["name"] = (await request.json())["name"]
                return JSONResponse(one)
        return error(404, "entity.not_found")

    async def delete_factor(self, request: Request) -> Response:
        """No such factor any more."""
        held = self._factors(request)
        self.kept.append(request.query_params.get("keepSession", ""))
        gone = [factor for factor in held if factor["id"] == request.path_params["factor"]]
        if not gone:
            return error(404, "entity.not_found")
        held.remove(gone[0])
        return Response(status_code=204)
