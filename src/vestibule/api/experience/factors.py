"""`/api/experience/verification/*` and `/profile/mfa*` of second factors: made, tried, sent, bound, put off."""

from collections.abc import Awaitable, Callable
from typing import Literal

from msgspec import UNSET, Struct

from vestibule.api.experience.access import interaction_of, locale_of
from vestibule.api.experience.shapes import VerificationOut
from vestibule.domain import mfa
from vestibule.domain.context import Context
from vestibule.domain.interactions import enrolment, factor_codes, factors
from vestibule.errors import (
    AppError,
    BackupCodesAlone,
    BackupCodesInUse,
    CodeExpired,
    CodeMismatch,
    CodeNotFound,
    CodeTriesExceeded,
    ConnectorNotFound,
    EmailInUse,
    FactorMandatory,
    FactorNotEnabled,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidTotpCode,
    MessageRateLimited,
    MfaRequired,
    PhoneInUse,
    SsoEnabled,
    TooManyAttempts,
    TotpInUse,
    TrustedDevicesOff,
    VerificationFailed,
    VerificationNotFound,
)
from vestibule.http import Access, Handler, Request, Response, Route, empty, json_response
from vestibule.http.guard import Maybe
from vestibule.model import FactorType, Interaction, RecipientKind

IdentifierType = Literal["email", "phone", "Email", "Phone"]
KINDS: dict[str, RecipientKind] = {"email": "email", "phone": "phone"}


class TotpBody(Struct, rename="camel"):
    """A code of the user's authenticator, or with a verification of a new one."""

    code: str
    verification_id: Maybe[str] = UNSET


class NewTotpOut(Struct, rename="camel"):
    """A new authenticator: its seed, and the QR code of its `otpauth` address as a PNG data URI."""

    verification_id: str
    secret: str
    secret_qr_code: str


class NewCodesOut(Struct, rename="camel"):
    """New backup codes, shown this once."""

    verification_id: str
    codes: list[str]


class FactorCodeBody(Struct, rename="camel"):
    """To which of the user's addresses a code is sent."""

    identifier_type: IdentifierType


class FactorCodeVerifyBody(Struct, rename="camel"):
    """A code, where it was sent, and its verification."""

    verification_id: str
    code: str
    identifier_type: IdentifierType


class BindBody(Struct, rename="camel"):
    """Which factor is set up, by which verification."""

    type: FactorType
    verification_id: str


class FactorSteps:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def new_totp(self, request: Request) -> Response:
        """POST …/totp/secret."""
        made = await enrolment.new_totp(self._ctx, interaction_of(request))
        picture = await mfa.picture(self._ctx, made.user, made.secret)
        return json_response(NewTotpOut(made.record_id, made.secret, picture))

    async def totp(self, request: Request) -> Response:
        """POST …/totp/verify: of the user's own authenticator, or of a new one."""
        body, interaction = await request.json(TotpBody), interaction_of(request)
        if body.verification_id is UNSET:
            return _made(await factors.verify(self._ctx, interaction, "Totp", body.code, request.ip))
        return _made(await enrolment.try_totp(self._ctx, interaction, body.verification_id, body.code))

    async def new_backup_codes(self, request: Request) -> Response:
        """POST …/backup-code/generate."""
        record_id, codes = await enrolment.new_backup_codes(self._ctx, interaction_of(request))
        return json_response(NewCodesOut(record_id, codes))

    async def send_code(self, request: Request) -> Response:
        """POST …/mfa-verification-code."""
        kind = KINDS[(await request.json(FactorCodeBody)).identifier_type.lower()]
        locale = locale_of(self._ctx, request)
        return _made(await factor_codes.send(self._ctx, interaction_of(request), kind, request.ip, locale=locale))

    async def verify_code(self, request: Request) -> Response:
        """POST …/mfa-verification-code/verify."""
        body = await request.json(FactorCodeVerifyBody)
        kind, interaction = KINDS[body.identifier_type.lower()], interaction_of(request)
        return _made(
            await factor_codes.verify(self._ctx, interaction, body.verification_id, kind, body.code, request.ip)
        )

    async def bind(self, request: Request) -> Response:
        """POST …/profile/mfa."""
        body = await request.json(BindBody)
        await enrolment.bind(self._ctx, interaction_of(request), body.type, body.verification_id)
        return empty(204)

    def says(self, verb: Callable[[Context, Interaction], Awaitable[None]]) -> Handler:
        """POST …/profile/mfa/mfa-enabled and its like, which have no body."""

        async def said(request: Request) -> Response:
            await verb(self._ctx, interaction_of(request))
            return empty(204)

        return said


def _made(record_id: str) -> Response:
    return json_response(VerificationOut(record_id))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over second factors."""
    api, begun, tags = FactorSteps(ctx), (InteractionNotStarted, IdentifierNotFound), ("Experience",)
    setting_up = (FactorNotEnabled, MfaRequired)
    tried = (VerificationNotFound, TooManyAttempts, CodeNotFound, CodeExpired, CodeTriesExceeded, CodeMismatch,
             ConnectorNotFound)  # fmt: skip
    made: list[tuple[str, Handler, str, type | None, object, tuple[type[AppError], ...]]] = [
        ("totp/secret", api.new_totp, "Make a seed for a new authenticator", None, NewTotpOut,
         (*setting_up, TotpInUse)),
        ("totp/verify", api.totp, "Use up a code of an authenticator", TotpBody, VerificationOut,
         (InvalidTotpCode, TooManyAttempts, VerificationNotFound, VerificationFailed)),
        ("backup-code/generate", api.new_backup_codes, "Make backup codes", None, NewCodesOut,
         (*setting_up, BackupCodesInUse)),
        ("mfa-verification-code", api.send_code, "Send a code as a second factor", FactorCodeBody, VerificationOut,
         (FactorNotEnabled, MessageRateLimited, ConnectorNotFound)),
        ("mfa-verification-code/verify", api.verify_code, "Use up such a code", FactorCodeVerifyBody,
         VerificationOut, tried),
    ]  # fmt: skip
    said: list[tuple[str, Handler, str, type | None, tuple[type[AppError], ...]]] = [
        ("", api.bind, "Set a factor up", BindBody,
         (*setting_up, VerificationNotFound, VerificationFailed, TotpInUse, BackupCodesAlone, SsoEnabled, EmailInUse,
          PhoneInUse)),
        ("/mfa-enabled", api.says(enrolment.enable), "Have codes to one's addresses asked for", None,
         (FactorNotEnabled,)),
        ("/mfa-skipped", api.says(enrolment.skip), "Put off setting a factor up", None, (FactorMandatory,)),
        ("/trusted-device", api.says(enrolment.trust_device), "Do not ask for a factor in this browser again", None,
         (TrustedDevicesOff,)),
        ("/mfa-suggestion-skipped", api.says(enrolment.skip_suggestion), "Decline a stronger factor", None, ()),
    ]  # fmt: skip
    return [
        *(Route("POST", f"/api/experience/verification/{path}", handler, access=access, summary=summary, body=body,
                responses={200: out}, errors=(*begun, *errors), tags=tags)
          for path, handler, summary, body, out, errors in made),
        *(Route("POST", f"/api/experience/profile/mfa{path}", handler, access=access, summary=summary, body=body,
                responses={204: None}, errors=(*begun, *errors), tags=tags)
          for path, handler, summary, body, errors in said),
    ]  # fmt: skip
