"""`/api/one-time-tokens`: magic links, made for an address and mailed by the program that makes them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Struct

from vestibule.api.management.lists import find
from vestibule.api.schemas import EMAIL, Email, json_text
from vestibule.domain import one_time_tokens as tokens
from vestibule.domain.context import Context
from vestibule.domain.interactions.state import InteractionEvent
from vestibule.errors import (
    EntityNotFound,
    TokenConsumed,
    TokenEmailMismatch,
    TokenExpired,
    TokenNotFound,
    TokenNotReactivated,
    TokenRevoked,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.guard import Length, Maybe, Range, rule
from vestibule.model import TENANT, OneTimeToken, TokenStatus, fold
from vestibule.store.one_time_tokens import TOKENS

LONGEST_SECONDS = 365 * 86_400
EMAIL_LENGTH, TOKEN_LENGTH = 128, 256

Seconds = Annotated[float, rule(Range(minimum=1, maximum=LONGEST_SECONDS))]
Address = Annotated[str, rule(EMAIL, Length(1, EMAIL_LENGTH))]
Value = Annotated[str, rule(Length(1, TOKEN_LENGTH))]


class TokenContext(Struct, rename="camel", omit_defaults=True):
    """What a token is for, and the organizations that whoever uses it joins."""

    jit_organization_ids: Maybe[list[str]] = UNSET
    interaction_event: Maybe[InteractionEvent] = UNSET


class TokenQuery(Struct):
    """What narrows the list."""

    email: Maybe[Email] = UNSET
    status: Maybe[TokenStatus] = UNSET


class TokenCreate(Struct, rename="camel"):
    """Whose it is, what for, and after how many seconds it ends."""

    email: Address
    context: Maybe[TokenContext] = UNSET
    expires_in: Maybe[Seconds] = UNSET


class TokenVerify(Struct):
    """A token, and the address that it was mailed to."""

    token: Value
    email: Annotated[str, rule(Length(1, EMAIL_LENGTH))]


class TokenStatusBody(Struct):
    """What a token is from now on."""

    status: TokenStatus


class OneTimeTokenOut(Struct, rename="camel"):
    """A token as the API shows it."""

    tenant_id: str
    id: str
    email: str
    token: str
    context: TokenContext
    status: TokenStatus
    created_at: int
    expires_at: int


_context = msgspec.json.Decoder(TokenContext).decode


class OneTimeTokens:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def _out(self, token: OneTimeToken, value: str | None = None) -> OneTimeTokenOut:
        shown = tokens.shown_value(self._ctx, token) if value is None else value
        status, context = token.status_at(self._ctx.clock.now()), _context(token.context)
        return OneTimeTokenOut(
            TENANT, token.id, token.email, shown, context, status, token.created_at, token.expires_at
        )

    async def find(self, request: Request) -> Response:
        """GET /one-time-tokens: one that was never used is `active` until it ends, and `expired` from then on."""
        page, query, now = request.optional_pagination(), request.query(TokenQuery), self._ctx.clock.now()
        filters: dict[str, object] = {} if query.email is UNSET else {"email": fold(query.email)}
        if query.status is not UNSET:
            filters |= {{"active": "active_at", "expired": "expired_at"}.get(query.status, "status"): query.status}
        filters |= {name: now for name in ("active_at", "expired_at") if name in filters}
        found = await find(self._ctx, request, TOKENS, page, **filters)
        return json_response([self._out(token) for token in found.rows], headers=found.headers)

    async def create(self, request: Request) -> Response:
        """POST /one-time-tokens."""
        body = await request.json(TokenCreate)
        context = TokenContext() if body.context is UNSET else body.context
        seconds = tokens.SECONDS if body.expires_in is UNSET else body.expires_in
        return json_response(self._out(*await tokens.create(self._ctx, body.email, json_text(context), seconds)), 201)

    async def verify(self, request: Request) -> Response:
        """POST /one-time-tokens/verify: uses it up."""
        body = await request.json(TokenVerify)
        return json_response(self._out(await tokens.consume(self._ctx, body.token, body.email)))

    async def get(self, request: Request) -> Response:
        """GET /one-time-tokens/{id}."""
        return json_response(self._out(await tokens.get(self._ctx, request.path_params["id"])))

    async def set_status(self, request: Request) -> Response:
        """PUT /one-time-tokens/{id}/status."""
        status = (await request.json(TokenStatusBody)).status
        return json_response(self._out(await tokens.set_status(self._ctx, request.path_params["id"], status)))

    async def delete(self, request: Request) -> Response:
        """DELETE /one-time-tokens/{id}."""
        await tokens.delete(self._ctx, request.path_params["id"])
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over one-time tokens."""
    api, base, tags = OneTimeTokens(ctx), "/api/one-time-tokens", ("One-time tokens",)
    one, over = {200: OneTimeTokenOut}, (TokenNotFound, TokenEmailMismatch, TokenConsumed, TokenExpired, TokenRevoked)
    return [
        Route("GET", base, api.find, access=access, summary="List one-time tokens",
              responses={200: list[OneTimeTokenOut]}, tags=tags),
        Route("POST", base, api.create, access=access, summary="Create a one-time token", body=TokenCreate,
              responses={201: OneTimeTokenOut}, tags=tags),
        Route("POST", f"{base}/verify", api.verify, access=access, summary="Use up a one-time token", body=TokenVerify,
              responses=one, errors=over, tags=tags),
        Route("GET", f"{base}/{{id}}", api.get, access=access, summary="Get a one-time token", responses=one,
              errors=(EntityNotFound,), tags=tags),
        Route("PUT", f"{base}/{{id}}/status", api.set_status, access=access, summary="End a one-time token",
              body=TokenStatusBody, responses=one, errors=(EntityNotFound, TokenNotReactivated), tags=tags),
        Route("DELETE", f"{base}/{{id}}", api.delete, access=access, summary="Delete a one-time token",
              responses={204: None}, errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
