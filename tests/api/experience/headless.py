"""A program that signs people in over the Experience API, in the manner of the contract's section 6.7."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.oidc.world import App, authorization, query_of
from tests.pages.visitor import application
from tests.world import JSON, PASSWORD, World
from vestibule.model import ApplicationType


@dataclass
class Headless:
    """Follows nothing by itself; sends every cookie it holds to the API, whatever its path."""

    world: World
    app: App
    jar: dict[str, str] = field(default_factory=dict)

    def take(self, answer: httpx2.Response, *, afresh: bool = False) -> httpx2.Response:
        """Keep the cookies of an answer, or only those."""
        if afresh:
            self.jar = {}
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.jar[name] = value
        return answer

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send a request with all cookies."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items() if value)
        sent = {"cookie": cookies, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.world.client.request(method, path, json=body, headers=sent)

    async def begin(self, **extra: str) -> httpx2.Response:
        """Go to the authorization endpoint."""
        query = httpx2.QueryParams(authorization(self.app, **extra))
        return self.take(await self.send("GET", f"/oidc/auth?{query}"))

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Call the Experience API."""
        return await self.send(method, f"/api/experience{path}", body, **headers)

    async def good(self, method: str, path: str, body: Any = None) -> JSON:
        """Call it; the answer must be good."""
        answer = await self.call(method, path, body)
        assert answer.status_code in {200, 201, 204}, answer.text
        return dict(answer.json()) if answer.content and answer.status_code == 200 else {}

    async def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Return the status and the code that a call is refused with."""
        answer = await self.call(method, path, body, **headers)
        return answer.status_code, answer.json()["code"]

    async def start(self, event: str = "SignIn") -> None:
        """Begin an event."""
        await self.good("PUT", "", {"interactionEvent": event})

    async def password(self, kind: str = "username", value: str = "ada", password: str = PASSWORD) -> str:
        """Verify a password; returns the id of the verification."""
        body = {"identifier": {"type": kind, "value": value}, "password": password}
        return str((await self.good("POST", "/verification/password", body))["verificationId"])

    async def identify(self, verification: str | None) -> None:
        """Identify by a verification."""
        await self.good("POST", "/identification", {"verificationId": verification} if verification else {})

    async def identified(self, **more: str) -> None:
        """Begin signing in, and identify by password."""
        await self.start()
        await self.identify(await self.password(**more))

    async def send_code(self, value: str, event: str, kind: str = "email") -> str:
        """Have a code sent; returns the id of the verification."""
        body = {"identifier": {"type": kind, "value": value}, "interactionEvent": event}
        return str((await self.good("POST", "/verification/verification-code", body))["verificationId"])

    def code(self, verification: str, value: str, code: str, kind: str = "email") -> JSON:
        """Return what verifies a code."""
        return {"identifier": {"type": kind, "value": value}, "verificationId": verification, "code": code}

    async def verified_code(self, value: str, event: str, kind: str = "email", *, goes_to: str | None = None) -> str:
        """Have a code sent, which `goes_to` the stored spelling, and verify it; returns the id of the record."""
        sent = await self.send_code(value, event, kind)
        body = self.code(sent, value, self.world.code_for(goes_to or value), kind)
        await self.good("POST", "/verification/verification-code/verify", body)
        return sent

    async def finish(self) -> str:
        """Submit and walk to the client's callback; returns its address (6.6)."""
        onward = (await self.good("POST", "/submit"))["redirectTo"]
        answer = self.take(await self.send("GET", path_of(onward)))
        for _ in range(3):
            location = str(answer.headers["location"])
            if location.startswith("https://app.example/"):
                return location
            answer = self.take(await self.send("GET", path_of(location)))
        raise AssertionError(location)

    async def code_for_tokens(self) -> str:
        """Finish; returns the authorization code."""
        return query_of(await self.finish())["code"]


def path_of(address: str) -> str:
    """Return path and query of an address of ours."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def headless(world: World, kind: ApplicationType = "Traditional", *, third_party: bool = False) -> Headless:
    """Give a program an application."""
    return Headless(world, await application(world, kind, third_party=third_party))
