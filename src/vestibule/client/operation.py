"""An operation of the API as a value: what to send, and how to read the answer."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from vestibule.client.errors import ApiError, Unreachable, error_for

T = TypeVar("T")

Query = Mapping[str, str | Sequence[str]]
"""Members of a query; a list is sent as a repeated member."""


class Nothing(msgspec.Struct):
    """The answer of an operation that returns nothing: 204, and no other status."""


class Created(msgspec.Struct):
    """The answer of an operation that made something and shows nothing of it: 201, and no other status."""


WITHOUT_CONTENT: Mapping[type, int] = {Nothing: 204, Created: 201}
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What decoding JSON from elsewhere can raise."""


class _Error(msgspec.Struct):
    """The API's envelope, and the token endpoint's (RFC 6749 section 5.2)."""

    code: str = ""
    message: str = ""
    data: Any = None
    error: str = ""
    error_description: str = ""


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One call: `answer` is the type its body is read as (`Nothing` for an empty one).

    Where an error status is an answer as well (`also`), its body is read first, and is an error when it does not fit.
    """

    method: str
    path: str
    answer: type[T]
    query: Query = field(default_factory=dict)
    body: object = None
    also: int = 0

    def content(self) -> bytes | None:
        """Return the body as JSON, or None."""
        return None if self.body is None else msgspec.json.encode(self.body)

    def read(self, status: int, content: bytes) -> T:
        """Read an answer; raises ApiError for an error, Unreachable for what is not the API's answer."""
        if status == self.also:
            with contextlib.suppress(*UNREADABLE):
                return msgspec.json.decode(content, type=self.answer)
        if status >= 400:
            raise refusal(status, content)
        # Success is what the contract calls success: a proxy's 200 or a redirect verifies no password.
        due = WITHOUT_CONTENT.get(self.answer)
        if due is not None and status == due:
            return self.answer()
        if due is not None or not 200 <= status < 300:
            raise Unreachable(f"{self.method} {self.path} answered {status}, which is not the API's answer")
        try:
            return msgspec.json.decode(content, type=self.answer)
        except UNREADABLE as error:
            raise Unreachable(f"{self.method} {self.path} did not answer with the expected JSON") from error


@dataclass(frozen=True)
class Page(Generic[T]):
    """A list operation; the clients' `pages` walk it."""

    operation: Operation[list[T]]
    size: int = 100

    def at(self, number: int) -> Operation[list[T]]:
        """Return the operation for one page, counted from 1."""
        query = {**self.operation.query, "page": str(number), "page_size": str(self.size)}
        return Operation(self.operation.method, self.operation.path, self.operation.answer, query)


def refusal(status: int, content: bytes) -> ApiError:
    """Return the error that an error answer stands for."""
    try:
        error = msgspec.json.decode(content, type=_Error)
    except UNREADABLE:
        error = _Error(message=content[:200].decode(errors="replace"))
    return error_for(status, error.code or error.error, error.message or error.error_description, error.data)


def segment(value: str) -> str:
    """Escape a value for one segment of a path; raises ValueError for one that would be no segment."""
    if value in {"", ".", ".."}:
        raise ValueError(f"{value!r} cannot be a segment of a path")
    return quote(value, safe="")


def given(**values: object) -> dict[str, object]:
    """Return the members that were given, in the wire's spelling; None is a value (it clears a field)."""
    return {_camel(name): value for name, value in values.items() if value is not msgspec.UNSET}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def is_about_token(status: int, content: bytes) -> bool:
    """Tell whether a refusal is about the caller's own token, rather than about what a provider said of somebody.

    A callback that a provider has refused is 401, too, and must not be sent twice: its code is used once.
    """
    return status == 401 and not refusal(status, content).code.startswith("connector.")


def recipient(email: str | None, phone: str | None) -> dict[str, str]:
    """Return the member that names who gets a message; raises ValueError unless it is one."""
    if (email is None) == (phone is None):
        raise ValueError("name one recipient: an e-mail address or a phone number")
    return {"email": email} if email is not None else {"phone": str(phone)}
