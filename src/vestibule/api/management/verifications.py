"""`/api/verification-codes`: send a code, use it up; `/api/verifications/verification-code` answers alike."""

from msgspec import UNSET, Struct

from vestibule.api.schemas import Email, Filled, Phone
from vestibule.domain import verifications
from vestibule.domain.context import Context
from vestibule.errors import (
    CodeExpired,
    CodeMismatch,
    CodeNotFound,
    CodeTriesExceeded,
    ConnectorNotFound,
    EntityValueTooLong,
    InvalidInput,
    MessageRateLimited,
)
from vestibule.http import Access, Request, Response, Route, empty
from vestibule.http.guard import Maybe
from vestibule.model import RecipientKind

PATHS = ("/api/verification-codes", "/api/verifications/verification-code")
LIMITS: dict[RecipientKind, int] = {"email": 128, "phone": 32}


class CodeRequest(Struct):
    """Who gets a code: an e-mail address, or a phone number in digits. With both, the e-mail address wins."""

    email: Maybe[Email] = UNSET
    phone: Maybe[Phone] = UNSET


class CodeVerification(Struct, rename="camel"):
    """A code and whom it was sent to."""

    verification_code: Filled
    email: Maybe[Email] = UNSET
    phone: Maybe[Phone] = UNSET


def recipient(body: CodeRequest | CodeVerification) -> tuple[RecipientKind, str]:
    """Return the kind and the address; raises InvalidInput without any, EntityValueTooLong."""
    if isinstance(body.email, str):
        found: tuple[RecipientKind, str] = ("email", body.email)
    elif isinstance(body.phone, str):
        found = ("phone", body.phone)
    else:
        raise InvalidInput("Name a recipient: `email`, or `phone` in digits.")
    if len(found[1]) > LIMITS[found[0]]:
        raise EntityValueTooLong
    return found


class Codes:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def send(self, request: Request) -> Response:
        """POST /verification-codes."""
        kind, address = recipient(await request.json(CodeRequest))
        await verifications.send_code(self._ctx, kind, address, ip=request.ip)
        return empty(204)

    async def verify(self, request: Request) -> Response:
        """POST /verification-codes/verify."""
        body = await request.json(CodeVerification)
        kind, address = recipient(body)
        await verifications.verify_code(self._ctx, kind, address, body.verification_code)
        return empty(204)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over verification codes."""
    api, tags, done = Codes(ctx), ("Verification codes",), {204: None}
    tried = (CodeNotFound, CodeExpired, CodeTriesExceeded, CodeMismatch, EntityValueTooLong)
    found = []
    for path in PATHS:
        found += [
            Route("POST", path, api.send, access=access, summary="Send a verification code", body=CodeRequest,
                  responses=done, errors=(MessageRateLimited, ConnectorNotFound, EntityValueTooLong), tags=tags),
            Route("POST", f"{path}/verify", api.verify, access=access, summary="Use up a verification code",
                  body=CodeVerification, responses=done, errors=tried, tags=tags),
        ]  # fmt: skip
    return found
