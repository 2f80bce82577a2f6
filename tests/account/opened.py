"""The part of the stub that knows where its users are signed in: sessions, grants, trusted devices."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.account.elsewhere import JSON, error


@dataclass
class Opened:
    """Each by user, and the sessions that were ended."""

    sessions: dict[str, list[JSON]] = field(default_factory=dict)
    grants: dict[str, list[JSON]] = field(default_factory=dict)
    resources: dict[str, int] = field(default_factory=dict)
    devices: dict[str, list[JSON]] = field(default_factory=dict)
    ended: list[tuple[str, str]] = field(default_factory=list)

    def add_session(self, user_id: str, uid: str, at: int, **context: str) -> None:
        """Let a user be signed in somewhere since `at` (epoch s)."""
        ends = at + 1_209_600
        payload = {
            "exp": ends, "iat": at, "jti": f"j {uid}", "uid": uid, "kind": "Session", "loginTs": at,
            "accountId": user_id, "authorizations": {},
        }  # fmt: skip
        submission: JSON = {"interactionEvent": "SignIn", "userId": user_id, "verificationRecords": []}
        if context:
            submission["signInContext"] = context
        made = {"payload": payload, "lastSubmission": submission, "clientId": None, "accountId": user_id}
        self.sessions.setdefault(user_id, []).append({**made, "expiresAt": ends * 1000})

    async def list_sessions(self, request: Request) -> Response:
        """A user's sessions, as the contract shows them: without the time of the last use."""
        return JSONResponse({"sessions": self.sessions.get(request.path_params["id"], [])})

    async def end_session(self, request: Request) -> Response:
        """No such session any more, with its grants or without."""
        held = self.sessions.get(request.path_params["id"], [])
        gone = [one for one in held if one["payload"]["uid"] == request.path_params["session"]]
        if not gone:
            return error(404, "oidc.session_not_found")
        self.ended.append((gone[0]["payload"]["uid"], request.query_params.get("revokeGrantsTarget", "")))
        held.remove(gone[0])
        return Response(status_code=204)

    def add_grant(self, user_id: str, grant_id: str, app: str, name: str, at: int, scope: str = "openid") -> None:
        """Let an application have been opened at `at` (epoch s)."""
        payload = {
            "exp": at + 86_400, "iat": at, "jti": grant_id, "kind": "Grant", "clientId": app, "accountId": user_id,
            "openid": {"scope": scope}, "resources": {"https://api.example": "read"}, "rejected": {},
        }  # fmt: skip
        made: JSON = {"id": grant_id, "payload": payload, "expiresAt": (at + 86_400) * 1000}
        self.grants.setdefault(user_id, []).append({**made, "application": {"id": app, "name": name}})

    async def list_resources(self, request: Request) -> Response:
        """The APIs, and for how many seconds tokens for them are good."""
        made = [
            {"id": name, "name": name, "indicator": name, "accessTokenTtl": ttl} for name, ttl in self.resources.items()
        ]
        return JSONResponse(made)

    async def list_grants(self, request: Request) -> Response:
        """What a user has granted."""
        return JSONResponse({"grants": self.grants.get(request.path_params["id"], [])})

    async def revoke_grant(self, request: Request) -> Response:
        """No such grant any more."""
        held = self.grants.get(request.path_params["id"], [])
        gone = [one for one in held if one["id"] == request.path_params["grant"]]
        if not gone:
            return error(404, "oidc.invalid_grant")
        held.remove(gone[0])
        return Response(status_code=204)

    async def list_devices(self, request: Request) -> Response:
        """A page of the trusted devices of a user, on a server that has such."""
        if request.path_params["id"] not in self.devices:
            return Response("Not Found", 404)
        page, size = (int(request.query_params[name]) for name in ("page", "page_size"))
        return JSONResponse(self.devices[request.path_params["id"]][(page - 1) * size : page * size])

    async def forget_device(self, request: Request) -> Response:
        """No such device any more, whosever it is: what is the caller's own is for the account server to know."""
        for held in self.devices.values():
            for one in [one for one in held if one["id"] == request.path_params["device"]]:
                held.remove(one)
                return Response(status_code=204)
        return error(404, "entity.not_found")
