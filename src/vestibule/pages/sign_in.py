"""The sign-in page, by password or by a code, with the password that replaces an expired one."""

from vestibule.domain import sso_connectors
from vestibule.domain.interactions import at_once, by_code, steps
from vestibule.errors import AppError, PasswordExpired
from vestibule.http import Request, Response, redirect
from vestibule.pages.passkeys import answer_of
from vestibule.pages.socials import SOCIAL_FAULTS, buttons
from vestibule.pages.step import CODE, COMPANY, LINK, RECOVERY, REGISTER, SOCIAL, Step, StepPages, done, with_query
from vestibule.pages.words import (
    ADDRESS_FAULTS,
    OVER,
    RENEWAL_FAULTS,
    SEND_FAULTS,
    SIGN_IN_FAULTS,
    UNTICKED,
    Unticked,
    address_fault,
    label_of,
    renewal_fault,
    send_fault,
)

TOLD = {"new-password": "recovery.done"}
"""What other pages may have this one say, as its address names it."""
FAULTS_TOLD = {"over": OVER}
"""And what went wrong there."""


class SignInForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /sign-in."""
        step, query = await self.step(request), dict(request.query_items)
        if "one_time_token" in query:
            return redirect(with_query(LINK, request))
        if not self.experience.lets_sign_in and step.interaction.prompt != steps.CONSENT:
            return redirect(with_query(REGISTER, request))
        told = TOLD.get(query.get("told", ""), "")
        found = SOCIAL_FAULTS.get(query.get("social", "")) or FAULTS_TOLD.get(query.get("told", ""))
        if found and step.interaction.prompt != steps.CONSENT:
            return await self._form(request, step, "", came_with=found)
        hint, way = step.details.login_hint or "", query.get("way", "")
        return done(step) or await self._form(request, step, hint, told=told, way=way)

    async def _form(
        self,
        request: Request,
        step: Step,
        identifier: str,
        error: AppError | None = None,
        *,
        told: str = "",
        way: str = "",
        came_with: str = "",
    ) -> Response:
        experience, unticked = self.experience, isinstance(error, Unticked)
        minutes = experience.sentinel_policy.lockout_ms // 60_000
        passwords, codes = experience.password_identifiers, experience.code_identifiers("SignIn")
        way = experience.way_in(way)
        carries = bool(set(codes) & set(passwords))
        fault = step.t(came_with) if came_with else send_fault(step.t, error)
        if error and type(error) in SIGN_IN_FAULTS:
            fault = step.t(SIGN_IN_FAULTS[type(error)], minutes=minutes)
        return self.page(
            request,
            step,
            "sign_in.html",
            error,
            shared=not (identifier or error),
            way=way,
            identifier=identifier,
            label=label_of(codes if way == "code" else passwords),
            fault=fault,
            identifier_fault=address_fault(step.t, error, codes),
            told=step.t(told) if told else "",
            ticks=experience.asks_to_agree_at_sign_in,
            unticked=step.t(UNTICKED) if unticked else "",
            forgot=step.at(RECOVERY) if await self.reachable("ForgotPassword") else "",
            carries=carries,
            socials=await buttons(self, step),
            social=step.at(SOCIAL),
            other_way=self._other_way(step, way, carries=carries),
            other=with_query(REGISTER, request) if experience.lets_register else "",
            company=step.at(COMPANY) if await sso_connectors.is_any_available(self.ctx) else "",
            passkey_button=experience.passkey_sign_in.shows_button,
            passkey_fills_in=experience.passkey_sign_in.fills_in,
        )

    def _other_way(self, step: Step, way: str, *, carries: bool) -> str:
        """Return the address of this page for the other way, where there is one that no button leads to."""
        if way == "code":
            return step.at("/sign-in", way="password") if self.experience.password_identifiers else ""
        return step.at("/sign-in", way="code") if self.experience.code_identifiers("SignIn") and not carries else ""

    async def sent(self, request: Request) -> Response:
        """POST /sign-in: an unknown account and a wrong password read and cost the same (B50)."""
        step, values = await self.posted(request)
        identifier, way = values.get("identifier", ""), values.get("way", "password")
        if self.experience.asks_to_agree_at_sign_in and values.get("agree") != "yes":
            return await self._form(request, step, identifier, Unticked(), way=way)
        if way == "code":
            return await self._code(request, step, identifier.strip())
        return await self._password(request, step, values)

    async def _code(self, request: Request, step: Step, identifier: str) -> Response:
        try:
            await by_code.ask(self.ctx, step.interaction, "SignIn", identifier, request.ip, step.locale)
        except (*ADDRESS_FAULTS, *SEND_FAULTS) as error:
            return await self._form(request, step, identifier, error, way="code")
        return redirect(step.at(CODE))

    async def _password(self, request: Request, step: Step, values: dict[str, str]) -> Response:
        identifier, password = values.get("identifier", ""), values.get("password", "")
        fresh = values.get("new_password")
        onward = await self.onward(request, step)
        try:
            if "credential" in values:
                await at_once.by_passkey(self.ctx, step.interaction, answer_of(values), onward)
            elif fresh is None:
                await at_once.sign_in(self.ctx, step.interaction, identifier, password, request.ip, onward)
            else:
                await at_once.renew(self.ctx, step.interaction, identifier, password, fresh, request.ip, onward)
        except PasswordExpired as error:
            return self._renewal(request, step, identifier, "", error)
        except RENEWAL_FAULTS as error:
            return self._renewal(request, step, identifier, renewal_fault(step.t, error), error)
        except tuple(SIGN_IN_FAULTS) as error:
            return await self._form(request, step, identifier, error, way="password")
        return onward.answer()

    def _renewal(self, request: Request, step: Step, identifier: str, fault: str, error: AppError) -> Response:
        length = self.experience.password_policy.effective.length
        return self.page(
            request, step, "renewal.html", error, identifier=identifier, fault=fault, length=length,
            ticks=self.experience.asks_to_agree_at_sign_in,
        )  # fmt: skip

    async def cancel(self, request: Request) -> Response:
        """POST /sign-in/cancel: back to the application, which is told so."""
        step, _ = await self.posted(request)
        onward = await self.onward(request, step)
        await steps.abort(self.ctx, step.interaction, onward)
        return onward.answer()
