"""The documents that describe the JSON API: one of everything, and one for each audience."""

from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.world import worlds
from vestibule.api.documents import audience, described
from vestibule.http import PUBLIC, Request, Response, Route, empty

pytestmark = pytest.mark.anyio


async def handler(request: Request) -> Response:
    return empty()


def route(path: str) -> Route:
    return Route("GET", path, handler, access=PUBLIC)


async def test_the_documents_are_valid_and_hold_what_is_served(database_url: str, tmp_path: Path) -> None:
    async with worlds(database_url, tmp_path) as world:
        whole = (await world.client.get("/api/swagger.json")).json()
        management = (await world.client.get("/api/.well-known/management.openapi.json")).json()
        assert (whole["info"]["title"], management["info"]["title"]) == ("Vestibule API", "Vestibule Management API")
        for document in (whole, management):
            OpenAPIV31SpecValidator(document).validate()
        assert "/api/users/{userId}" in management["paths"]
        shown = {name for name in whole["paths"] if name.endswith(".openapi.json")}
        for path in ("/api/.well-known/experience.openapi.json", "/api/.well-known/user.openapi.json"):
            # An audience without a single operation has no document.
            assert (await world.client.get(path)).status_code == (200 if path in shown else 404)


async def test_every_audience_that_has_routes_has_a_document_of_them_alone(database_url: str, tmp_path: Path) -> None:
    paths = ["/api/users", "/api/experience", "/api/experience/submit", "/api/my-account/sessions", "/api/experiences"]
    async with worlds(database_url, tmp_path) as world:
        routes = described(world.server.ctx, list(map(route, paths)))
    documents = [item.path for item in routes if item.path.endswith(".openapi.json")]
    assert sorted(documents) == [
        f"/api/.well-known/{name}.openapi.json" for name in ("experience", "management", "user")
    ]
    assert list(map(audience, paths)) == ["management", "experience", "experience", "user", "management"]
