"""A browser without script at the hosted pages: follows redirects, reads pages, fills in and sends forms."""

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin

import httpx2

from tests.browser_by_hand import Form, forms_of
from tests.oidc.world import App, authorization, query_of
from tests.world import PASSWORD, World
from vestibule.model import ApplicationType
from vestibule.ui.messages import translator

CALLBACK = "https://app.example/callback"
BYE = "https://app.example/bye"
USER_SCOPES = ["profile", "email", "phone", "address", "custom_data", "identities", "roles"]
t = translator("en")


async def application(world: World, kind: ApplicationType = "Traditional", *, third_party: bool = False) -> App:
    """Register an application called Test; a third party's may ask for what the tests ask for."""
    client_id, secret = await world.app(kind, redirect_uris=[CALLBACK], post_logout_uris=[BYE], third_party=third_party)
    if third_party:
        answer = await world.call("POST", f"/applications/{client_id}/user-consent-scopes", {"userScopes": USER_SCOPES})
        assert answer.status_code == 201, answer.text
    return App(client_id, secret or None, kind, CALLBACK)


@dataclass
class Visitor:
    """Somebody's browser: its cookies, and the page it shows."""

    client: httpx2.AsyncClient
    answer: httpx2.Response = field(default_factory=lambda: httpx2.Response(200))
    address: str = ""

    @property
    def text(self) -> str:
        """The page as it was sent, with its entities read."""
        return unescape(self.answer.text)

    @property
    def heading(self) -> str:
        """The heading of the page."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.answer.text, re.DOTALL)
        return unescape(found[1]) if found else ""

    @property
    def form(self) -> Form:
        """The first form of the page."""
        return forms_of(self.answer.text)[0]

    def reads(self, key: str, **values: object) -> bool:
        """Tell whether the page says this."""
        return t(key, **values) in self.text

    def cookie(self, name: str) -> str:
        """Return the value of a cookie."""
        return next((kept.value or "" for kept in self.client.cookies.jar if kept.name == name), "")

    async def open(self, address: str, **headers: str) -> "Visitor":
        """Open an address and follow redirects, up to a page or to an application."""
        return await self._walk("GET", address, None, headers)

    async def begin(self, app: App, **extra: str) -> "Visitor":
        """Go to where an application sends people to sign in."""
        query = str(httpx2.QueryParams(authorization(app, **extra)))
        return await self.open(f"/oidc/auth?{query}")

    async def submit(self, index: int = 0, *, headers: dict[str, str] | None = None, **values: str) -> "Visitor":
        """Send a form of the page with what is filled in, as browsers do."""
        form = forms_of(self.answer.text)[index]
        sent = {"origin": str(self.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin", **(headers or {})}
        return await self._walk(
            form.method.upper(), urljoin(self.address, form.action), {**form.fields, **values}, sent
        )

    async def sign_in(self, identifier: str, password: str = PASSWORD) -> "Visitor":
        """Fill in the sign-in page."""
        return await self.submit(identifier=identifier, password=password)

    async def register(self, identifier: str, password: str = PASSWORD) -> "Visitor":
        """From the sign-in page, go to the other one and fill it in."""
        if "/register" not in self.address:
            await self.open(self.address.replace("/sign-in", "/register"))
        return await self.submit(identifier=identifier, password=password)

    async def is_signed_in(self, app: App) -> bool:
        """Ask for a code without a page: an application gets one where something was granted to it."""
        answer = await self.client.get("/oidc/auth", params=authorization(app, prompt="none"))
        return "code" in query_of(str(answer.headers["location"]))

    async def has_session(self, app: App) -> bool:
        """Tell whether anybody is signed in here, whatever they have granted; any application can ask."""
        answer = await self.client.get("/oidc/auth", params=authorization(app, prompt="none"))
        return query_of(str(answer.headers["location"])).get("error") != "login_required"

    async def _walk(self, method: str, address: str, data: dict[str, str] | None, headers: dict[str, str]) -> "Visitor":
        for _ in range(12):
            self.address = address
            if address.startswith("https://app.example/"):
                return self
            sent = {"accept": "text/html", **headers}
            self.answer = await self.client.request(method, address, data=data, headers=sent)
            if self.answer.status_code not in {302, 303}:
                return self
            address = urljoin(str(self.answer.url), str(self.answer.headers["location"]))
            method, data, headers = "GET", None, {k: v for k, v in headers.items() if k == "accept-language"}
        raise AssertionError(f"too many redirects, the last to {address}")


def visitor(world: World) -> Visitor:
    """Give somebody a new browser."""
    transport = httpx2.ASGITransport(app=world.server.app, raise_app_exceptions=False)
    return Visitor(httpx2.AsyncClient(transport=transport, base_url=world.server.ctx.settings.public_url))
