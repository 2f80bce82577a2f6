"""A person at a browser: finds things as people do, by what they are and what they are called; notices every fault."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from tests.journeys.site import Site
from vestibule.ui.messages import Translate, translator

PASSWORD = "correct horse battery"
_addresses = count(1)


@dataclass
class Visitor:
    """One browser context with one page, in one language."""

    site: Site
    page: Page
    t: Translate
    scripts: bool = True
    faults: list[str] = field(default_factory=list)

    async def open(self, address: str) -> None:
        """Go to an address; a path is one of the account page."""
        await self.page.goto(address if "://" in address else f"{self.site.live.account}{address}")

    def heading(self, words: str) -> Locator:
        """Return the page's heading with these words."""
        return self.page.get_by_role("heading", name=words, level=1, exact=True)

    async def sees(self, words: str) -> None:
        """Wait for a page with this heading."""
        await expect(self.heading(words)).to_be_visible()

    async def reads(self, words: str) -> None:
        """Wait for a text somewhere on the page."""
        await expect(self.page.get_by_text(words).first).to_be_visible()

    def box(self, key: str, **values: str) -> Locator:
        """Return the input that is labelled so."""
        return self.page.get_by_label(self.t(key, **values), exact=True)

    async def fill(self, **texts: str) -> None:
        """Fill inputs; `identifier` is the one labelled `field.identifier`."""
        for name, text in texts.items():
            await self.box(f"field.{name}").fill(text)

    async def press(self, key: str, **values: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=self.t(key, **values), exact=True).click()

    async def follow(self, key: str) -> None:
        """Follow a link."""
        await self.page.get_by_role("link", name=self.t(key), exact=True).click()

    async def change(self, field: str, path: str) -> None:
        """From the overview, go to the form of a change: a link that says what it changes."""
        named = self.page.get_by_role("link", name=self.t(f"field.{field}"))
        await named.and_(self.page.locator(f'[href="/{path}"]')).click()

    async def register(self, identifier: str, password: str = PASSWORD) -> None:
        """From anywhere signed out, make an account and arrive at its page."""
        await self.open("/")
        await self.follow("sign_in.register")
        await self.fill(identifier=identifier, new_password=password)
        await self.press("register.go")
        await self.sees(identifier)

    async def sign_in(self, identifier: str, password: str) -> None:
        """On the sign-in page, sign in."""
        await self.fill(identifier=identifier, password=password)
        await self.press("sign_in.go")

    async def sign_out(self) -> None:
        """From the account page, sign out everywhere; without script that is one more button."""
        await self.press("account.sign_out")
        if not self.scripts:
            await self.press("sign_out.go")
        await self.sees(self.t("account.signed_out.heading"))


@asynccontextmanager
async def visiting(
    browser: Browser, site: Site, *, language: str = "en", scripts: bool = True, local: bool = False
) -> AsyncIterator[Visitor]:
    """Give somebody a browser of their own; at the end it must have had nothing to complain about.

    Everybody comes from an address of their own, so that nobody's wrong passwords count for others; or is `local`.
    """
    context = await browser.new_context(
        locale=language,
        java_script_enabled=scripts,
        extra_http_headers={} if local else {"x-forwarded-for": f"203.0.113.{next(_addresses)}"},
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 900},
    )
    try:
        visitor = Visitor(site, await context.new_page(), translator(language[:2]), scripts)
        context.on("console", lambda message: _listen(visitor, message))
        context.on("weberror", lambda error: visitor.faults.append(f"error: {error.error}"))
        context.on("response", lambda response: _watch(visitor, response))
        yield visitor
        assert visitor.faults == [], "\n".join(visitor.faults)
    finally:
        await context.close()


def _listen(visitor: Visitor, message: ConsoleMessage) -> None:
    # That a page itself has an error status is part of some journeys; what it loads is watched below.
    if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
        visitor.faults.append(f"{message.type}: {message.text}")


def _watch(visitor: Visitor, response: Response) -> None:
    if response.status >= 400 and response.request.resource_type != "document":
        visitor.faults.append(f"{response.status}: {response.url}")
