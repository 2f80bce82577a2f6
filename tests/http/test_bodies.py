"""Bodies: media types and their odd rules, size limits, codings, and clients that leave."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from tests.http.world import JSON, NOTES, Note, app_of, client_of
from vestibule.errors import BodyTooLarge, OAuthError
from vestibule.http import PUBLIC, Face, Request, Response, Route, body, json_response
from vestibule.http.envelope import method_not_allowed, not_found

pytestmark = pytest.mark.anyio

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=latin1", "Application/JSON", "application/json-patch+json", "application/vnd.api+json"],
)
async def test_json_goes_by_several_names(media: str) -> None:
    async with client_of(app_of(NOTES)) as client:
        answer = await client.post("/api/notes", content=b'{"title":"a"}', headers={"content-type": media})
    assert answer.json() == {"title": "a"}


@pytest.mark.parametrize("media", ["application/xml", "multipart/form-data", "application/problem+json", ""])
async def test_other_types_are_ignored_and_count_as_empty(media: str) -> None:
    async with client_of(app_of(NOTES)) as client:
        answer = await client.post("/api/notes", content=b'{"title":5}', headers={"content-type": media})
    assert (answer.status_code, answer.json()) == (200, {})


async def test_a_form_is_a_map_of_strings() -> None:
    async with client_of(app_of(NOTES)) as client:
        answer = await client.post("/api/notes", content=b"title=a+b&x=%00y", headers={"content-type": FORM})
        assert answer.status_code == 400
        answer = await client.post("/api/notes", content=b"title=a+b&userName=ada", headers={"content-type": FORM})
        assert answer.json() == {"userName": "ada", "title": "a b"}
        twice = await client.post("/api/notes", content=b"title=a&title=b", headers={"content-type": FORM})
        assert twice.json()["data"]["issues"][0]["received"] == "array"


async def test_text_is_a_string_and_no_object() -> None:
    async with client_of(app_of(NOTES)) as client:
        answer = await client.post("/api/notes", content=b"{}", headers={"content-type": "text/json"})
    assert answer.status_code == 400
    assert answer.json()["data"]["issues"][0]["received"] == "string"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_body_over_one_mebibyte_is_413() -> None:
    """B87: body over 1 MiB -> 413, announced or not; one byte less passes."""
    empty = b'{"customData":{"a":""}}'
    fits = empty[:-3] + b"x" * (1024 * 1024 - len(empty)) + empty[-3:]
    over = fits[:-3] + b"x" + fits[-3:]
    async with client_of(app_of(NOTES)) as client:
        assert (await client.post("/api/notes", content=fits, headers=JSON)).status_code == 200
        announced = await client.post("/api/notes", content=over, headers=JSON)
        streamed = await client.post("/api/notes", content=chunks(over[:500_000], over[500_000:]), headers=JSON)
        lied = await client.post("/api/notes", content=b"{}", headers=JSON | {"content-length": "1" * 5000})
    for answer in (announced, streamed, lied):
        assert (answer.status_code, answer.json()["code"]) == (413, "request.body_too_large")
        assert "1 MiB" in answer.json()["message"]


async def test_packed_bodies_are_unpacked_within_the_limit() -> None:
    """B87: the limit holds after inflating."""
    plain = b'{"title":"a"}'
    async with client_of(app_of(NOTES)) as client:

        async def post(content: bytes, coding: str) -> tuple[int, dict[str, object]]:
            headers = JSON | {"content-encoding": coding}
            answer = await client.post("/api/notes", content=content, headers=headers)
            return answer.status_code, answer.json()

        assert await post(gzip.compress(plain), "gzip") == (200, {"title": "a"})
        assert await post(zlib.compress(plain), "deflate") == (200, {"title": "a"})
        assert (await post(gzip.compress(b" " * 50_000_000), "gzip"))[0] == 413
        assert (await post(gzip.compress(plain)[:-9], "gzip"))[0] == 400
        assert (await post(b"junk", "gzip"))[0] == 400
        assert (await post(plain, "br"))[0] == 415


def test_unpacking_never_holds_more_than_the_limit() -> None:
    """B87: a bomb costs no memory."""
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            body.inflate({"headers": [(b"content-encoding", b"gzip")]}, bomb, body.JSON_LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 4 * body.JSON_LIMIT
    finally:
        tracemalloc.stop()


async def test_a_client_that_leaves_gets_no_answer() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/notes",
        "headers": [(b"content-type", b"application/json")],
    }
    await app_of(NOTES)({**scope, "query_string": b"", "client": None}, receive, send)
    assert sent == []


async def fields(request: Request) -> Response:
    return json_response(await request.form_fields())


def render_oauth(request: Request, error: Exception) -> Response:
    if not isinstance(error, OAuthError):
        raise error
    return json_response({"error": error.error, "error_description": error.description}, error.status)


OIDC = Face(
    name="oidc",
    prefix="/oidc",
    routes=[Route("POST", "/oidc/token", fields, access=PUBLIC)],
    render_error=render_oauth,
    not_found=not_found,
    method_not_allowed=method_not_allowed,
)


@pytest.mark.parametrize(
    ("media", "content", "expected"),
    [
        (FORM, b"a=1&b=x+y&a=2&c=", {"a": ["1", "2"], "b": ["x y"], "c": [""]}),
        ("application/json", b'{"a":"1","n":5,"t":true,"l":["x","y"],"z":null}',
         {"a": ["1"], "n": ["5"], "t": ["true"], "l": ["x", "y"]}),
        ("application/json", b"{broken", {}),
        ("application/json", b"[1]", {}),
        ("", b"", {}),
    ],
)  # fmt: skip
async def test_oauth_fields_come_from_forms_and_flat_objects(
    media: str, content: bytes, expected: dict[str, list[str]]
) -> None:
    async with client_of(app_of(faces=[OIDC])) as client:
        answer = await client.post("/oidc/token", content=content, headers={"content-type": media})
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    ("media", "content", "status", "description"),
    [
        ("application/json1", b"{}", 400,
         "only application/x-www-form-urlencoded content-type bodies are supported on POST /token"),
        (FORM, b"a=%00", 400, "null bytes are not allowed in the request body"),
        (FORM, b"a=\x00", 400, "null bytes are not allowed in the request body"),
        ("application/json", b'{"a":"\\u0000"}', 400, "null bytes are not allowed in the request body"),
        ("application/json", b'{"a":{}}', 400, "parameters must be strings"),
        (FORM, b"a=" + b"x" * 57344, 413, "the request body is too large"),
    ],
)  # fmt: skip
async def test_bad_oauth_bodies_are_invalid_request(media: str, content: bytes, status: int, description: str) -> None:
    """B89: NUL -> 4xx."""
    async with client_of(app_of(faces=[OIDC])) as client:
        answer = await client.post("/oidc/token", content=content, headers={"content-type": media})
    assert answer.status_code == status
    assert answer.json() == {"error": "invalid_request", "error_description": description}


async def test_a_body_can_be_read_twice() -> None:
    async def twice(request: Request) -> Response:
        first = await request.json(Note)
        return json_response([first, await request.json(Note)])

    async with client_of(app_of(Route("POST", "/api/twice", twice, access=PUBLIC))) as client:
        answer = await client.post("/api/twice", json={"title": "a"})
    assert answer.json() == [{"title": "a"}, {"title": "a"}]
