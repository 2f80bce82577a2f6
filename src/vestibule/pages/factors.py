"""The page that asks for a second factor."""

from vestibule.domain.interactions import enrolment, factor_codes, factors, passkeys
from vestibule.errors import (
    AppError,
    CodeExpired,
    CodeNotFound,
    CodeTriesExceeded,
    FactorNotEnabled,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidBackupCode,
    InvalidCredentials,
    InvalidTotpCode,
    MessageRateLimited,
    TooManyAttempts,
    VerificationNotFound,
    WebAuthnFailed,
)
from vestibule.http import Request, Response, redirect
from vestibule.model import FactorType, RecipientKind
from vestibule.pages.passkeys import answer_of
from vestibule.pages.step import FACTOR, SIGN_IN, Step, StepPages, done
from vestibule.pages.words import CODE_FAULTS, CONNECTOR_FAULTS

FAULTS: dict[type[AppError], str] = {
    InvalidTotpCode: "fault.totp",
    InvalidBackupCode: "fault.backup_code",
    TooManyAttempts: "fault.too_many",
    **CODE_FAULTS,
    VerificationNotFound: "fault.sent_code_over",
    MessageRateLimited: "fault.messages",
    **CONNECTOR_FAULTS,
    FactorNotEnabled: "fault.no_message",
    WebAuthnFailed: "fault.passkey",
}
OVER = (CodeExpired, CodeNotFound, CodeTriesExceeded, VerificationNotFound)
"""After these a new code has to be sent."""
SHOWN: dict[str, FactorType] = {
    "totp": "Totp",
    "passkey": "WebAuthn",
    "email": "EmailVerificationCode",
    "phone": "PhoneVerificationCode",
    "backup-code": "BackupCode",
}
"""The factors that this page can ask for, as its address names them."""
SENT: dict[str, RecipientKind] = {"email": "email", "phone": "phone"}


class FactorForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /mfa-verification: for whoever has proven the first factor."""
        step = await self.step(request)
        try:
            return done(step) or await self._form(request, step, dict(request.query_items).get("factor", ""))
        except (IdentifierNotFound, InteractionNotStarted):
            return redirect(step.at(SIGN_IN))

    async def _form(
        self, request: Request, step: Step, wanted: str, error: AppError | None = None, record: str = ""
    ) -> Response:
        held = await factors.asked(self.ctx, step.interaction)
        names = [name for kind in held for name, shown in SHOWN.items() if shown == kind]
        chosen = wanted if wanted in names else next(iter(names), "")
        minutes, trusted = self.experience.sentinel_policy.lockout_ms // 60_000, self.experience.trusted_device
        return self.page(
            request,
            step,
            "factor.html",
            error,
            factor=chosen,
            record=record,
            is_sent=chosen in SENT,
            address=held[SHOWN[chosen]] if chosen else "",
            fault=step.t(FAULTS[type(error)], minutes=minutes) if error else "",
            others=[(name, step.at(FACTOR, factor=name)) for name in names if name != chosen],
            restart=step.at(SIGN_IN),
            days=trusted.days if trusted.enabled else 0,
        )

    async def sent(self, request: Request) -> Response:
        """POST /mfa-verification: a code, or the wish for one."""
        step, values = await self.posted(request)
        wanted, record = values.get("factor", ""), values.get("record", "")
        kind, is_wish = SENT.get(wanted), values.get("send") == "yes"
        try:
            if kind is not None and is_wish:
                record = await factor_codes.send(self.ctx, step.interaction, kind, request.ip, locale=step.locale)
                return await self._form(request, step, wanted, record=record)
            await self._try(request, step, wanted, values)
            if values.get("trust") == "yes" and self.experience.trusted_device.enabled:
                await enrolment.trust_device(self.ctx, step.interaction)
            return await self.finish(request, step)
        except OVER as error:
            return await self._form(request, step, wanted, error)
        except tuple(FAULTS) as error:
            return await self._form(request, step, wanted, error, record)
        except (IdentifierNotFound, InteractionNotStarted, InvalidCredentials):
            return redirect(step.at(SIGN_IN))

    async def _try(self, request: Request, step: Step, wanted: str, values: dict[str, str]) -> None:
        code, interaction = "".join(values.get("code", "").split()), step.interaction
        kind = SENT.get(wanted)
        if wanted == "passkey":
            try:
                await passkeys.verify(self.ctx, interaction, values.get("record", ""), answer_of(values))
            except VerificationNotFound as error:
                raise WebAuthnFailed from error
        elif kind is None:
            await factors.verify(self.ctx, interaction, SHOWN.get(wanted, "Totp"), code, request.ip)
        else:
            await factor_codes.verify(self.ctx, interaction, values.get("record", ""), kind, code, request.ip)
