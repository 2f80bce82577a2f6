"""The settings API as the page calls it: through its front door, with the user's bearer token, token check included."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
from starlette.types import ASGIApp

from vestibule.account.problems import URN, IdentityServerAway

JsonObject = dict[str, Any]


class SignInAgain(Exception):
    """The token is no longer accepted."""


@dataclass(eq=False)
class Trouble(Exception):
    """A refusal: the last part of its type, the sentence, the fields at fault, and each reason against their values."""

    code: str
    detail: str
    fields: dict[str, str]
    status: int
    reasons: dict[str, list[JsonObject]] = field(default_factory=dict)


class SettingsApi:
    """Calls the API in this process; every request goes through its routes, guards and permissions."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=public_url)

    async def call(
        self, token: str, method: str, path: str, body: JsonObject | None = None, *, proofs: list[str] | None = None
    ) -> JsonObject:
        """Call `/api/me<path>`; returns the answer. Raises SignInAgain, Trouble, IdentityServerAway."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        if proofs:
            headers["vestibule-proof"] = ", ".join(proofs)
        content = None if body is None else msgspec.json.encode(body)
        answer = await self._http.request(method, f"/api/me{path}", content=content, headers=headers)
        held: JsonObject = msgspec.json.decode(answer.content) if answer.content else {}
        if answer.status_code == 401:
            raise SignInAgain
        if answer.status_code == 503 and held.get("type") == f"{URN}identity-server-away":
            raise IdentityServerAway
        if answer.status_code >= 400:
            code = str(held.get("type", "")).removeprefix(URN)
            fields, reasons = dict(held.get("fields", {})), dict(held.get("reasons", {}))
            raise Trouble(code, str(held.get("detail", "")), fields, answer.status_code, reasons)
        return held
