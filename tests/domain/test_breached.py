"""The file of breached passwords: built from any list, whole or not there, found again without loading it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vestibule.domain import breached_build
from vestibule.domain.breached_build import build
from vestibule.domain.breached_file import HEADER_BYTES, WIDTH, BreachedFile, BreachedFileError
from vestibule.domain.md4 import md4

RFC_1320 = {
    b"": "31d6cfe0d16ae931b73c59d7e0c089c0",
    b"a": "bde52cb31de33e46245e05fbdbd6fb24",
    b"message digest": "d9130a8164549fe818874806e1c7014b",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": "043f8582f241db351ce627e153e7f0e4",
    b"1234567890" * 8: "e33b4ddc9c38f2199c3e7b164fcc0536",
}
text_of = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def sha1(password: str) -> str:
    """Return the digest as the public list has it."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def ntlm(password: str) -> str:
    """The same for the other list."""
    return md4(password.encode("utf-16-le")).hex().upper()


def listed(path: Path, passwords: list[str], digest: Callable[[str], str] = sha1, end: str = "\r\n") -> Path:
    """Write a list as it is published."""
    path.write_text("".join(f"{digest(word)}:{at + 1}{end}" for at, word in enumerate(passwords)), newline="")
    return path


def quiet(what: str, done: int, total: int) -> None:
    """Say nothing."""


def made(folder: Path, passwords: list[str], digest: Callable[[str], str] = sha1) -> Path:
    """Build a file of some passwords."""
    target = folder / "breached.bin"
    build(listed(folder / "list.txt", passwords, digest), target, quiet)
    return target


def found(path: Path, passwords: list[str]) -> list[bool]:
    """Look passwords up."""
    file = BreachedFile(path)
    try:
        return [file.holds(word) for word in passwords]
    finally:
        file.close()


def verify(path: Path) -> None:
    """Read a file whole."""
    file = BreachedFile(path)
    try:
        list(file.verify())
    finally:
        file.close()


@pytest.mark.parametrize("content", RFC_1320)
def test_md4_is_that_of_its_rfc(content: bytes) -> None:
    assert md4(content).hex() == RFC_1320[content]


def test_an_ntlm_digest_is_the_known_one() -> None:
    assert ntlm("password") == "8846F7EAEE8FB117AD06BDD830B7586C"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60
)
@given(
    st.lists(text_of, min_size=1, max_size=80),
    st.lists(text_of, max_size=20),
    st.sampled_from([sha1, ntlm]),
    st.data(),
)
def test_every_listed_password_is_found_and_no_other(
    tmp_path: Path, inside: list[str], outside: list[str], digest: Callable[[str], str], data: st.DataObject
) -> None:
    """B46: whatever the order of the list and however often a line stands in it."""
    path = made(tmp_path, data.draw(st.permutations(inside + inside[:5])), digest)
    assert all(found(path, inside))
    others = [word for word in outside if word not in set(inside)]
    assert not any(found(path, others))
    verify(path)
    assert path.stat().st_size == HEADER_BYTES + WIDTH * len(set(inside))


@pytest.mark.parametrize("ordered", [True, False])
def test_a_list_larger_than_what_is_sorted_at_once_is_found_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ordered: bool
) -> None:
    monkeypatch.setattr(breached_build, "GATHERED", 100)
    monkeypatch.setattr(breached_build, "READ_BYTES", 2000)
    monkeypatch.setattr(breached_build, "AT_ONCE", 4)
    words = [f"word {number % 1900}" for number in range(2000)]
    path = made(tmp_path, sorted(words, key=sha1) if ordered else words)
    assert all(found(path, words))
    assert not any(found(path, [f"other {number}" for number in range(1000)]))
    verify(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["breached.bin", "list.txt"]


def test_the_same_list_in_another_order_gives_the_same_file(tmp_path: Path) -> None:
    words = [f"word {number}" for number in range(500)]
    one = made(tmp_path, words).read_bytes()
    assert made(tmp_path, sorted(words, key=sha1)).read_bytes() == one


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{sha1('dragon')}:3\n",
        f"{sha1('dragon').lower()}\n",
        f"{sha1('dragon')}",
        f"{sha1('dragon')}:12 \r\n\r\n\n{sha1('monkey')}:1\n",
    ],
)
def test_a_list_is_read_as_people_have_it(tmp_path: Path, text: str) -> None:
    """Small letters, no count, no last line end, blank lines, the mark of an editor."""
    (tmp_path / "list.txt").write_text(text, newline="")
    build(tmp_path / "list.txt", tmp_path / "out", quiet)
    assert found(tmp_path / "out", ["dragon", "lizard"]) == [True, False]


def test_rare_passwords_can_be_left_out(tmp_path: Path) -> None:
    built = build(listed(tmp_path / "list.txt", ["once", "twice", "thrice"]), tmp_path / "out", quiet, least=2)
    assert built.count == 2
    assert found(tmp_path / "out", ["once", "twice", "thrice"]) == [False, True, True]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("password\n", 1),
        (f"{sha1('a')[:39]}:1\n", 1),
        (f"{sha1('a')}:1\n{ntlm('a')}:1\n", 2),
        (f"{sha1('a')}:1\n{sha1('b')}:many\n", 2),
        (f"{sha1('a')}:1\n\n{sha1('b')}:1\n{'x' * 5000}", 4),
        (f"{sha1('a')}:1\n{sha1('b')}0:1\n", 2),
    ],
)
def test_what_is_no_list_is_refused_by_its_line_and_leaves_nothing(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(BreachedFileError, match=f"line {line} "):
        build(tmp_path / "list.txt", tmp_path / "out", quiet)
    assert [item.name for item in tmp_path.iterdir()] == ["list.txt"]


def test_a_build_that_was_stopped_leaves_the_old_file_and_the_next_begins_anew(tmp_path: Path) -> None:
    path = made(tmp_path, ["dragon"])
    left = tmp_path / ".breached.bin.building"
    left.mkdir()
    (left / "0").write_bytes(b"half of a run that was killed")

    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(listed(tmp_path / "list.txt", ["monkey"]), path, stop)
    assert not left.exists()
    assert found(path, ["dragon", "monkey"]) == [True, False]
    build(tmp_path / "list.txt", path, quiet)
    assert found(path, ["dragon", "monkey"]) == [False, True]


@given(st.integers(0, 10_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_file_that_was_cut_anywhere_is_not_opened(tmp_path: Path, at: int) -> None:
    path = made(tmp_path, [f"word {number}" for number in range(50)])
    whole = path.read_bytes()
    path.write_bytes(whole[: at % len(whole)])
    with pytest.raises(BreachedFileError, match=r"breached\.bin"):
        BreachedFile(path)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_byte_that_changed_anywhere_is_noticed(tmp_path: Path, at: int, bits: int) -> None:
    """In the header when the file is opened, in the records when it is verified."""
    path = made(tmp_path, [f"word {number}" for number in range(50)])
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= bits
    path.write_bytes(content)
    with pytest.raises(BreachedFileError, match=r"breached\.bin"):
        verify(path)


def test_a_file_cut_under_a_running_server_is_a_miss(tmp_path: Path) -> None:
    path = made(tmp_path, [f"word {number}" for number in range(50)])
    file = BreachedFile(path)
    path.write_bytes(path.read_bytes()[: HEADER_BYTES + 10])
    assert not any(file.holds(f"word {number}") for number in range(2, 50))
    file.close()


def test_a_look_up_is_cheap_beside_the_hash_that_follows_it(tmp_path: Path) -> None:
    """Nineteen milliseconds for the hash; a look-up among a hundred thousand takes well under one."""
    path = made(tmp_path, [f"word {number}" for number in range(100_000)])
    file, since = BreachedFile(path), perf_counter()
    for number in range(200):
        file.holds(f"word {number}")
    assert (perf_counter() - since) / 200 < 0.002
    file.close()
