"""The part of the stub that knows providers: connectors, and who its users are there."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

JSON = dict[str, Any]


def error(status: int, code: str, **more: Any) -> JSONResponse:
    """Answer with the contract's envelope."""
    return JSONResponse({"code": code, "message": f"{code} happened", **more}, status)


@dataclass
class Elsewhere:
    """Users, providers, and what was begun at them."""

    users: dict[str, JSON] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    connectors: list[JSON] = field(default_factory=list)
    companies: dict[str, list[JSON]] = field(default_factory=dict)
    begun: list[JSON] = field(default_factory=list)
    linking: list[JSON] = field(default_factory=list)

    def shown(self, user: JSON) -> JSON:
        """Return a user as the API shows it."""
        return {**user, "hasPassword": user["id"] in self.passwords}

    def add_connector(self, target: str, kind: str = "Social", **members: Any) -> None:
        """Let a provider be set up; its connector's id is `c-` and its target."""
        shown = {"logo": "", "readme": "", "description": {"en": target}, "name": {"en": target.title()}}
        place: JSON = {"id": f"c-{target}", "connectorId": f"{target}-universal", "type": kind, "target": target}
        config = {"clientSecret": "shh"}
        self.connectors.append({**shown, **place, "platform": "Universal", "config": config, **members})

    async def list_connectors(self, request: Request) -> JSONResponse:
        """Connectors, with what they are configured with."""
        return JSONResponse(self.connectors)

    async def authorization_uri(self, request: Request) -> JSONResponse:
        """Where to go, and what was begun with, as a text."""
        body = await request.json()
        self.begun.append({"connector": request.path_params["connector"], **body})
        to = f"https://provider.example/authorize?state={body['state']}"
        return JSONResponse({"redirectTo": to, "session": f"session {len(self.begun)}"})

    async def link(self, request: Request) -> JSONResponse:
        """A person, named by the code; nobody is somebody else, and a session is good once and for one user."""
        body, user_id = await request.json(), request.path_params["id"]
        self.linking.append(body)
        begun = self.begun[int(body["session"].split()[1]) - 1]
        if begun.pop("spent", False) or begun["userId"] != user_id:
            return error(400, "session.connector_validation_session_not_found")
        begun["spent"], person = True, body["connectorData"].get("code")
        target = body["connectorId"].removeprefix("c-")
        if person is None:
            return error(401, "connector.authorization_failed")
        others = [other["identities"].get(target, {}).get("userId") for other in self.users.values()]
        if person in others:
            return error(422, "user.identity_already_in_use")
        held = self.users[user_id]["identities"]
        held[target] = {"userId": person, "details": {"name": f"{person} there", "email": f"{person}@there.example"}}
        return JSONResponse(held)

    async def put_identity(self, request: Request) -> JSONResponse:
        """An identity as it is said."""
        held = self.users[request.path_params["id"]]["identities"]
        held[request.path_params["target"]] = await request.json()
        return JSONResponse(held, 201)

    async def unlink(self, request: Request) -> JSONResponse:
        """No identity there any more."""
        user = self.users[request.path_params["id"]]
        if user["identities"].pop(request.path_params["target"], None) is None:
            return error(404, "user.identity_not_exist")
        return JSONResponse(self.shown(user))

    async def list_identities(self, request: Request) -> JSONResponse:
        """Who a user is everywhere."""
        user_id = request.path_params["id"]
        held = [{"target": name, "identity": one} for name, one in self.users[user_id]["identities"].items()]
        return JSONResponse({"socialIdentities": held, "ssoIdentities": self.companies.get(user_id, [])})

    async def company(self, request: Request) -> JSONResponse:
        """An enterprise connector."""
        made = {"id": request.path_params["connector"], "providerName": "OIDC", "connectorName": "acme-oidc"}
        return JSONResponse({**made, "createdAt": 1, "branding": {"displayName": "Acme Ltd"}})
