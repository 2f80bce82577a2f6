"""Requests: pages, flags and queries, the order of refusals, and whose address counts."""

from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct

from tests.http.world import app_of, client_of, logger
from vestibule.errors import Unauthorized
from vestibule.http import PUBLIC, Application, Request, Response, Route, api_face, forms, json_response, paginated
from vestibule.http.address import client_address
from vestibule.http.guard import Length, Maybe, rule
from vestibule.http.urls import is_absolute_url

pytestmark = pytest.mark.anyio


async def listing(request: Request) -> Response:
    page = request.pagination()
    return json_response([page.number, page.size, page.offset], headers=paginated(request, page, 101))


LISTING = Route("GET", "/api/users", listing, access=PUBLIC, paged=True)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", [1, 20, 0]),
        ("?page=&page_size=", [1, 20, 0]),
        ("?page=3&page_size=100", [3, 100, 200]),
        ("?page=1e1&page_size=0x10", [10, 16, 144]),
        ("?page=%202%20", [2, 20, 20]),
        ("?page=2.0", [2, 20, 20]),
        ("?page=0b11&page_size=0o7", [3, 7, 14]),
    ],
)
async def test_pages_are_read_as_javascript_numbers(query: str, page: list[int]) -> None:
    async with client_of(app_of(LISTING)) as client:
        assert (await client.get(f"/api/users{query}")).json() == page


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=1.5", "page_size=0.5", "page_size=101", "page=1&page=2", "page=Infinity",
     "page=1e999", "page=NaN", "page=9007199254740992", "page=%20", "page=1_0", "page=" + "1" * 5000, "page=%D9%A1"],
)  # fmt: skip
async def test_anything_else_is_invalid_pagination(query: str) -> None:
    async with client_of(app_of(LISTING)) as client:
        answer = await client.get(f"/api/users?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_pagination")
    assert "data" not in answer.json()


async def test_links_name_the_public_address_and_keep_the_query() -> None:
    """A23, B58: neither Host nor forwarding headers decide a link."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    async with client_of(app_of(LISTING)) as client:
        answer = await client.get("/api/users?q=a+b&page=2&x=1&x=2", headers=headers)
    assert answer.headers["total-number"] == "101"
    base = "https://id.example.com/api/users?q=a+b&page={}&x=1%2C2"
    assert answer.headers.get_list("link") == [
        f'<{base.format(1)}>; rel="first"',
        f'<{base.format(1)}>; rel="prev"',
        f'<{base.format(6)}>; rel="last"',
        f'<{base.format(3)}>; rel="next"',
    ]


async def test_past_the_end_prev_is_not_clamped_and_there_is_no_next() -> None:
    async with client_of(app_of(LISTING)) as client:
        answer = await client.get("/api/users?page=50")
    links = answer.headers.get_list("link")
    assert [link.rpartition("=")[2] for link in links] == ['"first"', '"prev"', '"last"']
    assert "page=49" in links[1]


class Filter(Struct):
    mode: Maybe[Literal["any", "all"]] = UNSET
    name: Maybe[Annotated[str, rule(Length(minimum=1))]] = UNSET


async def query(request: Request) -> Response:
    return json_response({"filter": request.query(Filter), "flag": request.flag("flag")})


QUERY = Route("GET", "/api/query", query, access=PUBLIC, query=Filter)


async def test_a_query_is_guarded_like_a_body() -> None:
    async with client_of(app_of(QUERY)) as client:
        assert (await client.get("/api/query?mode=all&other=1")).json()["filter"] == {"mode": "all"}
        bad = (await client.get("/api/query?mode=none&name=")).json()
    assert [issue["path"] for issue in bad["data"]["issues"]] == [["mode"], ["name"]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("=true", True), ("=1", True), ("=Y", True), ("=yes", True), ("=on", False), ("=", False), ("", False)],
)
async def test_flags_know_four_words(value: str, *, expected: bool) -> None:
    async with client_of(app_of(QUERY)) as client:
        assert (await client.get(f"/api/query?flag{value}")).json()["flag"] is expected
        assert (await client.get("/api/query?flag=1&flag=1")).status_code == 400


class Closed:
    security = "bearer"

    async def __call__(self, request: Request) -> object:
        if request.headers.get("authorization") != "Bearer good":
            raise Unauthorized
        return "ada"


async def whoami(request: Request) -> Response:
    page = request.pagination()
    return json_response([request.principal, page.number, await request.json(Filter)])


async def test_access_comes_before_pages_and_pages_before_the_body() -> None:
    route = Route("POST", "/api/me", whoami, access=Closed())
    good = {"authorization": "Bearer good", "content-type": "application/json"}
    async with client_of(app_of(route)) as client:
        assert (await client.post("/api/me?page=0", content=b"{")).json()["code"] == "auth.unauthorized"
        answer = await client.post("/api/me?page=0", content=b"{", headers=good)
        assert answer.json()["code"] == "guard.invalid_pagination"
        assert (await client.post("/api/me", content=b"{}", headers=good)).json() == ["ada", 1, {}]


def scope(peer: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 1) if peer else None, "headers": headers}


PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.1", ["junk"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("203.0.113.9", ["6.6.6.6"], "203.0.113.9"),
        (None, ["6.6.6.6"], "0.0.0.0"),
    ],
)
def test_a_trusted_proxy_names_the_client(peer: str | None, forwarded: list[str], expected: str) -> None:
    """A23: the last address that trusted proxies vouch for, never what the client claims."""
    assert client_address(scope(peer, *forwarded), PROXIES) == expected


async def test_nobody_is_trusted_by_default() -> None:
    """A23: forwarding headers are ignored without a setting."""

    async def address(request: Request) -> Response:
        return json_response({"ip": request.ip, "url": request.public_url})

    face = api_face("/api", [Route("GET", "/api/ip", address, access=PUBLIC)])
    app = Application([face], public_url="http://localhost:1", log=logger())
    async with client_of(app) as client:
        answer = await client.get("/api/ip", headers={"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6"})
    assert answer.json() == {"ip": "127.0.0.1", "url": "http://localhost:1"}


@pytest.mark.parametrize(
    "text",
    ["https://a.example", "javascript:alert(1)", "data:,x", "x:y", "http:a", "http:\\\\a", " https://a ", "file:///x",
     "https://user:pw@a:8080/x?y#z", "http://[::1]:1/", "http://1.2.3.4", "x://", "mailto:a@b", "https://b\u00fccher.example"],
)  # fmt: skip
def test_absolute_urls_of_any_scheme_parse(text: str) -> None:
    assert is_absolute_url(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "/a", "//a", "https://", "http://a b", "https://a:99999", "https://a:x", "https://[::1", "http://[zz]",
     "http://1.2.3.999", "http://1.2.3.4.5", "1x:y", "http://a%00b", "http://@", "x://a b"],
)  # fmt: skip
def test_what_has_no_scheme_or_no_host_does_not(text: str) -> None:
    assert not is_absolute_url(text)


@given(st.text(st.sampled_from([*"ab=&;+%20%C3%A9é\0 "]), max_size=40))
def test_forms_and_queries_are_read_as_the_standard_library_does(text: str) -> None:
    assert forms.pairs(text) == parse_qsl(text, keep_blank_values=True)
