"""The OpenAPI document: valid, complete, and honest about who may call."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Struct
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.http.world import NOTES, Note
from vestibule.errors import (
    EntityNotFound,
    Forbidden,
    StoreUnavailable,
    TokenSubjectMissing,
    Unauthorized,
    UsernameInUse,
)
from vestibule.http import PUBLIC, Request, Response, Route, empty
from vestibule.http.guard import Length, Maybe, rule
from vestibule.http.openapi import ErrorForm, document
from vestibule.http.schemas import Json

SCHEMES: dict[str, Json] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


class Closed:
    security = "bearer"

    async def __call__(self, request: Request) -> object:
        return None


class Unnamed:
    async def __call__(self, request: Request) -> object:
        return None


class Filter(Struct, rename="camel"):
    search_mode: Annotated[str, rule(Length(minimum=1))]
    extra: str = ""


async def handler(request: Request) -> Response:
    return empty()


ROUTES = [
    NOTES,
    Route("GET", "/api/notes", handler, access=Closed(), paged=True, query=Filter, responses={200: list[Note]}),
    Route("GET", "/api/notes/{note_id}", handler, access=Closed(), errors=(EntityNotFound,), responses={200: Note}),
    Route("DELETE", "/api/notes/{note_id}", handler, access=Closed(), responses={204: None}, tags=("Notes",)),
    Route("GET", "/api/files/{rest:path}", handler, access=PUBLIC, operation_id="readFile", summary="Read a file"),
    Route("PUT", "/api/notes/{note_id}", handler, access=Closed(), body=Note, errors=(UsernameInUse,)),
]


def made(routes: Sequence[Route] = ROUTES) -> dict[str, object]:
    shown = document(routes, title="Notes", version="1", server="https://id.example.com", schemes=SCHEMES)
    decoded: dict[str, object] = msgspec.json.decode(msgspec.json.encode(shown))
    return decoded


def operation(path: str, method: str) -> dict[str, object]:
    paths = made()["paths"]
    assert isinstance(paths, dict)
    found: dict[str, object] = paths[path][method]
    return found


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(made()).validate()


def test_every_route_has_an_operation_with_its_own_id() -> None:
    paths = made()["paths"]
    assert isinstance(paths, dict)
    operations = [item for path in paths.values() for item in path.values()]
    assert len(operations) == len(ROUTES)
    assert len({item["operationId"] for item in operations}) == len(ROUTES)
    assert operation("/api/files/{rest}", "get")["operationId"] == "readFile"


def test_every_operation_says_who_may_call_it() -> None:
    assert operation("/api/notes", "post")["security"] == []
    assert operation("/api/notes", "get")["security"] == [{"bearer": []}]
    with pytest.raises(ValueError, match="security scheme"):
        made([Route("GET", "/api/x", handler, access=Unnamed())])


def test_an_operation_id_cannot_repeat() -> None:
    twice = [Route("GET", f"/api/{name}", handler, access=PUBLIC, operation_id="x") for name in "ab"]
    with pytest.raises(ValueError, match="is taken"):
        made(twice)


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/notes", "post", ["200", "400", "413", "415"]),
        ("/api/notes", "get", ["200", "400", "401", "403"]),
        ("/api/notes/{note_id}", "get", ["200", "400", "401", "403", "404"]),
        ("/api/notes/{note_id}", "delete", ["204", "400", "401", "403"]),
        ("/api/notes/{note_id}", "put", ["200", "400", "401", "403", "413", "415", "422"]),
    ],
)
def test_every_status_is_declared(path: str, method: str, statuses: list[str]) -> None:
    responses = operation(path, method)["responses"]
    assert isinstance(responses, dict)
    assert sorted(responses) == statuses


def test_parameters_come_from_path_query_and_pages() -> None:
    parameters = operation("/api/notes", "get")["parameters"]
    assert isinstance(parameters, list)
    shown = [(item["name"], item["in"], item["required"]) for item in parameters]
    assert shown == [
        ("page", "query", False),
        ("page_size", "query", False),
        ("searchMode", "query", True),
        ("extra", "query", False),
    ]


def test_rules_are_in_the_schemas_as_they_were_written() -> None:
    text = msgspec.json.encode(made()).decode()
    assert r'"pattern":"^[A-Z_a-z]\\w*$"' in text
    assert '"maxLength":4' in text


def test_what_every_route_can_answer_is_declared_everywhere() -> None:
    shown = document(
        ROUTES,
        title="N",
        version="1",
        server="https://a.example",
        schemes=SCHEMES,
        always=(StoreUnavailable,),
        conditional=True,
    )
    paths: Any = msgspec.json.decode(msgspec.json.encode(shown))["paths"]
    for operations in paths.values():
        for method, found in operations.items():
            assert "503" in found["responses"]
            assert ("304" in found["responses"]) is (method == "get")


def test_an_access_names_its_scopes_and_every_code_of_its_refusals() -> None:
    class Scoped(Closed):
        scopes = ("all",)
        errors = (Unauthorized, TokenSubjectMissing, Forbidden)

    found: Any = made([Route("GET", "/api/x", handler, access=Scoped())])["paths"]
    found = found["/api/x"]["get"]
    assert found["security"] == [{"bearer": ["all"]}]
    codes = found["responses"]["401"]["content"]["application/json"]["schema"]["properties"]["code"]["enum"]
    assert codes == ["auth.jwt_sub_missing", "auth.unauthorized"]


def test_a_body_of_several_forms_is_any_of_them() -> None:
    found: Any = made([Route("POST", "/api/x", handler, access=PUBLIC, body=(Note, Filter))])["paths"]
    schema = found["/api/x"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert [item["$ref"].rpartition("/")[2] for item in schema["anyOf"]] == ["Note", "Filter"]


def test_a_family_may_render_refusals_in_a_form_of_its_own() -> None:
    form = ErrorForm(
        "application/problem+json",
        lambda errors: {"type": "object", "required": sorted({error.code for error in errors})},
        {404: {"Retry-After": "Seconds to wait."}},
    )
    shown = document(
        ROUTES, title="N", version="1", server="https://a.example", schemes=SCHEMES, error_form=form, description="D"
    )
    decoded = msgspec.json.decode(msgspec.json.encode(shown))
    OpenAPIV31SpecValidator(decoded).validate()
    missing = decoded["paths"]["/api/notes/{note_id}"]["get"]["responses"]["404"]
    assert missing["content"] == {
        "application/problem+json": {"schema": {"type": "object", "required": ["entity.not_found"]}}
    }
    assert list(missing["headers"]) == ["Retry-After"]


def test_headers_that_a_route_reads_are_parameters() -> None:
    route = Route("GET", "/api/x", handler, access=PUBLIC, headers={"Vestibule-Proof": "What was proven."})
    paths = made([route])["paths"]
    assert isinstance(paths, dict)
    assert paths["/api/x"]["get"]["parameters"] == [
        {
            "name": "Vestibule-Proof",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "What was proven.",
        }
    ]


class Inner(Struct, rename="camel"):
    many_words: list[str] = []


class Both(Struct, rename="camel"):
    """Taken and answered."""

    name: str
    inner: Inner
    some_text: str = "x"
    may_be_absent: Maybe[str] = UNSET


class Sparse(Struct, omit_defaults=True):
    name: str
    extra: str = ""


class Tagged(Struct, tag_field="type", tag="tagged"):
    size: int = 1


def schema_of(paths: Any, reference: Json) -> Any:
    return paths["components"]["schemas"][str(reference["$ref"]).rpartition("/")[2]]


def test_a_member_with_a_default_may_be_left_out_of_a_body_and_is_always_in_an_answer() -> None:
    """One type is two schemas then, inside as well; where both say the same it is one."""
    route = Route("POST", "/api/x", handler, access=PUBLIC, body=(Both, Note), responses={200: list[Both], 201: Note})
    shown: Any = made([route])
    operation = shown["paths"]["/api/x"]["post"]
    body, note = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["items"]
    assert schema_of(shown, body)["required"] == ["name", "inner"]
    assert schema_of(shown, answer)["required"] == ["name", "inner", "someText"]
    assert schema_of(shown, schema_of(shown, body)["properties"]["inner"])["required"] == []
    assert schema_of(shown, schema_of(shown, answer)["properties"]["inner"])["required"] == ["manyWords"]
    assert operation["responses"]["201"]["content"]["application/json"]["schema"] == note
    OpenAPIV31SpecValidator(shown).validate()


def test_what_an_answer_leaves_out_is_not_promised_and_its_tag_is() -> None:
    route = Route("GET", "/api/x", handler, access=PUBLIC, responses={200: Sparse, 201: list[Tagged]})
    shown: Any = made([route])
    assert shown["components"]["schemas"]["Sparse"]["required"] == ["name"]
    assert shown["components"]["schemas"]["Tagged"]["required"] == ["type", "size"]
