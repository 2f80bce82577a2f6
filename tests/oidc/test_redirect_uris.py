"""Redirect URIs as a rule on texts: what generated attacks must not pass."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.domain.redirect_uris import is_origin_of, is_registered

URI = "https://app.example/callback"
WILD = "https://*.preview.example.com/cb/*"
ANY_TEXT = st.text(alphabet=string.printable + "é\u202e\ud800", max_size=40)
LABEL = st.text(alphabet=string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)


def test_the_registered_text_is_accepted() -> None:
    assert is_registered(URI, [URI], native=False)
    assert is_registered("com.example.app:/cb", ["com.example.app:/cb"], native=False)


@given(ANY_TEXT)
def test_nothing_else_is(text: str) -> None:
    """B12, A3, A4: no other text passes for a plain registration, native or not."""
    for native in (False, True):
        assert is_registered(text, [URI], native=native) == (text == URI)


@given(st.integers(0, len(URI)), ANY_TEXT.filter(bool))
def test_no_insertion_passes(at: int, text: str) -> None:
    """B12: whatever is inserted anywhere."""
    changed = URI[:at] + text + URI[at:]
    assert changed == URI or not is_registered(changed, [URI], native=True)


@given(st.integers(0, len(URI) - 1), st.characters())
def test_no_substitution_passes(at: int, char: str) -> None:
    """A4: a dot stands for a dot."""
    changed = URI[:at] + char + URI[at + 1 :]
    assert is_registered(changed, [URI], native=False) == (changed == URI)


@given(LABEL, ANY_TEXT)
def test_a_wildcard_never_leaves_its_domain(label: str, tail: str) -> None:
    """A3: user information, other hosts and dot segments stay outside."""
    uri = f"https://{label}{tail}.preview.example.com/cb/x"
    if is_registered(uri, [WILD], native=False):
        assert set(tail) <= set(string.ascii_lowercase + string.digits + "-")


@given(ANY_TEXT)
def test_a_path_wildcard_never_climbs(tail: str) -> None:
    uri = f"https://a.preview.example.com/cb/{tail}"
    if is_registered(uri, [WILD], native=False):
        assert not any(part in {".", ".."} for part in tail.split("/"))
        assert "?" not in tail
        assert "#" not in tail


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.preview.example.com/cb/",
        "https://a-1.preview.example.com/cb/deep/er",
    ],
)
def test_wildcards_match_what_they_mean(uri: str) -> None:
    assert is_registered(uri, [WILD], native=False)


@pytest.mark.parametrize(
    "uri",
    [
        "https://preview.example.com/cb/",
        "https://.preview.example.com/cb/",
        "https://a.b.preview.example.com/cb/",
        "https://a.preview.example.org/cb/",
        "https://a.preview.example.com:8443/cb/",
        "http://a.preview.example.com/cb/",
        "https://a.preview.example.com/cb",
        "https://a.preview.example.com/cb/../admin",
        "https://a.preview.example.com/cb/%2e%2e/admin",
        "https://a.preview.example.com/cb/%2E%2E%2Fadmin",
        "https://a.preview.example.com/cb//evil",
        "https://a.preview.example.com/cb/?next=1",
        "https://evil.example\\.preview.example.com/cb/",
        "https://evil@a.preview.example.com/cb/",
    ],
)
def test_wildcards_match_no_more(uri: str) -> None:
    """B12, A4."""
    assert not is_registered(uri, [WILD], native=False)


@pytest.mark.parametrize("known", ["https://*.com/cb", "https://a.*.com/cb", "https://x.y.*/cb", "*://a.b.c/cb"])
def test_a_wildcard_too_high_up_matches_nothing(known: str) -> None:
    for uri in ("https://evil.com/cb", "https://a.evil.com/cb", "https://x.y.evil/cb", "http://a.b.c/cb"):
        assert not is_registered(uri, [known], native=False)


@given(st.integers(0, 65_535))
def test_a_native_app_may_use_any_loopback_port(port: int) -> None:
    """B13: and only the port may differ."""
    for host in ("127.0.0.1", "[::1]", "localhost"):
        registered = [f"http://{host}/cb"]
        assert is_registered(f"http://{host}:{port}/cb", registered, native=True)
        assert not is_registered(f"http://{host}:{port}/cb", registered, native=False)
        assert not is_registered(f"https://{host}:{port}/cb", registered, native=True)
        assert not is_registered(f"http://{host}:{port}/other", registered, native=True)
        assert not is_registered(f"http://x@{host}:{port}/cb", registered, native=True)
    assert not is_registered(f"http://app.example:{port}/cb", ["http://app.example/cb"], native=True)


@pytest.mark.parametrize("scheme", ["javascript", "data", "vbscript", "JavaScript"])
def test_addresses_that_run_are_refused_even_when_registered(scheme: str) -> None:
    assert not is_registered(f"{scheme}:alert(1)", [f"{scheme}:alert(1)"], native=True)


def test_origins_are_those_of_registered_addresses() -> None:
    assert is_origin_of("https://app.example", [URI])
    assert is_origin_of("https://a.preview.example.com", [WILD])
    for origin in ("https://app.example.evil.example", "http://app.example", "https://app.example:444", "null", ""):
        assert not is_origin_of(origin, [URI, WILD])
