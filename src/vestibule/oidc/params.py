"""Parameters of requests: each at most once, with two exceptions (RFC 6749 section 3.1, RFC 8707 section 2)."""

from collections.abc import Mapping, Sequence

from vestibule.errors import OAuthError
from vestibule.http import Request

REPEATABLE = frozenset({"resource", "audience"})
MAX_VALUE = 8192
"""Longer than any value that makes sense; a longer one is refused before anything looks at it."""


class Parameters:
    """The parameters of one request; unknown ones are ignored."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        for name, values in fields.items():
            if len(values) > 1 and name not in REPEATABLE:
                raise OAuthError("invalid_request", f"'{name}' parameter must not be provided twice")
            if any(len(value) > MAX_VALUE for value in values):
                raise OAuthError("invalid_request", f"'{name}' parameter is too long")
        self._fields = fields

    def get(self, name: str) -> str | None:
        """Return a parameter; an empty one counts as absent (RFC 6749 section 3.1)."""
        values = self._fields.get(name)
        return values[0] or None if values else None

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a repeatable parameter, once each."""
        return tuple(dict.fromkeys(value for value in self._fields.get(name, ()) if value))

    def need(self, *names: str) -> list[str]:
        """Return these parameters; raises invalid_request naming those that are missing."""
        values = [self.get(name) for name in names]
        found = [value for value in values if value is not None]
        if len(found) == len(names):
            return found
        missing = [f"'{name}'" for name, value in zip(names, values, strict=True) if value is None]
        if len(missing) == 1:
            raise OAuthError("invalid_request", f"missing required parameter {missing[0]}")
        listed = f"{', '.join(missing[:-1])} and {missing[-1]}"
        raise OAuthError("invalid_request", f"missing required parameters {listed}")


async def posted(request: Request) -> Parameters:
    """Return the parameters of a form or of flat JSON; raises invalid_request."""
    try:
        return Parameters(await request.form_fields())
    except OAuthError as error:
        error.status = 400  # an oversized body too: this endpoint knows one status for malformed requests
        raise


async def sent(request: Request) -> Parameters:
    """Return the parameters of the query, or of the body of a POST (OpenID Connect Core section 3.1.2.1)."""
    if request.method == "POST":
        return await posted(request)
    fields: dict[str, list[str]] = {}
    for name, value in request.query_items:
        fields.setdefault(name, []).extend(value.split(",") if name == "resource" else [value])
    return Parameters(fields)
