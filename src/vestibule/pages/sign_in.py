"""The sign-in page, with the password that replaces an expired one."""

from vestibule.domain.interactions import at_once, steps
from vestibule.errors import AppError, PasswordExpired
from vestibule.http import Request, Response, redirect
from vestibule.pages.passkeys import answer_of
from vestibule.pages.step import REGISTER, Step, StepPages, done, with_query
from vestibule.pages.words import RENEWAL_FAULTS, SIGN_IN_FAULTS, UNTICKED, Unticked, label_of, renewal_fault


class SignInForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /sign-in."""
        step = await self.step(request)
        if not self.experience.lets_sign_in and step.interaction.prompt != steps.CONSENT:
            return redirect(with_query(REGISTER, request))
        return done(step) or self._form(request, step, step.details.login_hint or "")

    def _form(self, request: Request, step: Step, identifier: str, error: AppError | None = None) -> Response:
        experience, unticked = self.experience, isinstance(error, Unticked)
        minutes = experience.sentinel_policy.lockout_ms // 60_000
        return self.page(
            request,
            step,
            "sign_in.html",
            error,
            identifier=identifier,
            label=label_of(experience.sign_in_identifiers),
            fault=step.t(SIGN_IN_FAULTS[type(error)], minutes=minutes) if error and not unticked else "",
            ticks=experience.asks_to_agree_at_sign_in,
            unticked=step.t(UNTICKED) if unticked else "",
            other=with_query(REGISTER, request) if experience.lets_register else "",
            passkey_button=experience.passkey_sign_in.shows_button,
            passkey_fills_in=experience.passkey_sign_in.fills_in,
        )

    async def sent(self, request: Request) -> Response:
        """POST /sign-in: an unknown account and a wrong password read and cost the same (B50)."""
        step, values = await self.posted(request)
        identifier, password = values.get("identifier", ""), values.get("password", "")
        if self.experience.asks_to_agree_at_sign_in and values.get("agree") != "yes":
            return self._form(request, step, identifier, Unticked())
        fresh = values.get("new_password")
        try:
            if "credential" in values:
                onward = await at_once.by_passkey(self.ctx, step.interaction, answer_of(values))
            elif fresh is None:
                onward = await at_once.sign_in(self.ctx, step.interaction, identifier, password, request.ip)
            else:
                onward = await at_once.renew(self.ctx, step.interaction, identifier, password, fresh, request.ip)
            return redirect(onward)
        except PasswordExpired as error:
            return self._renewal(request, step, identifier, "", error)
        except RENEWAL_FAULTS as error:
            return self._renewal(request, step, identifier, renewal_fault(step.t, error), error)
        except tuple(SIGN_IN_FAULTS) as error:
            return self._form(request, step, identifier, error)

    def _renewal(self, request: Request, step: Step, identifier: str, fault: str, error: AppError) -> Response:
        length = self.experience.password_policy.effective.length
        return self.page(
            request, step, "renewal.html", error, identifier=identifier, fault=fault, length=length,
            ticks=self.experience.asks_to_agree_at_sign_in,
        )  # fmt: skip

    async def cancel(self, request: Request) -> Response:
        """POST /sign-in/cancel: back to the application, which is told so."""
        step, _ = await self.posted(request)
        return redirect(await steps.abort(self.ctx, step.interaction))
