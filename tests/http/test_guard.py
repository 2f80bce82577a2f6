"""The guard: what a body may be, and the issue list when it is not."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.world import JSON, NOTES, PAIRS, Note, Pair, app_of, client_of
from vestibule.errors import AppError, InvalidInput
from vestibule.http import guard
from vestibule.http.body import MalformedBody

pytestmark = pytest.mark.anyio


async def post(content: bytes, path: str = "/api/notes", **headers: str) -> tuple[int, dict[str, object]]:
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    async with client_of(app_of(NOTES, PAIRS)) as client:
        answer = await client.post(path, content=content, headers=sent)
    return answer.status_code, answer.json()


def issues_of(body: dict[str, object]) -> list[dict[str, object]]:
    assert body["code"] == "guard.invalid_input"
    data = body["data"]
    assert isinstance(data, dict)
    assert data["name"] == "ZodError"
    issues = data["issues"]
    assert isinstance(issues, list)
    return issues


async def faults(content: object, path: str = "/api/notes") -> list[dict[str, object]]:
    status, body = await post(msgspec.json.encode(content), path)
    assert status == 400
    return [{key: value for key, value in issue.items() if key != "message"} for issue in issues_of(body)]


async def test_a_good_body_passes_and_unknown_members_are_dropped() -> None:
    assert await post(b'{"userName":"ada","extra":1}') == (200, {"userName": "ada"})


async def test_null_is_told_from_absent() -> None:
    assert await post(b'{"email":null}') == (200, {"email": None})
    assert await post(b"{}") == (200, {})


async def test_issues_come_in_declared_order_with_one_line_each() -> None:
    status, body = await post(b'{"address":1,"userName":"9","phone":"+1","kind":"odd"}')
    assert status == 400
    assert [issue["path"] for issue in issues_of(body)] == [["phone"], ["userName"], ["kind"], ["address"]]
    lines = str(body["details"]).split("\n")
    assert len(lines) == 4
    assert lines[0].startswith('Error in key path "phone": (invalid_string)')
    assert 'Error in key path "address": (invalid_type) Expected object, but got number.' in lines


async def test_missing_members_are_received_as_undefined() -> None:
    assert await faults({}, "/api/pairs") == [
        {"code": "invalid_type", "expected": "string", "received": "undefined", "path": ["left"]},
        {"code": "invalid_type", "expected": "number", "received": "undefined", "path": ["right"]},
    ]


@pytest.mark.parametrize(
    ("content", "issue"),
    [
        ({"userName": 1}, {"code": "invalid_type", "expected": "string", "received": "number", "path": ["userName"]}),
        ({"count": 1.5}, {"code": "invalid_type", "expected": "integer", "received": "float", "path": ["count"]}),
        ({"count": True}, {"code": "invalid_type", "expected": "number", "received": "boolean", "path": ["count"]}),
        (
            {"customData": []},
            {"code": "invalid_type", "expected": "object", "received": "array", "path": ["customData"]},
        ),
        ({"title": None}, {"code": "invalid_type", "expected": "string", "received": "null", "path": ["title"]}),
        ({"email": "a b"}, {"code": "invalid_string", "validation": "regex", "path": ["email"]}),
        ({"avatar": "picture.png"}, {"code": "invalid_string", "validation": "url", "path": ["avatar"]}),
        (
            {"kind": "odd"},
            {"code": "invalid_enum_value", "received": "odd", "options": ["plain", "rich"], "path": ["kind"]},
        ),
        (
            {"kind": 5},
            {"code": "invalid_type", "expected": "'plain' | 'rich'", "received": "number", "path": ["kind"]},
        ),
        (
            {"title": ""},
            {
                "code": "too_small",
                "minimum": 1,
                "type": "string",
                "inclusive": True,
                "exact": False,
                "path": ["title"],
            },
        ),
        (
            {"tags": ["ok", "long!"]},
            {
                "code": "too_big",
                "maximum": 3,
                "type": "string",
                "inclusive": True,
                "exact": False,
                "path": ["tags", 1],
            },
        ),
        (
            {"address": {"postalCode": 1}},
            {"code": "invalid_type", "expected": "string", "received": "number", "path": ["address", "postalCode"]},
        ),
    ],
)
async def test_each_fault_has_its_documented_form(content: object, issue: dict[str, object]) -> None:
    assert await faults(content) == [issue]


async def test_a_union_reports_the_alternative_of_the_right_type_or_all_of_them() -> None:
    assert [issue["code"] for issue in await faults({"avatar": "nope"})] == ["invalid_string"]
    [issue] = await faults({"avatar": 5})
    assert issue["code"] == "invalid_union"
    errors = issue["unionErrors"]
    assert isinstance(errors, list)
    assert [error["issues"][0]["code"] for error in errors] == ["invalid_type", "invalid_literal"]
    assert [issue["code"] for issue in await faults({"either": []})] == ["invalid_union"]
    assert [issue["code"] for issue in await faults({"either": "x"})] == ["too_small"]
    assert (await post(b'{"avatar":"","either":3}'))[0] == 200


async def test_lengths_count_utf16_units() -> None:
    assert (await post('{"title":"😀😀"}'.encode()))[0] == 200
    assert (await post('{"title":"😀😀a"}'.encode()))[0] == 400


@pytest.mark.parametrize("name", ["ada\n", "9ada", "ädam", "ada\u0661"])
async def test_names_are_ascii_and_end_where_they_end(name: str) -> None:
    assert [issue["validation"] for issue in await faults({"userName": name})] == ["regex"]


async def test_white_space_is_that_of_ecmascript() -> None:
    for char in ("\ufeff", "\u00a0", "\u2003"):
        assert await faults({"email": f"a{char}b@c.d"})
    assert (await post('{"email":"a\u001fb@c.d"}'.encode().replace(b"\x1f", b"\\u001f")))[0] == 200
    assert (await post('{"email":"ü@ö.de"}'.encode()))[0] == 200


async def test_an_integral_float_is_an_integer() -> None:
    assert await post(b'{"count":1.0}') == (200, {"count": 1})


@pytest.mark.parametrize(
    "content", [b"{", b" ", b"5", b'"text"', b"null", b"{'a':1}", b'{"a":NaN}', b'{"a":Infinity}', b'{"count":1e400}',
                b'{"userName":"\\ud800"}', b'{"userName":"\xff"}', b'{"extra":"\xff"}', b'{"a":"\x00"}', b'{"a":01}']
)  # fmt: skip
async def test_what_is_not_json_is_400_without_code(content: bytes) -> None:
    """B89: lone surrogates, NaN and numbers past the range are 4xx."""
    status, body = await post(content)
    assert (status, set(body)) == (400, {"message"})


@pytest.mark.parametrize(
    "content",
    [
        b'{"customData":{"a":["\\u0000"]}}',
        b'{"userName":"a\\u0000"}',
        b'{"extra":"\\u0000"}',
        b'{"customData":{"__proto__":{}}}',
        b'{"customData":{"a":[{"\\u005f_proto__":1}]}}',
        b'{"count":' + b"9" * 30 + b"}",
        b'{"customData":{"a":' + b"9" * 400 + b"}}",
    ],
)
async def test_what_no_store_can_hold_is_refused(content: bytes) -> None:
    """B89: NUL, 10^400 and `__proto__` -> 4xx, never 500."""
    status, body = await post(content)
    assert (status, body["code"]) == (400, "guard.invalid_input")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"userName":"a","userName":"b"}', "userName"),
        (b'{"userName":"a","email":"a@b.c","userName":"a"}', "userName"),
        (b'{"userName":"a","\\u0075serName":"b"}', "userName"),
        (b'{"extra":1,"extra":2}', "extra"),
        (b'{"customData":{"a":[{"b":1,"b":2}]}}', "b"),
        (b'{"customData":{"":1,"":2}}', ""),
        (b'{"count":1.0,"count":1.0}', "count"),
    ],
)
async def test_a_name_that_comes_twice_is_refused(content: bytes, name: str) -> None:
    """B89: what reads the first value and what reads the last must not be told different things."""
    status, body = await post(content)
    assert (status, body["code"]) == (400, "guard.invalid_input")
    assert isinstance(body["data"], dict)
    assert body["data"]["issues"] == [
        {"code": "custom", "path": [], "message": f"The name {name!r} comes twice in one object."}
    ]


async def test_the_same_name_in_different_objects_is_no_repetition() -> None:
    content = b'{"userName":"a","customData":{"userName":":","a":{"a":"\\"a\\":"},"b":[{"a":1},{"a":2}]}}'
    assert (await post(content))[0] == 200


async def test_depth_has_a_limit() -> None:
    """B87: JSON depth over 64 -> 400, without any issue list; brackets inside of strings don't count."""
    deep = b'{"customData":{"a":' + b"[" * 62 + b"]" * 62 + b"}}"
    assert (await post(deep))[0] == 200
    for levels in (63, 100_000):
        status, body = await post(b'{"customData":{"a":' + b"[" * levels + b"]" * levels + b"}}")
        assert (status, body["code"], body["data"]) == (400, "guard.invalid_input", {})
    assert (await post(b'{"email":"' + b"[" * 100 + b'@a.b"}'))[0] == 200


async def test_a_missing_body_counts_as_an_empty_object() -> None:
    assert await post(b"") == (200, {})
    [issue] = await faults([])
    assert issue == {"code": "invalid_type", "expected": "object", "received": "array", "path": []}


async def test_rules_hold_in_the_plain_pass_as_well() -> None:
    with pytest.raises(AppError):
        guard.convert({"userName": "9"}, Note)
    with pytest.raises(AppError):
        guard.convert({"extra": "\0"}, Note)
    assert guard.convert({"left": "a", "right": 2.0}, Pair) == Pair("a", 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
members = st.sampled_from(["phone", "email", "userName", "avatar", "title", "kind", "count", "tags", "customData",
                           "address", "either", "__proto__", "x"])  # fmt: skip


@given(st.dictionaries(members, json_values))
def test_any_json_is_accepted_or_refused_with_issues(value: dict[str, object]) -> None:
    """B90: never a 500."""
    check(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0dD8e-+.1naN \x00é', max_size=60).map(str.encode))
def test_any_bytes_are_accepted_or_refused(content: bytes) -> None:
    """B90: never a 500."""
    check(content)


def check(content: bytes) -> None:
    try:
        accepted = guard.decode(content, Note)
    except MalformedBody:
        return
    except InvalidInput as refusal:
        data = refusal.data
    else:
        assert guard.decode(msgspec.json.encode(accepted), Note) == accepted
        return
    assert isinstance(data, dict)
    assert data == {} or data["issues"]
