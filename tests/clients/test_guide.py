"""`docs/client.md`, run from top to bottom against a live server: what it says is printed, is printed."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.live import Live

GUIDE = Path(__file__).parent.parent.parent / "docs" / "client.md"
SHOWN = re.compile(r"(?m)^(?:.*\bprint\(.*\)  # |# )(.*)$")


def blocks() -> list[str]:
    """Return the Python blocks of the guide."""
    return re.findall(r"(?ms)^```python\n(.*?)^```", GUIDE.read_text())


def expected(block: str) -> list[str]:
    """Return the lines that a block says it prints: comments behind `print(…)`, and comments on lines of their own."""
    return SHOWN.findall(block)


def test_the_guide_does_what_it_says(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    app = live.application("machine-to-machine", "--management")
    monkeypatch.setenv("VESTIBULE_URL", live.identity)
    monkeypatch.setenv("VESTIBULE_CLIENT_ID", app["id"])
    monkeypatch.setenv("VESTIBULE_CLIENT_SECRET", app["secret"])
    known: dict[str, object] = {"__name__": "guide", "input": lambda asked: live.last_code("ada@example.com")}
    assert len(blocks()) > 10
    for block in blocks():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, str(GUIDE), "exec"), known)
        assert printed.getvalue().splitlines() == expected(block), block


def test_every_block_that_prints_says_what() -> None:
    """The control: a `print` whose output is not told would be compared with nothing."""
    for block in blocks():
        assert len(re.findall(r"\bprint\(", block)) <= len(expected(block)), block
    assert expected("print(1)  # 1\nx = 2  # two\n# 3\n") == ["1", "3"]


def test_the_guide_names_every_module_and_every_error() -> None:
    guide = GUIDE.read_text()
    folder = GUIDE.parent.parent / "src" / "vestibule" / "client"
    nouns = [
        path.stem for path in folder.glob("*.py") if re.search(r"(?m)^def \w+\((.|\n)*?-> Operation", path.read_text())
    ]
    errors = re.findall(r"(?m)^class (\w+)\(", (folder / "errors.py").read_text())
    assert [name for name in [*nouns, *errors] if f"`{name}`" not in guide] == []
