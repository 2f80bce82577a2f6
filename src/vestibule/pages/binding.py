"""The page that sets up a second factor at sign-in: which one, then its first code, then backup codes to keep."""

from vestibule.domain import mfa
from vestibule.domain.interactions import by_code, enrolment, passkeys
from vestibule.domain.interactions.completing import ADDRESSED
from vestibule.domain.interactions.enrolment import Offer
from vestibule.errors import (
    AppError,
    FactorNotEnabled,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidCredentials,
    InvalidTotpCode,
    SsoEnabled,
    TotpInUse,
    VerificationFailed,
    VerificationNotFound,
    WebAuthnFailed,
)
from vestibule.http import Request, Response, redirect
from vestibule.model import FactorType
from vestibule.pages.passkeys import answer_of
from vestibule.pages.step import BINDING, CODE, SIGN_IN, Step, StepPages, done
from vestibule.pages.words import ADDRESS_FAULTS, SEND_FAULTS, address_fault, send_fault

OFFERED: dict[str, FactorType] = {
    "passkey": "WebAuthn",
    "totp": "Totp",
    "email": "EmailVerificationCode",
    "phone": "PhoneVerificationCode",
}
"""The factors that this page sets up, as its address names them."""
ADDRESS_REFUSALS: tuple[type[AppError], ...] = (*ADDRESS_FAULTS, *SEND_FAULTS, SsoEnabled)
"""Why no code was sent to an address."""
CODES, DECLINED, ANY = "backup-code", "none", "any"
LOST = (IdentifierNotFound, InteractionNotStarted, InvalidCredentials)


def _fault(step: Step, chosen: str, error: AppError | None) -> str:
    """Return what to say above a form: why no message was sent, or that a passkey did not do."""
    if error is None or isinstance(error, (*ADDRESS_FAULTS, SsoEnabled)):
        return ""
    return send_fault(step.t, error) if chosen in ADDRESSED else step.t("fault.passkey")


class BindingForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /mfa-binding: for whoever has proven who they are."""
        step = await self.step(request)
        try:
            return done(step) or await self._page(request, step, dict(request.query_items).get("factor", ""))
        except LOST:
            return redirect(step.at(SIGN_IN))

    async def _page(
        self, request: Request, step: Step, wanted: str, error: AppError | None = None, typed: str = ""
    ) -> Response:
        offer = await enrolment.offer(self.ctx, step.interaction)
        if offer.backup_codes_due:
            return await self._codes(request, step)
        names = [name for name, kind in OFFERED.items() if kind in offer.kinds]
        if wanted == "passkey" and self.experience.may_set_up("WebAuthn"):
            names = ["passkey", *(name for name in names if name != "passkey")]
        chosen = wanted if wanted in names else (names[0] if names == ["passkey"] and wanted != ANY else "")
        if chosen == "totp" or (names == ["totp"] and not wanted):
            return await self._authenticator(request, step, offer, error)
        return self.page(
            request,
            step,
            "binding.html",
            error,
            chosen=chosen,
            fault=_fault(step, chosen, error),
            typed=typed,
            typed_fault=address_fault(step.t, error, (chosen,)) if chosen in ADDRESSED else "",
            choices=[(name, step.at(BINDING, factor=name), self._address(offer, name)) for name in names],
            address=self._address(offer, chosen),
            offer=offer,
            is_only_offered=chosen == "passkey" and (offer.is_extra or "WebAuthn" not in offer.kinds),
            back=self._back(step, offer),
            restart=step.at(SIGN_IN),
        )

    def _address(self, offer: Offer, name: str) -> str:
        return offer.addresses.get(OFFERED[name], "") if name else ""

    def _back(self, step: Step, offer: Offer) -> str:
        return step.at(BINDING, factor=ANY) if len(offer.kinds) > 1 else ""

    async def _authenticator(self, request: Request, step: Step, offer: Offer, error: AppError | None) -> Response:
        made = await enrolment.new_totp(self.ctx, step.interaction, afresh=False)
        return self.page(
            request,
            step,
            "binding_totp.html",
            error,
            record=made.record_id,
            seed=" ".join(made.secret[at : at + 4] for at in range(0, len(made.secret), 4)),
            address=mfa.address(self.ctx, made.user, made.secret),
            picture=await mfa.picture(self.ctx, made.user, made.secret),
            fault=step.t("fault.totp") if error else "",
            offer=offer,
            back=self._back(step, offer),
        )

    async def _codes(self, request: Request, step: Step) -> Response:
        record_id, codes = await enrolment.new_backup_codes(self.ctx, step.interaction)
        return self.page(request, step, "binding_codes.html", record=record_id, codes=codes)

    async def sent(self, request: Request) -> Response:
        """POST /mfa-binding: one step, and on with the sign-in, which asks for the next one."""
        step, values = await self.posted(request)
        name, typed = values.get("factor", ""), values.get("identifier")
        try:
            kind = next((one for one in ADDRESSED if one == name), None)
            if typed is not None and kind is not None:
                await by_code.ask_factor(self.ctx, step.interaction, kind, typed, request.ip, step.locale)
                return redirect(step.at(CODE))
            await self._apply(step, name, values)
            return await self.finish(request, step)
        except (InvalidTotpCode, WebAuthnFailed) as error:
            return await self._page(request, step, name, error)
        except ADDRESS_REFUSALS as error:
            return await self._page(request, step, name, error, typed or "")
        except (VerificationNotFound, VerificationFailed, FactorNotEnabled, TotpInUse):
            return redirect(step.at(BINDING))
        except LOST:
            return redirect(step.at(SIGN_IN))

    async def _apply(self, step: Step, name: str, values: dict[str, str]) -> None:
        interaction, record = step.interaction, values.get("record", "")
        if name == DECLINED:
            await enrolment.decline(self.ctx, interaction)
        elif name == "no-passkey":
            await enrolment.skip_passkey(self.ctx, interaction)
        elif name == "passkey":
            await passkeys.made(self.ctx, interaction, record, answer_of(values))
            await enrolment.bind(self.ctx, interaction, "WebAuthn", record)
        elif name == CODES:
            await enrolment.bind(self.ctx, interaction, "BackupCode", record)
        elif name == "totp":
            await enrolment.try_totp(self.ctx, interaction, record, "".join(values.get("code", "").split()))
            await enrolment.bind(self.ctx, interaction, "Totp", record)
        elif name in OFFERED:
            await enrolment.enable(self.ctx, interaction)
