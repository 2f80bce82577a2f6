"""`/api/experience/verification/*`: proofs of who somebody is."""

from vestibule.api.experience.access import interaction_of, locale_of
from vestibule.api.experience.shapes import (
    CodeBody,
    CodeVerifyBody,
    EmailIdentifier,
    FactorBody,
    NewPasswordBody,
    OneTimeTokenBody,
    PasswordVerification,
    PhoneIdentifier,
    VerificationOut,
)
from vestibule.domain.context import Context
from vestibule.domain.interactions import codes, factors, links, passwords
from vestibule.domain.interactions.state import Identifier
from vestibule.errors import (
    AppError,
    CodeEmailMismatch,
    CodeExpired,
    CodeMismatch,
    CodeNotFound,
    CodePhoneMismatch,
    CodeTriesExceeded,
    ConnectorNotFound,
    EntityValueTooLong,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidBackupCode,
    InvalidCredentials,
    MessageRateLimited,
    MfaRequired,
    NotForForgottenPassword,
    PasswordRejected,
    SignInMethodNotEnabled,
    SsoEnabled,
    TokenConsumed,
    TokenEmailMismatch,
    TokenExpired,
    TokenNotFound,
    TokenRevoked,
    TooManyAttempts,
    UsernameInUse,
    UsernameRejected,
    VerificationNotFound,
)
from vestibule.http import Access, Handler, Request, Response, Route, json_response
from vestibule.model import RecipientKind

LIMITS: dict[RecipientKind, int] = {"email": 128, "phone": 32}


def recipient(identifier: EmailIdentifier | PhoneIdentifier) -> tuple[RecipientKind, str]:
    """Return the kind and the address; raises EntityValueTooLong."""
    kind: RecipientKind = "email" if isinstance(identifier, EmailIdentifier) else "phone"
    if len(identifier.value) > LIMITS[kind]:
        raise EntityValueTooLong
    return kind, identifier.value


def verification(record_id: str) -> Response:
    """Answer with the id of a verification."""
    return json_response(VerificationOut(record_id))


class Verifications:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def password(self, request: Request) -> Response:
        """POST …/password."""
        body = await request.json(PasswordVerification)
        who = Identifier(body.identifier.type, body.identifier.value)
        return verification(await passwords.verify(self._ctx, interaction_of(request), who, body.password, request.ip))

    async def new_password(self, request: Request) -> Response:
        """POST …/new-password-identity."""
        body = await request.json(NewPasswordBody)
        return verification(
            await passwords.propose(
                self._ctx, interaction_of(request), body.identifier.value, body.password, request.ip
            )
        )

    async def send_code(self, request: Request) -> Response:
        """POST …/verification-code."""
        body = await request.json(CodeBody)
        kind, value = recipient(body.identifier)
        interaction, locale = interaction_of(request), locale_of(self._ctx, request)
        return verification(
            await codes.send(self._ctx, interaction, kind, value, body.interaction_event, request.ip, locale=locale)
        )

    async def verify_code(self, request: Request) -> Response:
        """POST …/verification-code/verify."""
        body = await request.json(CodeVerifyBody)
        kind, value = recipient(body.identifier)
        return verification(
            await codes.verify(self._ctx, interaction_of(request), body.verification_id, kind, value, body.code)
        )

    async def one_time_token(self, request: Request) -> Response:
        """POST …/one-time-token/verify."""
        body = await request.json(OneTimeTokenBody)
        return verification(await links.verify(self._ctx, interaction_of(request), body.identifier.value, body.token))

    async def backup_code(self, request: Request) -> Response:
        """POST …/backup-code/verify."""
        code = (await request.json(FactorBody)).code
        return verification(await factors.verify(self._ctx, interaction_of(request), "BackupCode", code, request.ip))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over verifications."""
    api = Verifications(ctx)
    sent = (
        SsoEnabled,
        NotForForgottenPassword,
        SignInMethodNotEnabled,
        MfaRequired,
        MessageRateLimited,
        ConnectorNotFound,
        EntityValueTooLong,
    )
    tried = (
        VerificationNotFound, CodeEmailMismatch, CodePhoneMismatch, CodeNotFound, CodeExpired, CodeTriesExceeded,
        CodeMismatch, ConnectorNotFound,
    )  # fmt: skip
    table: list[tuple[str, Handler, str, type, tuple[type[AppError], ...]]] = [
        ("password", api.password, "Check a password", PasswordVerification,
         (SignInMethodNotEnabled, SsoEnabled, InvalidCredentials, TooManyAttempts)),
        ("new-password-identity", api.new_password, "Choose a user name and a password to register with",
         NewPasswordBody, (SignInMethodNotEnabled, UsernameRejected, UsernameInUse, PasswordRejected, TooManyAttempts)),
        ("verification-code", api.send_code, "Send a code", CodeBody, sent),
        ("verification-code/verify", api.verify_code, "Use up a code", CodeVerifyBody, tried),
        ("one-time-token/verify", api.one_time_token, "Use up a one-time token", OneTimeTokenBody,
         (TokenNotFound, TokenEmailMismatch, TokenConsumed, TokenExpired, TokenRevoked)),
        ("backup-code/verify", api.backup_code, "Use up a backup code", FactorBody,
         (IdentifierNotFound, InvalidBackupCode, TooManyAttempts)),
    ]  # fmt: skip
    return [
        Route("POST", f"/api/experience/verification/{path}", handler, access=access, summary=summary, body=body,
              responses={200: VerificationOut}, errors=(InteractionNotStarted, *errors), tags=("Experience",))
        for path, handler, summary, body, errors in table
    ]  # fmt: skip
