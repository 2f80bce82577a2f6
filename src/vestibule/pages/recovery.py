"""The way back in for whoever has forgotten a password: a code, then a new password. Also for one that has expired."""

from vestibule.domain.interactions import by_code, holding, profiles, submitting
from vestibule.errors import (
    AppError,
    Forbidden,
    IdentifierNotFound,
    InteractionNotStarted,
    InvalidCredentials,
    PasswordRejected,
    SamePassword,
    TooManyAttempts,
)
from vestibule.http import Request, Response, redirect
from vestibule.pages.step import CODE, RECOVERY, SIGN_IN, Step, StepPages, done, with_query
from vestibule.pages.words import ADDRESS_FAULTS, OVER, SEND_FAULTS, address_fault, label_of, renewal_fault, send_fault

NEW_FAULTS: tuple[type[AppError], ...] = (PasswordRejected, SamePassword, TooManyAttempts)


class RecoveryForms(StepPages):
    """Its handlers."""

    async def to_start(self, request: Request) -> Response:
        """GET /reset-password, the page's name in the contract."""
        return redirect(with_query(RECOVERY, request))

    async def show(self, request: Request) -> Response:
        """GET /forgot-password: ask for the address."""
        step = await self.step(request)
        told = dict(request.query_items).get("told") == "over"
        return done(step) or await self._form(request, step, step.details.login_hint or "", is_over=told)

    async def _form(
        self, request: Request, step: Step, identifier: str, error: AppError | None = None, *, is_over: bool = False
    ) -> Response:
        kinds = await self.reachable("ForgotPassword")
        return self.page(
            request,
            step,
            "recovery.html",
            error,
            label=label_of(kinds) if kinds else "",
            kinds=kinds,
            identifier=identifier,
            fault=address_fault(step.t, error, kinds),
            notice=step.t(OVER) if is_over else send_fault(step.t, error),
            back=step.at(SIGN_IN),
        )

    async def sent(self, request: Request) -> Response:
        """POST /forgot-password: the same answer whether or not anybody has the address."""
        step, values = await self.posted(request)
        identifier = values.get("identifier", "").strip()
        if not await self.reachable("ForgotPassword"):
            return await self._form(request, step, identifier)
        try:
            await by_code.ask(self.ctx, step.interaction, "ForgotPassword", identifier, request.ip, step.locale)
        except (*ADDRESS_FAULTS, *SEND_FAULTS) as error:
            return await self._form(request, step, identifier, error)
        return redirect(step.at(CODE))

    async def choose(self, request: Request) -> Response:
        """GET /forgot-password/new: for whoever entered the code, or whose password has expired."""
        step = await self.step(request)
        return done(step) or await self._new(request, step)

    async def _new(self, request: Request, step: Step, error: AppError | None = None) -> Response:
        try:
            state = await holding.read(self.ctx, step.interaction)
        except InteractionNotStarted:
            return redirect(step.at(RECOVERY, told="over"))
        if state.user_id is None:
            return redirect(step.at(RECOVERY))
        minutes = self.experience.sentinel_policy.lockout_ms // 60_000
        return self.page(
            request,
            step,
            "new_password.html",
            error,
            fault=renewal_fault(step.t, error, minutes) if error else "",
            length=self.experience.password_policy.effective.length,
            account=next((one.identifier.value for one in reversed(state.records) if one.identifier), ""),
            back=step.at(SIGN_IN),
        )

    async def chosen(self, request: Request) -> Response:
        """POST /forgot-password/new: a forgotten password ends every session, an expired one goes on."""
        step, values = await self.posted(request)
        try:
            await profiles.set_password(self.ctx, step.interaction, values.get("password", ""))
            if (await holding.read(self.ctx, step.interaction)).event != "ForgotPassword":
                return await self.finish(request, step)
            await submitting.submit(self.ctx, step.interaction)
        except NEW_FAULTS as error:
            return await self._new(request, step, error)
        except IdentifierNotFound:
            return redirect(step.at(RECOVERY))
        except (InteractionNotStarted, InvalidCredentials, Forbidden):
            return redirect(step.at(RECOVERY, told="over"))
        return redirect(step.at(SIGN_IN, told="new-password"))
