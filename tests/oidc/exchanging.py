"""Makers for tests of the token exchange: users with permissions, applications that may exchange, subject tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

from tests.oidc.world import JSON, App, World
from vestibule.domain import personal_access_tokens, subject_tokens
from vestibule.domain.audit import Trail
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.model import ApplicationType, User

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
IMPERSONATION = "urn:logto:token-type:impersonation_token"
PERSONAL = "urn:logto:token-type:personal_access_token"
API = "https://api.example"


async def exchanger(world: World, kind: ApplicationType = "Traditional", **more: Any) -> App:
    """Create an application that may exchange tokens."""
    return await world.application(kind, settings={"allowTokenExchange": True}, **more)


async def holder(world: World, username: str = "ada", scopes: Sequence[str] = ("read", "write"), **more: Any) -> User:
    """Create a user who holds scopes of an API; the API has one more, which nobody holds."""
    await ensure_resource(world.ctx, API, "API", dict.fromkeys((*scopes, "delete"), ""))
    await ensure_default_role(world.ctx, "Everybody", "", API, scopes)
    return await world.user(username, **more)


async def personal(world: World, user: User, name: str = "deploy", *, expires_at: int | None = None) -> str:
    """Make a personal access token; returns its value."""
    _, value = await personal_access_tokens.create(world.ctx, user.id, name, expires_at)
    return value


async def impersonation(world: World, user: User) -> str:
    """Make a subject token."""
    return await subject_tokens.create(world.ctx, user.id, "{}")


async def exchange(world: World, app: App, token: str, kind: str = PERSONAL, **more: Any) -> httpx2.Response:
    """Ask the token endpoint; None leaves a parameter out."""
    form = {"grant_type": GRANT, "subject_token": token, "subject_token_type": kind, **app.login, **more}
    return await world.post("/oidc/token", {name: value for name, value in form.items() if value is not None})


async def exchanged(world: World, app: App, token: str, kind: str = PERSONAL, **more: Any) -> JSON:
    """Exchange a token that is good; returns the answer."""
    answer = await exchange(world, app, token, kind, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def is_live(world: World, token: str) -> bool:
    """Tell whether an opaque token with `openid` still opens userinfo."""
    answer = await world.userinfo(token)
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def reason(world: World, answer: httpx2.Response) -> str:
    """Check that a refusal says nothing; returns what the audit trail says instead."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body == {
        "code": "oidc.invalid_grant",
        "message": body["message"],
        "error": "invalid_grant",
        "error_description": "grant request is invalid",
    }
    assert answer.headers["cache-control"] == "no-store"
    return str(_last(world.ctx.trail)["error"])


def _last(trail: Trail) -> JSON:
    return dict(msgspec.json.decode(str(trail._rows[-1]["payload"])))


@asynccontextmanager
async def suspended(world: World, user: User) -> AsyncIterator[None]:
    """Suspend a user behind the server's back, so that no token is deleted."""
    await world.change("users", user.id, is_suspended=True)
    yield
    await world.change("users", user.id, is_suspended=False)
