"""The sign-up page."""

from collections.abc import Mapping

from vestibule.domain import registration, sso_connectors
from vestibule.domain.interactions import at_once, by_code
from vestibule.errors import AppError, Forbidden
from vestibule.http import Request, Response, redirect
from vestibule.pages.socials import SOCIAL_FAULTS, buttons
from vestibule.pages.step import CODE, COMPANY, LINK, SIGN_IN, SOCIAL, Step, StepPages, done, with_query
from vestibule.pages.words import (
    REGISTER_FAULTS,
    SEND_FAULTS,
    UNTICKED,
    Unticked,
    identifier_hint,
    label_of,
    register_fault,
    send_fault,
)


class RegisterForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /register."""
        step = await self.step(request)
        if any(name == "one_time_token" for name, _ in request.query_items):
            return redirect(with_query(LINK, request))
        if not self.experience.lets_register:
            return redirect(with_query(SIGN_IN, request))
        query = dict(request.query_items)
        told = query.get("social", query.get("told", ""))
        words = {"agree" if told == "unticked" else "": step.t(SOCIAL_FAULTS[told])} if told in SOCIAL_FAULTS else {}
        return done(step) or await self._form(request, step, step.details.login_hint or "", words)

    async def _form(
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
            label=label_of(kinds) if kinds else "",
            hint=identifier_hint(step.t, kinds, proves=experience.sign_up.verify and "username" not in kinds),
            asks_password=experience.sign_up.asks_password_first,
            length=experience.password_policy.effective.length,
            ticks=experience.asks_to_agree_at_sign_up,
            fault=faults.get("", ""),
            faults=faults,
            socials=await buttons(self, step),
            social=step.at(SOCIAL),
            company="" if kinds or not await sso_connectors.is_any_available(self.ctx) else step.at(COMPANY),
            other=with_query(SIGN_IN, request) if experience.lets_sign_in else "",
        )

    async def sent(self, request: Request) -> Response:
        """POST /register: by a code where the address has to be proven, otherwise by what the form holds."""
        step, values = await self.posted(request)
        identifier = values.get("identifier", "").strip()
        if self.experience.asks_to_agree_at_sign_up and values.get("agree") != "yes":
            return await self._form(request, step, identifier, {"agree": step.t(UNTICKED)}, Unticked())
        if not self.experience.sign_up.identifiers:
            raise Forbidden
        try:
            return await self._begun(request, step, identifier, values.get("password", ""))
        except tuple(REGISTER_FAULTS) as error:
            words = register_fault(step.t, error, self.experience.sign_up.identifiers)
            return await self._form(request, step, identifier, words, error)
        except tuple(SEND_FAULTS) as error:
            return await self._form(request, step, identifier, {"": send_fault(step.t, error)}, error)

    async def _begun(self, request: Request, step: Step, identifier: str, password: str) -> Response:
        sign_up = self.experience.sign_up
        kind, _ = registration.checked(self.ctx, identifier)
        if sign_up.needs_proof(kind):
            await by_code.ask(self.ctx, step.interaction, "Register", identifier, request.ip, step.locale)
            return redirect(step.at(CODE))
        given = password if sign_up.asks_password_first else None
        onward = await self.onward(request, step)
        await at_once.register(self.ctx, step.interaction, identifier, given, request.ip, onward)
        return onward.answer()
