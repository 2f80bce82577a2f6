"""`/demo-app`: sign-in as people will see it, tried with the built-in client, without any application."""

import hashlib
from importlib import resources

from vestibule.domain.context import Context
from vestibule.http import PUBLIC, Request, Response, Route, csp, html, text
from vestibule.model import BUILT_IN_APPLICATION
from vestibule.ui.browser import language_of, remember_language
from vestibule.ui.render import ASSET_CACHE, Pages

PATH = f"/{BUILT_IN_APPLICATION}"
JAVASCRIPT = (b"content-type", b"text/javascript; charset=utf-8")


def routes(ctx: Context, pages: Pages) -> list[Route]:
    """Declare the page and its script, whose path changes with its content."""
    content = resources.files("vestibule.pages").joinpath("static", "demo.js").read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]

    async def show(request: Request) -> Response:
        page = pages.render(
            "demo.html",
            language_of(request, brand=pages.brand),
            PATH,
            issuer=ctx.settings.issuer,
            client=BUILT_IN_APPLICATION,
            address=ctx.settings.public_url + PATH,
            script=f"{PATH}/{version}/demo.js",
        )
        return remember_language(request, html(page, content_security_policy=csp.policy(images=pages.brand.pictures)))

    async def script(request: Request) -> Response:
        if request.path_params["version"] != version:
            return text("Not Found", 404)
        return Response(content, content_type=JAVASCRIPT, headers={"Cache-Control": ASSET_CACHE})

    return [
        Route("GET", PATH, show, access=PUBLIC, summary="Preview of sign-in"),
        Route("GET", f"{PATH}/{{version}}/demo.js", script, access=PUBLIC, summary="The script of the preview"),
    ]
