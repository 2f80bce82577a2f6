"""The sign-up page."""

from collections.abc import Mapping

from vestibule.domain.interactions import at_once
from vestibule.errors import AppError
from vestibule.http import Request, Response, redirect
from vestibule.pages.step import SIGN_IN, Step, StepPages, done, with_query
from vestibule.pages.words import REGISTER_FAULTS, UNTICKED, Unticked, identifier_hint, label_of, register_fault


class RegisterForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /register."""
        step = await self.step(request)
        if not self.experience.lets_register:
            return redirect(with_query(SIGN_IN, request))
        return done(step) or self._form(request, step, step.details.login_hint or "", {})

    def _form(
        self, request: Request, step: Step, identifier: str, faults: Mapping[str, str], error: AppError | None = None
    ) -> Response:
        experience = self.experience
        kinds = experience.sign_up.identifiers
        return self.page(
            request,
            step,
            "register.html",
            error,
            identifier=identifier,
            label=label_of(kinds),
            hint=identifier_hint(step.t, kinds),
            length=experience.password_policy.effective.length,
            ticks=experience.asks_to_agree_at_sign_up,
            fault=faults.get("", ""),
            faults=faults,
            other=with_query(SIGN_IN, request) if experience.lets_sign_in else "",
        )

    async def sent(self, request: Request) -> Response:
        """POST /register."""
        step, values = await self.posted(request)
        identifier, password = values.get("identifier", "").strip(), values.get("password", "")
        if self.experience.asks_to_agree_at_sign_up and values.get("agree") != "yes":
            return self._form(request, step, identifier, {"agree": step.t(UNTICKED)}, Unticked())
        try:
            return redirect(await at_once.register(self.ctx, step.interaction, identifier, password))
        except tuple(REGISTER_FAULTS) as error:
            words = register_fault(step.t, error, self.experience.sign_up.identifiers)
            return self._form(request, step, identifier, words, error)
