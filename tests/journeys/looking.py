"""Looking at a page with care: axe in both colour schemes, and whether it fits on small and enlarged screens."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page, expect

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
QUICK: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
EVERYTHING = {**QUICK, "rules": {"target-size": {"enabled": True}}}
CONTRAST = {**QUICK, "runOnly": ["color-contrast"]}
RUN = "options => axe.run(document, options).then(found => found.violations)"
DESKTOP = {"width": 1280, "height": 900}
PHONE, ZOOMED = {"width": 320, "height": 640}, {"width": 640, "height": 450}
"""320 px wide, and what a desktop window is at 200 % zoom (WCAG 2.2, 1.4.10 and 1.4.4)."""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= room) return []
  const outside = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room)
  return [`${document.documentElement.scrollWidth} px`, ...outside.map((e) => e.outerHTML.slice(0, 120))]
}"""

COLOURED = """new Promise(requestAnimationFrame).then(() => Promise.all(
  document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished.catch(() => null))))"""


async def violations(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    """Run axe in the page, policy and all; returns what it finds."""
    if not await page.evaluate("'axe' in window"):
        if not AXE.exists():
            raise RuntimeError(f"axe cannot run: {AXE} is missing (scripts/setup.sh installs it)")
        await page.evaluate(AXE.read_text())
    found = await page.evaluate(RUN, options)
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


async def too_wide(page: Page) -> list[str]:
    """Return what makes a page scroll sideways at its present size."""
    return list(await page.evaluate(TOO_WIDE))


@dataclass
class Look:
    """Looks at one page after another and keeps what is wrong, by name."""

    seen: list[str] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    async def __call__(self, page: Page, name: str) -> None:
        """Look at the page as it is now."""
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        found = await violations(page)
        await _colour(page, "dark")
        found += [f"dark {item}" for item in await violations(page, CONTRAST)]
        await _colour(page, "light")
        for size in (PHONE, ZOOMED):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            found += [f"{size['width']} px wide: {item}" for item in await too_wide(page)]
        await page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"text at 200 %: {item}" for item in await too_wide(page)]
        await page.evaluate("document.documentElement.style.fontSize = ''")
        assert name not in self.seen
        self.seen.append(name)
        if found:
            self.wrong[name] = found

    def is_content(self) -> bool:
        """Fail with everything that was wrong on any page."""
        faults = [f"{name}: {item}" for name, items in self.wrong.items() for item in items]
        assert faults == [], "\n".join(faults)
        return bool(self.seen)


async def _colour(page: Page, scheme: Literal["dark", "light"]) -> None:
    """Change the colour scheme, and wait until the colours have changed."""
    await page.emulate_media(color_scheme=scheme)
    await page.evaluate(COLOURED)
