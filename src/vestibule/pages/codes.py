"""The page that asks for a code, whatever it is for, and what it says when the code is right and nobody fits."""

from dataclasses import dataclass

from vestibule.domain.interactions import by_code, completing, holding
from vestibule.domain.interactions.state import InteractionEvent, Record, State
from vestibule.domain.phones import international
from vestibule.errors import (
    AppError,
    EmailInUse,
    InteractionNotStarted,
    PasswordRejected,
    PhoneInUse,
    SignInMethodNotEnabled,
    UserNotExist,
    UserSuspended,
    VerificationNotFound,
)
from vestibule.http import Request, Response, redirect
from vestibule.pages.step import BINDING, CODE, MORE, NEW_PASSWORD, RECOVERY, REGISTER, SIGN_IN, Step, StepPages, done
from vestibule.pages.words import CODE_FAULTS, SEND_FAULTS, UNTICKED, send_fault

STARTS: dict[InteractionEvent, str] = {"SignIn": SIGN_IN, "Register": REGISTER, "ForgotPassword": RECOVERY}
"""The page on which another address can be given."""


@dataclass(frozen=True)
class Verdict:
    """What to say about an address that was proven; `event` is what can be done with it instead."""

    name: str
    event: InteractionEvent | None = None


class CodeForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /verification-code: for whoever was sent one."""
        step = await self.step(request)
        return done(step) or await self._form(request, step)

    async def _form(
        self,
        request: Request,
        step: Step,
        error: AppError | None = None,
        *,
        told: str = "",
        unsent: AppError | None = None,
    ) -> Response:
        try:
            state = await holding.read(self.ctx, step.interaction)
            record = by_code.pending(state)
        except (InteractionNotStarted, VerificationNotFound):
            return await self._lost(step)
        if record.verified_at is not None:
            return redirect(await self._start(step, state, record))
        kind, _, _ = by_code.target(record)
        seconds = -(-by_code.wait_ms(self.ctx, record) // 1000)
        return self.page(
            request,
            step,
            "code.html",
            error or unsent,
            kind=kind,
            target=shown(record),
            minutes=self.experience.verification_code_policy.lifetime_ms // 60_000,
            fault=step.t(CODE_FAULTS[type(error)]) if error else "",
            notice=send_fault(step.t, unsent, seconds) if unsent else "",
            told=told,
            seconds=seconds,
            change=await self._start(step, state, record),
        )

    async def _lost(self, step: Step) -> Response:
        """Lead on from a code that nothing waits for: to the new password that it was for, or to the beginning."""
        try:
            state = await holding.read(self.ctx, step.interaction)
        except InteractionNotStarted:
            return redirect(step.at(SIGN_IN, told="over"))
        is_for_password = state.event == "ForgotPassword" and state.user_id is not None
        return redirect(step.at(NEW_PASSWORD) if is_for_password else step.at(SIGN_IN, told="over"))

    async def _start(self, step: Step, state: State, record: Record) -> str:
        kind, _, event = by_code.target(record)
        if state.user_id is not None:
            is_missing = await completing.takes(self.ctx, state, kind)
            return step.at(MORE) if is_missing else step.at(BINDING, factor=kind)
        return step.at(STARTS[event], way="code") if event == "SignIn" else step.at(STARTS[event])

    async def sent(self, request: Request) -> Response:
        """POST /verification-code: the code, or the wish for another one."""
        step, values = await self.posted(request)
        if values.get("way") == "again":
            return await self._again(request, step)
        try:
            await by_code.enter(self.ctx, step.interaction, "".join(values.get("code", "").split()))
        except tuple(CODE_FAULTS) as error:
            return await self._form(request, step, error)
        except AppError as error:
            return await self.judged(request, step, error)
        return await self.proven(request, step)

    async def _again(self, request: Request, step: Step) -> Response:
        try:
            await by_code.ask_again(self.ctx, step.interaction, request.ip, step.locale)
        except tuple(SEND_FAULTS) as error:
            return await self._form(request, step, unsent=error)
        except (InteractionNotStarted, VerificationNotFound):
            return await self._lost(step)
        return await self._form(request, step, told=step.t("edit.sent_again"))

    async def over(self, request: Request) -> Response:
        """POST /verification-code/instead: register with what was proven to sign in, or the other way round."""
        step, values = await self.posted(request)
        event: InteractionEvent = "Register" if values.get("event") == "Register" else "SignIn"
        if event == "Register" and self._ticks and values.get("agree") != "yes":
            return await self.judged(request, step, UserNotExist(), unticked=step.t(UNTICKED))
        try:
            await by_code.go_over(self.ctx, step.interaction, event)
        except AppError as error:
            return await self.judged(request, step, error)
        return await self.proven(request, step)

    async def proven(self, request: Request, step: Step) -> Response:
        """Go on after a proof that identified somebody."""
        state = await holding.read(self.ctx, step.interaction)
        if state.event == "ForgotPassword":
            return redirect(step.at(NEW_PASSWORD))
        return await self.finish(request, step)

    @property
    def _ticks(self) -> bool:
        """Whether whoever registers after all has yet to accept the terms: the sign-in page did not ask."""
        return self.experience.asks_to_agree_at_sign_up and not self.experience.asks_to_agree_at_sign_in

    async def judged(self, request: Request, step: Step, error: AppError, *, unticked: str = "") -> Response:
        """Say why a proof that was right leads nowhere; only whoever reads the messages to an address learns that."""
        if isinstance(error, InteractionNotStarted | VerificationNotFound):
            return await self._lost(step)
        if isinstance(error, SignInMethodNotEnabled):
            return redirect(step.at(SIGN_IN))
        if isinstance(error, PasswordRejected):
            return redirect(step.at(MORE, told="password"))
        state = await holding.read(self.ctx, step.interaction)
        record, verdict = by_code.pending(state), self._verdict(state, error)
        return self.page(
            request, step, "verdict.html", error, verdict=verdict.name, event=verdict.event or "",
            target=shown(record), action=f"{CODE}/instead", change=await self._start(step, state, record),
            ticks=verdict.event == "Register" and self._ticks, unticked=unticked,
        )  # fmt: skip

    def _verdict(self, state: State, error: AppError) -> Verdict:
        """Return what to say; raises the error where there are no words for it."""
        experience = self.experience
        kind = by_code.target(by_code.pending(state))[0]
        if isinstance(error, UserNotExist):
            opens = experience.lets_register and kind in experience.sign_up.every_identifier
            return Verdict("nobody", "Register" if opens and state.event == "SignIn" else None)
        if isinstance(error, EmailInUse | PhoneInUse):
            # Whoever is signing in has an account, and gives another address to it.
            opens = state.user_id is None and experience.lets_sign_in and kind in experience.code_identifiers("SignIn")
            return Verdict("taken", "SignIn" if opens else None)
        if isinstance(error, UserSuspended):
            return Verdict("suspended")
        raise error


def shown(record: Record) -> str:
    """Return where a code went as it was typed, a number as people write it."""
    kind, value, _ = by_code.target(record)
    return international(value) if kind == "phone" else value
