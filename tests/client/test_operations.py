"""Operations: what is sent and how answers are read, held against the contract's document."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response

from tests.client import contract
from tests.client.conftest import Both
from vestibule.client import (
    AllIdentities,
    ApiError,
    ClientError,
    Connector,
    NotFound,
    Operation,
    Page,
    Profile,
    Refused,
    ServerFailed,
    Unreachable,
    User,
    UserGrants,
    UserIdentity,
    UserSession,
    UserSessions,
    UserSsoIdentity,
    codes,
    connectors,
    grants,
    identities,
    organizations,
    sessions,
    users,
)
from vestibule.client.models import HasPassword
from vestibule.client.operation import Nothing, segment

pytestmark = pytest.mark.anyio

EVERY: dict[str, tuple[Callable[[], Operation[Any]], object]] = {
    "GET /api/users/u1": (lambda: users.get("u1"), User),
    "POST /api/users": (
        lambda: users.create(
            username="ada",
            primary_email="a@example.com",
            primary_phone="33612345678",
            password="secret",
            name="Ada",
            avatar=None,
            custom_data={"a": None},
            profile={"nickname": "A"},
        ),
        User,
    ),
    "PATCH /api/users/u1": (lambda: users.update("u1", name=None, profile={"nickname": "A"}), User),
    "PATCH /api/users/u1/profile": (lambda: users.update_profile("u1", {"nickname": "A"}), Profile),
    "GET /api/users/u1/custom-data": (lambda: users.custom_data("u1"), dict),
    "PATCH /api/users/u1/custom-data": (lambda: users.update_custom_data("u1", {"a": [1]}), dict),
    "PATCH /api/users/u1/is-suspended": (lambda: users.suspend("u1"), User),
    "DELETE /api/users/u1": (lambda: users.delete("u1"), Nothing),
    "POST /api/users/u1/password/verify": (lambda: users.verify_password("u1", "secret"), Nothing),
    "PATCH /api/users/u1/password": (lambda: users.set_password("u1", "secret"), User),
    "GET /api/users/u1/has-password": (lambda: users.has_password("u1"), HasPassword),
    "GET /api/users/u1/identities/github": (lambda: identities.get("u1", "github"), UserIdentity),
    "PUT /api/users/u1/identities/github": (lambda: identities.put("u1", "github", "7", details={"a": 1}), dict),
    "DELETE /api/users/u1/identities/github": (lambda: identities.remove("u1", "github"), User),
    "POST /api/users/u1/identities": (lambda: identities.link("u1", "c1", {"code": "x"}), dict),
    "GET /api/users/u1/all-identities": (lambda: identities.find("u1"), AllIdentities),
    "GET /api/users/u1/sso-identities/e1": (lambda: identities.get_sso("u1", "e1"), UserSsoIdentity),
    "GET /api/users/u1/organizations": (lambda: organizations.of_user("u1"), list),
    "GET /api/users/u1/sessions": (lambda: sessions.find("u1"), UserSessions),
    "GET /api/users/u1/sessions/s1": (lambda: sessions.get("u1", "s1"), UserSession),
    "DELETE /api/users/u1/sessions/s1": (lambda: sessions.end("u1", "s1", revoke_grants="all"), Nothing),
    "GET /api/users/u1/grants": (lambda: grants.find("u1", app_type="thirdParty"), UserGrants),
    "DELETE /api/users/u1/grants/g1": (lambda: grants.revoke("u1", "g1"), Nothing),
    "POST /api/verification-codes": (lambda: codes.send(email="a@example.com"), Nothing),
    "POST /api/verification-codes/verify": (lambda: codes.verify("123456", phone="33612345678"), Nothing),
    "POST /api/connectors": (lambda: connectors.create("smtp", {"host": "x"}), Connector),
    "PATCH /api/connectors/c1": (lambda: connectors.update("c1", {"host": "y"}), Connector),
    "DELETE /api/connectors/c1": (lambda: connectors.delete("c1"), Nothing),
}


@pytest.mark.parametrize("request_line", EVERY)
async def test_every_operation_is_sent_as_the_contract_says_and_its_answer_is_read(
    both: Both, request_line: str
) -> None:
    make, kind = EVERY[request_line]
    async with both.open() as caller:
        answer = await caller.send(make())
    assert both.server.asked == ["POST /oidc/token", request_line]
    assert type(answer) is kind


async def test_lists_are_read_too(both: Both) -> None:
    async with both.open() as caller:
        assert [type(item) for item in await caller.send(connectors.find())] == [Connector]
        assert [item.id for item in await caller.send(users.find(search="%a%").at(1))] == ["text"]
    assert both.server.queries[-1] == "search=%25a%25&page=1&page_size=100"


async def test_no_operation_of_the_contract_on_these_paths_is_left_out() -> None:
    names = {"u1": "{userId}", "c1": "{id}", "s1": "{sessionId}", "g1": "{grantId}"}
    names |= {"github": "{target}", "e1": "{ssoConnectorId}"}
    sent = {"/".join(names.get(part, part) for part in line.split("/")) for line in EVERY}
    documented = contract.DOCUMENT["paths"]
    kept = {f"{way.upper()} {path}" for path in {line.split()[1] for line in sent} for way in documented[path]}
    assert kept - sent == {"GET /api/users", "GET /api/connectors", "GET /api/connectors/{id}"}


async def test_only_members_that_were_given_are_sent_and_none_clears(both: Both) -> None:
    async with both.open() as caller:
        await caller.send(users.update("u1", name=None, primary_email="b@example.com"))
    assert both.server.bodies == [{"name": None, "primaryEmail": "b@example.com"}]


async def test_a_user_is_read_whole_with_whole_times(both: Both) -> None:
    """Times are whole milliseconds, never `1.75e12`; unknown members of newer servers are passed over."""
    shown = {**contract.answer("GET", "/api/users/u1")[1], "newerMember": [1], "createdAt": 1_750_000_000_001}
    both.server.answers["/api/users/u1"] = lambda request: JSONResponse(shown)
    async with both.open() as caller:
        user = await caller.send(users.get("u1"))
    assert (user.id, user.created_at, user.has_password) == ("text", 1_750_000_000_001, True)
    assert isinstance(user.created_at, int)
    assert msgspec.to_builtins(user)["createdAt"] == 1_750_000_000_001


def test_codes_name_exactly_one_recipient() -> None:
    for wrong in ({}, {"email": "a@example.com", "phone": "1"}):
        with pytest.raises(ValueError, match="one recipient"):
            codes.send(**wrong)
        with pytest.raises(ValueError, match="one recipient"):
            codes.verify("1", **wrong)


@pytest.mark.parametrize("status", [200, 201, 202, 301, 302, 303, 307])
@pytest.mark.parametrize("operation", [users.verify_password("u1", "x"), codes.verify("1", email="a@b.c")])
async def test_only_204_says_that_a_secret_is_right(both: Both, status: int, operation: Operation[Nothing]) -> None:
    """A proxy that answers for the server, or sends us elsewhere, verifies nobody's password and no code."""
    elsewhere = Response("<h1>Sign in to the network</h1>", status, {"location": "/elsewhere"})
    both.server.answers[operation.path] = lambda request: elsewhere
    async with both.open() as caller:
        with pytest.raises(Unreachable):
            await caller.send(operation)
    assert "GET /elsewhere" not in both.server.asked


@pytest.mark.parametrize("content", [b"", b"{", b"<p>hello</p>", b"[1]", b'{"id": 5}', b"[" * 100_000, b'"\xff"'])
async def test_an_answer_that_is_not_the_apis_is_named_unreachable(both: Both, content: bytes) -> None:
    both.server.answers["/api/users/u1"] = lambda request: Response(content)
    async with both.open() as caller:
        with pytest.raises(Unreachable):
            await caller.send(users.get("u1"))


@pytest.mark.parametrize("status", [302, 304])
async def test_json_in_a_redirect_is_no_answer(both: Both, status: int) -> None:
    both.server.answers["/api/users/u1/custom-data"] = lambda request: JSONResponse({}, status, {"location": "/x"})
    async with both.open() as caller:
        with pytest.raises(Unreachable):
            await caller.send(users.custom_data("u1"))


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (403, Refused), (422, Refused), (404, NotFound), (501, ServerFailed)]
)
async def test_errors_are_classes_that_carry_what_came(both: Both, status: int, kind: type[ApiError]) -> None:
    body = {"code": "user.trouble", "message": "Something is wrong.", "data": {"why": [1]}}
    both.server.answers["/api/users/u1"] = lambda request: JSONResponse(body, status)
    async with both.open() as caller:
        with pytest.raises(kind) as caught:
            await caller.send(users.get("u1"))
    error = caught.value
    assert (error.status, error.code, error.message, error.data) == (status, *body.values())
    assert isinstance(error, ClientError)


@given(st.integers(min_value=0, max_value=999), st.one_of(st.binary(), st.text().map(str.encode), st.just(b"[" * 5000)))
def test_any_answer_is_read_or_becomes_an_error_of_ours(status: int, content: bytes) -> None:
    for operation in (users.get("u1"), users.delete("u1"), users.custom_data("u1"), connectors.find()):
        try:
            operation.read(status, content)
        except ClientError:
            continue
        assert 200 <= status < 300


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_json_error_body_is_read(body: object) -> None:
    with pytest.raises(ApiError):
        users.get("u1").read(400, json.dumps(body).encode())


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."} and text.isprintable()))
def test_an_id_stays_one_segment_of_the_path(text: str) -> None:
    assert not set(segment(text)) & set("/?#% ") - {"%"}
    assert users.get(text).path == f"/api/users/{segment(text)}"


@pytest.mark.parametrize("wrong", ["", ".", ".."])
def test_an_id_that_would_climb_to_another_path_is_refused(wrong: str) -> None:
    """`DELETE /api/users/..` is not a request about a user."""
    for make in (users.get, users.delete, connectors.delete):
        with pytest.raises(ValueError, match="segment"):
            make(wrong)


async def test_pages_are_walked_to_the_end(both: Both) -> None:
    _, (one,) = contract.answer("GET", "/api/users")
    numbers: list[int] = []

    def page(request: Any) -> Response:
        number, size = int(request.query_params["page"]), int(request.query_params["page_size"])
        numbers.append(number)
        start = (number - 1) * size
        return JSONResponse([{**one, "id": str(i)} for i in range(start, min(start + size, 5))])

    both.server.answers["/api/users"] = page
    async with both.open() as caller:
        assert [user.id for user in await caller.all(Page(users.find().operation, 2))] == list("01234")
        assert numbers == [1, 2, 3]
        numbers.clear()
        assert len(await caller.all(Page(users.find().operation, 5))) == 5
        assert numbers == [1, 2]


async def test_a_search_may_have_several_values_and_fields(both: Both) -> None:
    async with both.open() as caller:
        await caller.all(users.find(search__id=["a", "b"], mode__id="exact"))
    assert both.server.queries[-1] == "search.id=a&search.id=b&mode.id=exact&page=1&page_size=100"


def test_what_a_sign_in_at_a_provider_began_with_can_travel_along() -> None:
    begun = connectors.authorization_uri("c1", "s", "https://app.example/back", stateless_for="u1")
    sent = {"state": "s", "redirectUri": "https://app.example/back", "stateless": True, "userId": "u1"}
    assert json.loads(begun.content() or b"") == sent
    linked = identities.link("u1", "c1", {"code": "x"}, session="v1.s")
    assert json.loads(linked.content() or b"")["session"] == "v1.s"
