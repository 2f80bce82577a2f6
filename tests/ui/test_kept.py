"""Pages that are kept: what goes into them decides which one is shown, and no more of them are kept than is said."""

from collections.abc import Callable

from vestibule.ui.brand import Brand
from vestibule.ui.kept import LONGEST, MOST, KeptPages

OURS = Brand()


class Painter:
    """Renders, and remembers with what in the token's place."""

    def __init__(self, text: str = "<p>{}</p>") -> None:
        self.text = text
        self.marks: list[str] = []

    def __call__(self, mark: str) -> str:
        self.marks.append(mark)
        return self.text.replace("{}", mark)


def shown(kept: KeptPages, key: str, render: Callable[[str], str], brand: Brand = OURS, token: str = "token") -> str:
    return kept.page(brand, key, token, render)


def test_each_visitor_gets_their_own_token_wherever_it_stands() -> None:
    kept, render = KeptPages(), Painter("<i>{}</i><b>{}</b>")
    assert shown(kept, "a", render, token="ada's") == "<i>ada&#39;s</i><b>ada&#39;s</b>"
    assert (
        shown(kept, "a", render, token='"><script>') == "<i>&#34;&gt;&lt;script&gt;</i><b>&#34;&gt;&lt;script&gt;</b>"
    )
    assert len(render.marks) == 1


def test_nothing_that_was_known_before_can_stand_for_a_token() -> None:
    kept, render = KeptPages(), Painter()
    for key in "abc":
        shown(kept, key, render, token="secret")
    assert len(set(render.marks)) == 3
    assert all(len(mark) >= 43 for mark in render.marks), "256 bits, drawn anew"
    last = Painter("{}" + "".join(render.marks))
    assert shown(kept, "d", last, token="secret") == "secret" + "".join(render.marks)


def test_a_page_without_a_token_is_a_page() -> None:
    kept = KeptPages()
    for _ in range(2):
        assert shown(kept, "a", lambda _: "<p>") == "<p>"


def test_what_differs_in_anything_is_another_page() -> None:
    kept = KeptPages()
    assert shown(kept, "a", Painter("a{}")) == "atoken"
    assert shown(kept, "b", Painter("b{}")) == "btoken"
    assert shown(kept, "a", Painter("c{}")) == "atoken"


def test_another_brand_forgets_every_page() -> None:
    kept, render = KeptPages(), Painter()
    dark = Brand(follows_dark=False)
    for brand, times in ((OURS, 1), (Brand(), 1), (dark, 2), (Brand(follows_dark=False), 2), (OURS, 3)):
        shown(kept, "a", render, brand)
        assert len(render.marks) == times


def test_no_more_pages_are_kept_than_is_said_and_those_that_are_asked_for_stay() -> None:
    kept, render = KeptPages(), Painter()
    for number in range(MOST + 50):
        shown(kept, str(number), render)
        shown(kept, "0", render)
    assert len(render.marks) == MOST + 50
    shown(kept, str(MOST + 49), render)
    assert len(render.marks) == MOST + 50
    for number in range(1, 51):
        shown(kept, str(number), render)
    assert len(render.marks) == MOST + 100, "they had made room"


def test_a_page_that_is_too_long_is_shown_and_not_kept() -> None:
    kept, small, render = KeptPages(), Painter(), Painter("x" * LONGEST + "{}!")
    shown(kept, "small", small)
    for _ in range(MOST + 1):
        assert shown(kept, "long", render) == "x" * LONGEST + "token!"
    shown(kept, "small", small)
    assert (len(render.marks), len(small.marks)) == (MOST + 1, 1)
