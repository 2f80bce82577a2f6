"""Lists: pages, search modes, joints, exclusions, and every way a search can be wrong."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world import World
from vestibule.api.management.search_query import parse_search
from vestibule.domain.resources import ensure_resource
from vestibule.domain.roles import ensure_default_role
from vestibule.errors import InvalidRequest

pytestmark = pytest.mark.anyio


async def names(world: World, query: str) -> list[str]:
    """Return the user names that a query finds, sorted."""
    answer = await world.call("GET", f"/users?{query}")
    assert answer.status_code == 200, answer.text
    found = sorted(user["username"] for user in answer.json())
    assert answer.headers["total-number"] == str(len(found))
    return found


@pytest.fixture
async def people(world: World) -> World:
    """Three people who differ in every field."""
    await world.user(username="Alice", primaryEmail="Alice@Example.com", name="Alice Ä", primaryPhone="61412345678")
    await world.user(username="bob", primaryEmail="bob@example.org", name="Bob 100%")
    await world.user(username="carol_x", name="Çarol")
    return world


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alice", "bob", "carol_x"]),
        ("search=alice", ["Alice"]),
        ("search=lic", []),
        ("search=%25LIC%25", ["Alice"]),
        ("search=%25lic%25&isCaseSensitive=true", ["Alice"]),
        ("search=%25LIC%25&isCaseSensitive=true", []),
        ("search.primaryEmail=%25EXAMPLE%25", ["Alice", "bob"]),
        ("search.primary_email=%25example.org", ["bob"]),
        ("search.name=%25%C3%A7arol", ["carol_x"]),
        ("search.name=%25%C3%84", ["Alice"]),
        ("search.name=%25100%5C%25", ["bob"]),
        ("search.username=carol%5C_x", ["carol_x"]),
        ("search.username=_ob", ["bob"]),
        ("search.primaryPhone=614%25", ["Alice"]),
        ("search.username=ALICE&mode=exact", ["Alice"]),
        ("search.username=alice&search.username=BOB&mode=exact", ["Alice", "bob"]),
        ("search.username=ALICE&mode=exact&isCaseSensitive=1", []),
        ("search.username=a.*e&mode=posix", ["Alice"]),
        ("search.username=%5Eb&mode.username=posix", ["bob"]),
        ("search.username=A.*&mode=posix&isCaseSensitive=yes", ["Alice"]),
        ("search.username=(Al%25|b_b)&mode=similar_to&isCaseSensitive=y", ["Alice", "bob"]),
        ("search.username=li&mode=similar_to&isCaseSensitive=y", []),
        ("search.username=bob&search.name=%25%C3%84", ["Alice", "bob"]),
        ("search.username=bob&search.name=%25%C3%84&joint=and", []),
        ("search.username=bob&search.primaryEmail=bob%25&jointMode=and", ["bob"]),
        ("searchfoo=bob", ["bob"]),
        ("joint=&search=bob", ["bob"]),
        ("hideAdminUser=true", ["Alice", "bob", "carol_x"]),
        ("excludeRoleId=&excludeOrganizationId=", ["Alice", "bob", "carol_x"]),
    ],
)
async def test_a_search_finds(people: World, query: str, expected: list[str]) -> None:
    assert await names(people, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "search=",
        "search.phone=1",
        "search.a.b=1",
        "search=a&mode=fuzzy",
        "models=x",
        "mode.any=",
        "joint=xor&search=a",
        "search=a&search=b",
        "search=a&mode=similar_to",
        "search=(&mode=posix",
        "search=a%5C",
        "search=(a%2B)%2B&mode=posix",
        "search=a*a*a*b&mode=posix",
        "search=" + "a" * 300,
    ],
)
async def test_a_faulty_search_is_refused(people: World, query: str) -> None:
    """B81, B91: forged, broken and dangerous patterns are 400 and show no SQL."""
    answer = await people.call("GET", f"/users?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid_input")
    assert answer.json()["data"] == {}
    assert "SELECT" not in answer.text


async def test_both_exclusions_together_are_refused_without_data(people: World) -> None:
    answer = await people.call("GET", "/users?excludeRoleId=a&excludeOrganizationId=b")
    assert answer.json()["code"] == "request.invalid_input"
    assert "data" not in answer.json()


async def test_holders_of_a_role_can_be_left_out(people: World) -> None:
    ctx = people.server.ctx
    await ensure_resource(ctx, "https://api.example", "Api", {"read": "Read"})
    role = await ensure_default_role(ctx, "Readers", "Read", "https://api.example", ["read"])
    await people.user(username="dave")
    assert await names(people, "excludeRoleId=unknown") == ["Alice", "bob", "carol_x", "dave"]
    assert await names(people, f"excludeRoleId={role}") == []


async def test_lists_are_newest_first_in_pages_with_links(world: World) -> None:
    for number in range(5):
        world.clock.advance(seconds=1)
        await world.user(username=f"u{number}")
    answer = await world.call("GET", "/users?page=2&page_size=2&search=u%25")
    assert [user["username"] for user in answer.json()] == ["u2", "u1"]
    assert answer.headers["total-number"] == "5"
    links = answer.headers.get_list("link")
    assert [link.rsplit('rel="')[1].rstrip('"') for link in links] == ["first", "prev", "last", "next"]
    assert all("/api/users?" in link and "search=u%25" in link for link in links)
    past = await world.call("GET", "/users?page=9&page_size=2")
    assert past.json() == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page_size=101", "page_size=0", "page=1.5", "page=1&page=2"]
)
async def test_a_faulty_page_is_refused_before_the_search(world: World, query: str) -> None:
    answer = await world.call("GET", f"/users?{query}&search=")
    assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_pagination")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["search", "search.username", "mode", "mode.name", "joint", "isCaseSensitive", "page"]),
            st.text(max_size=30),
        ),
        max_size=5,
    )
)
def test_any_query_is_a_search_or_a_named_refusal(items: list[tuple[str, str]]) -> None:
    with contextlib.suppress(InvalidRequest):
        assert parse_search(items, ("id", "username")).joint in {"or", "and"}
