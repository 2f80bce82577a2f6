"""Structured log lines: one JSON object each, control and non-ASCII characters escaped, secrets left out."""

import json
import re
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from vestibule.clock import Clock

if TYPE_CHECKING:
    from vestibule.http.request import Request

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
MAX_VALUE = 256
MAX_FRAMES = 40
REDACTED = "[redacted]"
_SECRET = re.compile(
    r"secret|password|token|authorization|cookie|code|seed|proof|assertion|digest|key",
    re.IGNORECASE,
)


class Log:
    """Writes lines at or above a level; a field whose name says that it holds a secret is never shown."""

    def __init__(
        self,
        clock: Clock,
        *,
        level: str = "INFO",
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._clock = clock
        self._level = LEVELS[level.upper()]
        self._write = write or sys.stderr.write

    def debug(self, event: str, **fields: object) -> None:
        """Write a line for those who look for a fault."""
        self._line("DEBUG", event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Write a line about the normal course of things."""
        self._line("INFO", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write a line that somebody should look at."""
        self._line("WARNING", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Write a line about something that failed."""
        self._line("ERROR", event, fields)

    def exception(self, event: str, error: BaseException, **fields: object) -> None:
        """Write where an exception came from: types and places, never its text, which may hold what users sent."""
        frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
        places = [f"{frame.filename.rpartition('/vestibule/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        self._line("ERROR", event, {**fields, "exception": _kinds(error), "trace": places})

    def _line(self, level: str, event: str, fields: dict[str, object]) -> None:
        if LEVELS[level] < self._level:
            return
        line: dict[str, object] = {
            "at": self._clock.now(),
            "level": level,
            "event": event,
        }
        line |= {name: REDACTED if _SECRET.search(name) else _shown(value) for name, value in fields.items()}
        self._write(json.dumps(line, ensure_ascii=True) + "\n")


def _kinds(error: BaseException) -> list[str]:
    kinds: list[str] = []
    current: BaseException | None = error
    while current is not None and len(kinds) < MAX_FRAMES:
        kinds.append(f"{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or current.__context__
    return kinds


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return [_shown(item) for item in value[:MAX_FRAMES]]
    text = str(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}… ({len(text)} characters)"


class AccessLog:
    """Writes one line for each answer: method, path without query, status, client and request id."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def write(self, request: "Request", status: int) -> None:
        """Write the line of one answer."""
        agent = request.headers.get("user-agent", "")
        path = request.route.path if request.route else request.path
        self._log.info(
            "request",
            method=request.method,
            path=path,
            status=status,
            ip=request.ip,
            agent=agent,
            request=request.id,
        )
