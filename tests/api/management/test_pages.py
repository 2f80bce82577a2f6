"""Pages: whatever is asked for, the pages of a list are the list, each row once."""

import os
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import World

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("VESTIBULE_TEST_EXAMPLES", "80"))
"""More of them by hand: VESTIBULE_TEST_EXAMPLES=5000."""
LISTS = ("/users", "/roles")
ROWS = 13
Value = tuple[str, int | None]
"""A text, and the number that ECMAScript reads in it; None is not to be had."""

NUMBERS = st.integers(1, 4) | st.integers(1, 30) | st.integers(1, 2**53 - 1)
GOOD: st.SearchStrategy[Value] = st.builds(
    lambda number, form: (form(number), number),
    NUMBERS,
    st.sampled_from([str, "{}.0".format, "+{}".format, hex, oct, bin, "{}e0".format, " {}\t".format, "0{}".format]),
)
BAD: st.SearchStrategy[Value] = st.builds(
    lambda text: (text, None),
    st.sampled_from(
        ["0", "-1", "-0", "abc", "1e999", "NaN", "Infinity", "1,2", "1 2", "0x", "٣", "1_0", "--1", "null", "1.5", "\0"]
    )
    | st.text("٣é_x;&=%#", min_size=1, max_size=8),
)
VALUES = GOOD | BAD | st.just(("", 0))


@pytest.fixture
async def full(world: World) -> World:
    """A server with some users, several of the same moment, and as many roles."""
    for number in range(ROWS):
        world.clock.advance(seconds=number % 2)
        await world.user(username=f"user{number}")
        if number:
            await world.made("/roles", name=f"Role {number:02}", description="Reads")
    return world


async def ids(world: World, path: str) -> list[str]:
    """Return a whole list."""
    answer = await world.call("GET", f"{path}?page_size=100")
    return [row["id"] for row in answer.json()]


def links(answer: httpx2.Response) -> dict[str, dict[str, str]]:
    """Return what each link asks for, by its relation; each is a line of its own and leads to the same list."""
    found = {}
    for line in answer.headers.get_list("link"):
        matched = re.fullmatch(r'<([^<>"]+)>; rel="(\w+)"', line)
        assert matched, line
        address = urlsplit(matched[1])
        assert address.path == urlsplit(str(answer.request.url)).path.removesuffix("/")
        query = parse_qsl(address.query, keep_blank_values=True)
        assert len(dict(query)) == len(query)
        found[matched[2]] = dict(query)
    return found


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(path=st.sampled_from(LISTS), page=VALUES, size=VALUES, more=st.text(max_size=5))
@bounded
async def test_a_page_is_its_part_of_the_list_or_refused(
    full: World, path: str, page: Value, size: Value, more: str
) -> None:
    """`Total-Number` and links are right for every page, also past the end; everything else is one refusal."""
    query = urlencode({"page": page[0], "page_size": size[0], "x": more.encode(errors="replace").decode()})
    answer = await full.call("GET", f"{path}?{query}")
    number, rows = page[1] if page[1] != 0 else 1, size[1] if size[1] != 0 else 20
    if "\0" in page[0] + size[0] + more:
        assert answer.status_code == 400
        return
    if number is None or rows is None or rows > 100:
        assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_pagination")
        assert "data" not in answer.json()
        return
    everything = await ids(full, path)
    assert [row["id"] for row in answer.json()] == everything[(number - 1) * rows : number * rows]
    assert answer.headers["total-number"] == str(len(everything)) == str(ROWS)
    last = -(-ROWS // rows)
    expected = {"first": 1, "prev": number - 1, "last": last, "next": number + 1}
    if number == 1:
        del expected["prev"]
    if number >= last:
        del expected["next"]
    sent = dict(parse_qsl(query, keep_blank_values=True))
    assert links(answer) == {rel: sent | {"page": str(target)} for rel, target in expected.items()}


@given(path=st.sampled_from(LISTS), size=st.integers(1, ROWS + 2))
@settings(bounded, max_examples=20)
async def test_whoever_follows_the_links_sees_each_row_once(full: World, path: str, size: int) -> None:
    query: dict[str, str] | None = {"page_size": str(size)}
    seen: list[str] = []
    while query is not None:
        answer = await full.call("GET", path, params=query)
        seen += [row["id"] for row in answer.json()]
        query = links(answer).get("next")
    assert seen == await ids(full, path)
    assert len(set(seen)) == len(seen) == ROWS


@given(name=st.sampled_from(["page", "page_size"]), values=st.lists(VALUES, min_size=2, max_size=3))
@settings(bounded, max_examples=20)
async def test_a_number_that_is_given_twice_is_refused(full: World, name: str, values: list[Value]) -> None:
    query = urlencode([(name, text.replace("\0", "")) for text, _ in values])
    for path in LISTS:
        answer = await full.call("GET", f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "guard.invalid_pagination")
