"""The routes that serve the shared assets, cached for ever under a path that changes with their content."""

from vestibule.http import PUBLIC, Request, Response, Route, text
from vestibule.ui.colours import sheet
from vestibule.ui.render import ASSET_CACHE, ASSETS, Pages


def routes(pages: Pages) -> list[Route]:
    """Return the asset route of one server."""

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS or request.path_params["version"] != pages.version:
            return text("Not Found", 404)
        headers = {"Cache-Control": ASSET_CACHE}
        return Response(pages.contents[name], content_type=(b"content-type", ASSETS[name].encode()), headers=headers)

    async def colours(request: Request) -> Response:
        rules = sheet(request.path_params["name"])
        if rules is None:
            return text("Not Found", 404)
        kind = (b"content-type", ASSETS["vestibule.css"].encode())
        return Response(rules.encode(), content_type=kind, headers={"Cache-Control": ASSET_CACHE})

    async def own(request: Request) -> Response:
        """Under an older name, of a page that another server made a moment ago, it is served but not kept."""
        brand = pages.brand
        if not brand.css:
            return text("Not Found", 404)
        caching = ASSET_CACHE if request.path_params["name"] == brand.sheet else "no-store"
        kind = (b"content-type", ASSETS["vestibule.css"].encode())
        return Response(brand.css.encode(), content_type=kind, headers={"Cache-Control": caching})

    return [
        Route("GET", "/ui/own/{name}", own, access=PUBLIC, summary="The operator's own style sheet"),
        Route("GET", "/ui/colours/{name}", colours, access=PUBLIC, summary="A style sheet of colours"),
        Route("GET", "/ui/{version}/{name}", asset, access=PUBLIC, summary="A style sheet, script or picture"),
    ]
