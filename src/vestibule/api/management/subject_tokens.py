"""`/api/subject-tokens`: a token to act as a user, for support and administration."""

from typing import Any

from msgspec import UNSET, Struct

from vestibule.api.auth import caller_of
from vestibule.api.schemas import json_text
from vestibule.domain import subject_tokens
from vestibule.domain.audit import Event
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.http import Access, Request, Response, Route, json_response
from vestibule.http.guard import Maybe

CREATED = "SubjectToken.Create"
"""The entry of the audit trail that says whom the caller may act as: the path does not name the user."""


class SubjectTokenCreate(Struct, rename="camel"):
    """Whom to act as, and anything to remember about why."""

    user_id: str
    context: Maybe[dict[str, Any]] = UNSET


class SubjectTokenOut(Struct, rename="camel"):
    """The token, for one exchange within so many seconds."""

    subject_token: str
    expires_in: int


class SubjectTokens:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def create(self, request: Request) -> Response:
        """POST /subject-tokens."""
        body = await request.json(SubjectTokenCreate)
        context = "{}" if body.context is UNSET else json_text(body.context)
        token = await subject_tokens.create(self._ctx, body.user_id, context)
        by = caller_of(request).subject
        self._ctx.trail.record(Event(key=CREATED, user_id=body.user_id, application_id=by))
        return json_response(SubjectTokenOut(token, subject_tokens.SECONDS), 201)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the route over subject tokens."""
    return [
        Route("POST", "/api/subject-tokens", SubjectTokens(ctx).create, access=access,
              summary="Create a token to act as a user", body=SubjectTokenCreate, responses={201: SubjectTokenOut},
              errors=(EntityNotFound,), tags=("Subject tokens",)),
    ]  # fmt: skip
