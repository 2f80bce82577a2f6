"""Log lines: one each, nothing a reader's terminal would obey, nothing secret."""

import json

import pytest

from tests.http.world import Lines, client_of, logger
from vestibule.clock import ManualClock
from vestibule.http import PUBLIC, AccessLog, Application, Log, Request, Response, Route, api_face, text

pytestmark = pytest.mark.anyio


def test_control_characters_are_escaped() -> None:
    """B94: CR/LF or ANSI -> encoded."""
    lines = Lines()
    nasty = "a\r\n{}\x1b[31m\x7f\x9b\u2028\u202e"
    logger(lines).info("signed in", name=nasty)
    [line] = lines.texts
    assert line.count("\n") == 1
    assert line.isascii()
    assert line[:-1].isprintable()
    assert json.loads(line)["name"] == nasty


def test_secrets_are_left_out_by_name() -> None:
    """B93: no passwords, codes or tokens in logs."""
    lines = Lines()
    log = logger(lines)
    log.warning("odd", password="p", access_token="t", client_secret="s", verification_code="c", cookie="k", user="ada")
    line = lines.parsed()[0]
    assert line["user"] == "ada"
    assert {value for key, value in line.items() if key not in ("at", "level", "event", "user")} == {"[redacted]"}


def test_long_values_are_cut() -> None:
    """A16, B9: a giant value makes a line under 1 KiB."""
    lines = Lines()
    logger(lines).error("odd", name="x" * 100_000, count=3, names=["a"] * 2)
    assert len(lines.texts[0]) < 1024
    assert lines.parsed()[0]["count"] == 3


def test_lines_below_the_level_are_not_written() -> None:
    lines = Lines()
    log = Log(ManualClock(5), level="warning", write=lines.write)
    log.debug("a")
    log.info("b")
    log.warning("c")
    assert [line["event"] for line in lines.parsed()] == ["c"]
    assert lines.parsed()[0]["at"] == 5


def test_an_exception_is_logged_by_kind_and_place_only() -> None:
    """B93, B96: the text of an exception may hold what users sent."""
    lines = Lines()
    try:
        try:
            raise KeyError("canary")
        except KeyError as cause:
            raise ValueError("canary") from cause
    except ValueError as error:
        logger(lines).exception("failed", error, request="id")
    line = lines.parsed()[0]
    assert line["exception"] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_logs.py" in str(line["trace"])
    assert "canary" not in lines.texts[0]


async def test_an_access_line_names_the_route_and_not_the_query() -> None:
    """B93, B94: tokens in a query stay out, agents are escaped."""

    async def ok(request: Request) -> Response:
        return text("ok")

    lines = Lines()
    log = logger(lines)
    face = api_face("/api", [Route("GET", "/api/u/{id}", ok, access=PUBLIC)])
    app = Application([face], public_url="http://localhost:1", log=log, access_log=AccessLog(log))
    async with client_of(app) as client:
        await client.get("/api/u/1?token=canary", headers={"User-Agent": "a\tb"})
        await client.get("/nowhere")
    first, second = lines.parsed()
    assert (first["method"], first["path"], first["status"]) == ("GET", "/api/u/{id}", 200)
    assert (second["path"], second["status"]) == ("/nowhere", 404)
    assert "canary" not in "".join(lines.texts)
