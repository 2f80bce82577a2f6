"""What every answer carries: headers, entity tags, compression, CORS, pages, and silence about faults."""

import gzip

import pytest

from tests.http.world import Lines, app_of, client_of, logger
from vestibule.errors import UsernameInUse
from vestibule.http import (
    PUBLIC,
    Application,
    CorsPolicy,
    Face,
    Request,
    Response,
    Route,
    api_face,
    empty,
    html,
    json_response,
    redirect,
)
from vestibule.http import cors as cors_policies
from vestibule.http.csp import policy
from vestibule.http.finishing import COMPRESS_FROM, entity_tag
from vestibule.http.headers import raw

pytestmark = pytest.mark.anyio

CANARY = "canary-8d1f"


async def small(request: Request) -> Response:
    return json_response({"name": "Ada"})


async def large(request: Request) -> Response:
    return json_response({"text": "x" * 2000})


async def broken(request: Request) -> Response:
    raise RuntimeError(CANARY)


async def taken(request: Request) -> Response:
    raise UsernameInUse(data={"name": "ada"}, details="line", headers={"Retry-After": "5"})


async def nothing(request: Request) -> Response:
    return empty(204)


async def page(request: Request) -> Response:
    return html("<p>Hello</p>")


async def long_page(request: Request) -> Response:
    return html("<p>Hello</p>" * 200)


async def away(request: Request) -> Response:
    return redirect("https://app.example/cb?code=a b\r\nSet-Cookie: x=1")


def route(path: str, handler: object) -> Route:
    return Route("GET", f"/api/{path}", handler, access=PUBLIC)  # type: ignore[arg-type]  # handlers of this file


def app(cors: CorsPolicy | None = None, public_url: str = "https://id.example.com") -> Application:
    handlers = {
        "small": small,
        "large": large,
        "broken": broken,
        "taken": taken,
        "nothing": nothing,
        "page": page,
        "long-page": long_page,
        "away": away,
    }
    face = api_face("/api", [route(path, handler) for path, handler in handlers.items()], cors=cors)
    return app_of(faces=[face], public_url=public_url)


@pytest.mark.parametrize("path", ["small", "nothing", "broken", "taken", "page", "long-page", "away", "unknown"])
async def test_every_answer_carries_the_protective_headers(path: str) -> None:
    """B103: nosniff, Referrer-Policy and, over https, a year of HSTS on all replies."""
    async with client_of(app()) as client:
        headers = (await client.get(f"/api/{path}")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["vary"] == "Accept-Encoding, Origin"
    assert len(headers["logto-core-request-id"]) == 16
    assert headers["x-frame-options"] == ("DENY" if "page" in path else "SAMEORIGIN")
    assert "x-powered-by" not in headers


async def test_plain_http_promises_no_https() -> None:
    """B103: HSTS only when the public address is https."""
    async with client_of(app(public_url="http://localhost:3001")) as client:
        assert "strict-transport-security" not in (await client.get("/api/small")).headers


async def test_an_inbound_request_id_is_not_believed() -> None:
    async with client_of(app()) as client:
        answers = [await client.get("/api/small", headers={"Logto-Core-Request-Id": "mine"}) for _ in range(2)]
    ids = {answer.headers["logto-core-request-id"] for answer in answers}
    assert len(ids) == 2
    assert "mine" not in ids


async def test_an_unknown_exception_is_500_with_an_id_and_no_text() -> None:
    """B96: unhandled exception -> generic 500 with id; the log has the place, neither has the text."""
    lines = Lines()
    face = api_face("/api", [route("broken", broken)])
    async with client_of(app_of(faces=[face], lines=lines)) as client:
        answer = await client.get("/api/broken")
    assert answer.status_code == 500
    assert set(answer.json()) == {"message"}
    assert CANARY not in answer.text + "".join(lines.texts)
    line = lines.parsed()[0]
    assert line["request"] == answer.headers["logto-core-request-id"]
    assert line["exception"] == ["builtins.RuntimeError"]


async def test_a_face_that_cannot_render_still_answers_500() -> None:
    def fail(request: Request, error: Exception) -> Response:
        raise RuntimeError(CANARY)

    def unknown(request: Request) -> Response:
        return empty(404)

    def wrong(request: Request, allowed: frozenset[str]) -> Response:
        return empty(405)

    face = Face(
        name="bad",
        prefix="/bad",
        routes=[Route("GET", "/bad/x", broken, access=PUBLIC)],
        render_error=fail,
        not_found=unknown,
        method_not_allowed=wrong,
    )
    async with client_of(app_of(faces=[face])) as client:
        assert (await client.get("/bad/x")).status_code == 500
        assert (await client.get("/bad/y")).status_code == 404
        assert (await client.post("/bad/x")).status_code == 405


async def test_a_refusal_is_the_envelope() -> None:
    async with client_of(app()) as client:
        answer = await client.get("/api/taken")
    assert answer.status_code == 422
    assert list(answer.json()) == ["code", "message", "data", "details"]
    assert answer.json()["code"] == "user.username_already_in_use"
    assert answer.headers["retry-after"] == "5"


async def test_exceptions_of_lower_floors_are_translated() -> None:
    def translate(error: Exception) -> Exception:
        return UsernameInUse() if isinstance(error, RuntimeError) else error

    face = api_face("/api", [route("broken", broken)])
    lines = Lines()
    app = Application([face], public_url="https://id.example.com", log=logger(lines), translate=translate)
    async with client_of(app) as client:
        assert (await client.get("/api/broken")).status_code == 422
    assert lines.texts == []


async def test_no_content_has_neither_body_nor_type() -> None:
    async with client_of(app()) as client:
        answer = await client.get("/api/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert "content-length" not in answer.headers


async def test_a_get_is_tagged_and_a_known_tag_is_304() -> None:
    async with client_of(app()) as client:
        first = await client.get("/api/small")
        tag = first.headers["etag"]
        for known in (tag, f'"x", W/{tag}', "*"):
            again = await client.get("/api/small", headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await client.get("/api/small", headers={"If-None-Match": '"x"'})).status_code == 200
        assert "etag" not in (await client.get("/api/taken")).headers


def test_the_entity_tag_has_the_documented_form() -> None:
    assert entity_tag(b"") == b'"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"'


@pytest.mark.parametrize(("accepted", "packed"), [("gzip", True), ("br, *", True), ("gzip;q=0", False), ("br", False)])
async def test_long_answers_are_packed_when_the_client_accepts_it(accepted: str, packed: bool) -> None:
    async with client_of(app()) as client:
        answer = await client.get("/api/large", headers={"Accept-Encoding": accepted})
        short = await client.get("/api/small", headers={"Accept-Encoding": accepted})
    assert ("content-encoding" in answer.headers) is packed
    assert answer.json() == {"text": "x" * 2000}
    assert "content-encoding" not in short.headers


async def test_cross_origin_reads_are_for_configured_origins_only() -> None:
    """B104: never reflected."""
    allowed = cors_policies.AllowedOrigins(["https://app.example"])
    async with client_of(app(allowed)) as client:
        good = await client.get("/api/small", headers={"Origin": "https://app.example"})
        bad = await client.get("/api/small", headers={"Origin": "https://app.example.evil"})
        failed = await client.get("/api/taken", headers={"Origin": "https://app.example"})
    assert good.headers["access-control-allow-origin"] == "https://app.example"
    assert failed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in good.headers
    assert "access-control-allow-origin" not in bad.headers


async def test_a_preflight_of_a_granted_origin_is_204() -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    headers = {**asked, "Access-Control-Request-Headers": "authorization, content-type"}
    async with client_of(app(cors_policies.any_origin)) as client:
        answer = await client.options("/api/small", headers=headers)
        other = await client.options("/api/small", headers={**headers, "Access-Control-Request-Method": "PUT"})
        odd = await client.options("/api/small", headers={**asked, "Access-Control-Request-Headers": "a@b"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (200, False)
    assert "access-control-allow-headers" not in odd.headers


async def test_pages_come_with_the_strict_policy() -> None:
    """B102, B20: object-src and base-uri 'none', frame-ancestors 'none', nothing inline."""
    async with client_of(app()) as client:
        headers = (await client.get("/api/page")).headers
    directives = headers["content-security-policy"].split("; ")
    for directive in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in directives
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_a_policy_can_name_a_nonce_and_where_forms_lead() -> None:
    """B102: a source that would add a directive is refused."""
    shown = policy(form_action=("'self'", "https://app.example"), nonce="abc")
    assert "form-action 'self' https://app.example" in shown
    assert "script-src 'self' 'nonce-abc'" in shown
    with pytest.raises(ValueError, match="source expression"):
        policy(form_action=("https://a.example; script-src *",))


async def test_a_redirect_is_303_and_cannot_split_the_header() -> None:
    """B19: 303 after credentials; CR and LF are encoded."""
    async with client_of(app()) as client:
        answer = await client.get("/api/away", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://app.example/cb?code=a%20b%0D%0ASet-Cookie:%20x=1"
    assert "set-cookie" not in answer.headers


def test_a_header_with_a_line_end_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="control character"):
        raw({"X-Name": "a\r\nSet-Cookie: b"})


async def test_packed_answers_unpack_to_the_same_bytes() -> None:
    async with (
        client_of(app()) as client,
        client.stream("GET", "/api/large", headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        packed = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert gzip.decompress(packed) == b'{"text":"' + b"x" * 2000 + b'"}'


async def test_an_answer_that_is_never_stored_is_never_packed() -> None:
    """A secret beside what the sender chose: the size of a packed answer would tell how much they share (BREACH)."""
    async with client_of(app()) as client:
        answer = await client.get("/api/long-page", headers={"accept-encoding": "gzip"})
    assert len(answer.content) > COMPRESS_FROM
    assert "content-encoding" not in answer.headers
