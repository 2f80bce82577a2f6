"""The route table: what is found, what is 404, 405 or 501, and what a face promises on every answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.world import NOTES, app_of, client_of
from vestibule.errors import AuthorizationHeaderMissing
from vestibule.http import PUBLIC, Request, Response, Route, api_face, json_response, text
from vestibule.http.routing import Trie

pytestmark = pytest.mark.anyio


async def show(request: Request) -> Response:
    return json_response(request.path_params)


async def other(request: Request) -> Response:
    return text("literal")


class Refuse:
    security = "bearer"

    async def __call__(self, request: Request) -> object:
        raise AuthorizationHeaderMissing


USER = Route("GET", "/api/users/{user_id}", show, access=PUBLIC)
SEARCH = Route("POST", "/api/users/search", other, access=PUBLIC)
LITERAL = Route("GET", "/api/users/me", other, access=PUBLIC)
FILES = Route("GET", "/api/files/{rest:path}", show, access=PUBLIC)
CLOSED = Route("PUT", "/api/closed/{name}", show, access=Refuse())


@pytest.mark.parametrize(
    ("path", "user_id"),
    [
        ("/api/users/abc", "abc"),
        ("/api/Users/AbC", "AbC"),
        ("/api/users/abc/", "abc"),
        ("/api/users/a%2Fb", "a/b"),
        ("/api/users/a%zzb", "a%zzb"),
        ("/api/users/%FF", "%FF"),
        ("/api/users/%C3%A9", "é"),
        ("/api/users/search", "search"),
    ],
)
async def test_a_parameter_is_decoded_and_segments_fold_case(path: str, user_id: str) -> None:
    async with client_of(app_of(USER, SEARCH)) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"user_id": user_id})


@pytest.mark.parametrize(
    "path", ["/api/users/", "/api/users//", "/API/users/x", "/api/users/x//", "/api/%75sers/x", "/"]
)
async def test_an_unknown_path_is_plain_404_without_credentials(path: str) -> None:
    async with client_of(app_of(USER, CLOSED)) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (404, "Not Found")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_literal_segment_may_be_declared_in_any_case() -> None:
    async with client_of(app_of(Route("GET", "/api/sign-in-exp/Default", other, access=PUBLIC))) as client:
        assert (await client.get("/api/sign-in-exp/default")).text == "literal"
        assert (await client.get("/api/Sign-In-Exp/DEFAULT")).text == "literal"


async def test_a_literal_segment_wins_over_a_parameter() -> None:
    async with client_of(app_of(USER, LITERAL)) as client:
        assert (await client.get("/api/users/me")).text == "literal"


async def test_the_rest_of_a_path_keeps_its_slashes() -> None:
    async with client_of(app_of(FILES)) as client:
        assert (await client.get("/api/files/a/B%20c/d.css")).json() == {"rest": "a/B c/d.css"}


async def test_a_wrong_method_is_405_before_any_access_check() -> None:
    async with client_of(app_of(CLOSED)) as client:
        answer = await client.delete("/api/closed/x")
        assert (answer.status_code, answer.headers["allow"]) == (405, "PUT")
        assert (await client.put("/api/closed/x")).json()["code"] == "auth.authorization_header_missing"


async def test_a_method_nobody_implements_is_501_on_any_path() -> None:
    async with client_of(app_of(USER)) as client:
        assert (await client.request("PROPFIND", "/api/users/x")).status_code == 501
        assert (await client.request("PROPFIND", "/api/nowhere")).status_code == 501


async def test_head_answers_like_get_without_the_body() -> None:
    async with client_of(app_of(USER)) as client:
        head, get = await client.head("/api/users/abc"), await client.get("/api/users/abc")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["etag"] == get.headers["etag"]


async def test_plain_options_lists_the_methods() -> None:
    async with client_of(app_of(USER, SEARCH)) as client:
        answer = await client.options("/api/users/search")
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, POST")
    assert "access-control-allow-origin" not in answer.headers


async def test_a_nul_in_path_or_query_is_refused() -> None:
    """B89: NUL never reaches a handler."""
    async with client_of(app_of(USER)) as client:
        for path in ("/api/users/a%00b", "/api/users/a?q=%00"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_input")


async def test_the_longest_prefix_takes_the_request() -> None:
    root = api_face("", [Route("GET", "/{rest:path}", other, access=PUBLIC)], name="root")
    async with client_of(app_of(USER, faces=[root])) as client:
        assert (await client.get("/api/users/x")).json() == {"user_id": "x"}
        assert (await client.get("/api/nowhere")).status_code == 404
        assert (await client.get("/apiary")).text == "literal"


async def test_the_same_route_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        app_of(USER, Route("GET", "/api/users/{id}", other, access=PUBLIC))
    with pytest.raises(ValueError, match="outside the prefix"):
        app_of(Route("GET", "/elsewhere", other, access=PUBLIC))


ROUTES = [USER, SEARCH, LITERAL, FILES, CLOSED, NOTES]


@given(st.text(alphabet="/abUuSsErs%20.-", max_size=40), st.sampled_from(["GET", "HEAD", "POST", "PUT", "X"]))
def test_any_path_finds_a_route_or_the_methods_it_has(path: str, method: str) -> None:
    trie = Trie("/api", ROUTES, lenient=True)
    found = trie.find(method, f"/api{path}")
    if isinstance(found, frozenset):
        assert method not in found
        assert all(not isinstance(trie.find(allowed, f"/api{path}"), frozenset) for allowed in found)
    else:
        route, values = found
        assert len(values) == len(route.names)
        assert all(values)
