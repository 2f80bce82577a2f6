"""`/api/verification-codes`: send a code, use it up; `/api/verifications/verification-code` answers alike."""

from msgspec import Struct

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
    MessageRateLimited,
)
from vestibule.http import Access, Request, Response, Route, empty
from vestibule.model import RecipientKind

PATHS = ("/api/verification-codes", "/api/verifications/verification-code")
LIMITS: dict[RecipientKind, int] = {"email": 128, "phone": 32}


class ToEmail(Struct):
    """Who gets a code: an e-mail address."""

    email: Email


class ToPhone(Struct):
    """Who gets a code: a phone number in digits."""

    phone: Phone


class EmailVerification(Struct, rename="camel"):
    """A code that was sent to an e-mail address."""

    email: Email
    verification_code: Filled


class PhoneVerification(Struct, rename="camel"):
    """A code that was sent to a phone number."""

    phone: Phone
    verification_code: Filled


SENT = (ToEmail, ToPhone)
VERIFIED = (EmailVerification, PhoneVerification)
"""The first that fits counts: with both, the e-mail address wins."""


def recipient(body: ToEmail | ToPhone | EmailVerification | PhoneVerification) -> tuple[RecipientKind, str]:
    """Return the kind and the address; raises EntityValueTooLong."""
    found: tuple[RecipientKind, str] = (
        ("email", body.email) if isinstance(body, ToEmail | EmailVerification) else ("phone", body.phone)
    )
    if len(found[1]) > LIMITS[found[0]]:
        raise EntityValueTooLong
    return found


class Codes:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def send(self, request: Request) -> Response:
        """POST /verification-codes."""
        body: ToEmail | ToPhone = await request.json_of(*SENT)
        kind, address = recipient(body)
        await verifications.send_code(self._ctx, kind, address, ip=request.ip)
        return empty(204)

    async def verify(self, request: Request) -> Response:
        """POST /verification-codes/verify."""
        body: EmailVerification | PhoneVerification = await request.json_of(*VERIFIED)
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
            Route("POST", path, api.send, access=access, summary="Send a verification code", body=SENT,
                  responses=done, errors=(MessageRateLimited, ConnectorNotFound, EntityValueTooLong), tags=tags),
            Route("POST", f"{path}/verify", api.verify, access=access, summary="Use up a verification code",
                  body=VERIFIED, responses=done, errors=tried, tags=tags),
        ]  # fmt: skip
    return found
