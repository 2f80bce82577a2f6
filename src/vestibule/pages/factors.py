"""The page that asks for a second factor."""

from vestibule.domain.interactions import factors, submitting
from vestibule.errors import (
    AppError,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidBackupCode,
    InvalidCredentials,
    InvalidTotpCode,
    TooManyAttempts,
)
from vestibule.http import Request, Response, redirect
from vestibule.model import FactorType
from vestibule.pages.step import FACTOR, SIGN_IN, Step, StepPages, done

FAULTS: dict[type[AppError], str] = {
    InvalidTotpCode: "fault.totp",
    InvalidBackupCode: "fault.backup_code",
    TooManyAttempts: "fault.too_many",
}
SHOWN: dict[str, FactorType] = {"totp": "Totp", "backup-code": "BackupCode"}
"""The factors that this page can ask for, as its address names them."""


class FactorForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /mfa-verification: for whoever has proven the first factor."""
        step = await self.step(request)
        try:
            return done(step) or await self._form(request, step, dict(request.query_items).get("factor", ""))
        except (IdentifierNotFound, InteractionNotStarted):
            return redirect(step.at(SIGN_IN))

    async def _form(self, request: Request, step: Step, wanted: str, error: AppError | None = None) -> Response:
        held = await factors.asked(self.ctx, step.interaction)
        names = [name for name, kind in SHOWN.items() if kind in held]
        chosen = wanted if wanted in names else next(iter(names), "")
        minutes = self.experience.sentinel_policy.lockout_ms // 60_000
        return self.page(
            request,
            step,
            "factor.html",
            error,
            factor=chosen,
            fault=step.t(FAULTS[type(error)], minutes=minutes) if error else "",
            others=[(name, step.at(FACTOR, factor=name)) for name in names if name != chosen],
            restart=step.at(SIGN_IN),
        )

    async def sent(self, request: Request) -> Response:
        """POST /mfa-verification."""
        step, values = await self.posted(request)
        wanted = values.get("factor", "")
        try:
            code = "".join(values.get("code", "").split())
            await factors.verify(self.ctx, step.interaction, SHOWN.get(wanted, "Totp"), code, request.ip)
            return redirect(await submitting.finish(self.ctx, step.interaction))
        except tuple(FAULTS) as error:
            return await self._form(request, step, wanted, error)
        except (IdentifierNotFound, InteractionNotStarted, InvalidCredentials):
            return redirect(step.at(SIGN_IN))
