"""What an account still needs, before it is made or when it signs in: one short form after another."""

from vestibule.domain.interactions import by_code, completing, holding, identifying, profiles
from vestibule.domain.interactions.state import State
from vestibule.errors import (
    AppError,
    Forbidden,
    IdentifierNotFound,
    InteractionNotStarted,
    NotForForgottenPassword,
    PasswordRejected,
    SsoEnabled,
)
from vestibule.http import Request, Response, redirect
from vestibule.model import RecipientKind
from vestibule.pages.step import CODE, REGISTER, SIGN_IN, Step, StepPages, done
from vestibule.pages.words import (
    ADDRESS_FAULTS,
    REGISTER_FAULTS,
    SEND_FAULTS,
    address_fault,
    label_of,
    register_fault,
    send_fault,
)

Addresses = tuple[RecipientKind, ...]
LOST = (InteractionNotStarted, NotForForgottenPassword, Forbidden, IdentifierNotFound)

ABOUT = PasswordRejected(data=[{"code": "password_rejected.restricted.user_info"}])
"""The password that was chosen before the address was known is about it."""


class MoreForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /continue: for whoever registers, or signs in, and has not said all that is asked for."""
        step = await self.step(request)
        told = dict(request.query_items).get("told") == "password"
        return done(step) or await self._form(request, step, {}, ABOUT if told else None)

    async def _form(
        self, request: Request, step: Step, values: dict[str, str], error: AppError | None = None
    ) -> Response:
        try:
            state = await holding.read(self.ctx, step.interaction)
            missing, kinds = await self._missing(state)
        except LOST:
            return await self._lost(step)
        # A name and a password are asked for together; then an address, since a code leads away from the page.
        together = [name for name in missing if name in {"username", "password"}]
        faults = {} if error is None else _faults(step, error, () if together else kinds)
        return self.page(
            request,
            step,
            "more.html",
            error,
            together=together,
            label=label_of(kinds) if kinds and not together else "",
            is_new=state.user_id is None,
            proves=state.user_id is not None or any(self.experience.sign_up.needs_proof(kind) for kind in kinds),
            username=values.get("username", ""),
            identifier=values.get("identifier", ""),
            length=self.experience.password_policy.effective.length,
            fault=faults.get("", ""),
            faults=faults,
            back=step.at(REGISTER),
        )

    async def _lost(self, step: Step) -> Response:
        """Lead to the beginning of what is under way: this page is about nothing that is."""
        try:
            event = (await holding.read(self.ctx, step.interaction)).event
        except InteractionNotStarted:
            event = "Register"
        return redirect(step.at(REGISTER if event == "Register" else SIGN_IN, told="over"))

    async def _missing(self, state: State) -> tuple[list[str], Addresses]:
        """Return what is missing, and of which addresses one is asked for; raises what leads away from here."""
        if state.user_id is None:
            profiles.check_registering(state)
            missing = completing.missing_of_new(self.ctx, state.profile)
            return missing, completing.first_addresses(missing)
        return await completing.asked(self.ctx, state, state.profile), await completing.addresses(self.ctx, state)

    async def sent(self, request: Request) -> Response:
        """POST /continue."""
        step, values = await self.posted(request)
        try:
            if await self._took(request, step, values):
                return redirect(step.at(CODE))
            if (await holding.read(self.ctx, step.interaction)).user_id is None:
                await identifying.identify(self.ctx, step.interaction, None)
        except (*REGISTER_FAULTS, *ADDRESS_FAULTS, *SEND_FAULTS) as error:
            return await self._form(request, step, values, error)
        except SsoEnabled as error:
            if (await holding.read(self.ctx, step.interaction)).user_id is None:
                raise
            return await self._form(request, step, values, error)
        except LOST:
            return await self._lost(step)
        return await self.finish(request, step)

    async def _took(self, request: Request, step: Step, values: dict[str, str]) -> bool:
        """Take what was said; returns whether a code was sent, which comes first then."""
        ctx, interaction = self.ctx, step.interaction
        if "username" in values:
            await profiles.set_username(ctx, interaction, values["username"].strip(), request.ip)
        if "password" in values:
            await profiles.set_password(ctx, interaction, values["password"])
        if "identifier" not in values:
            return False
        is_new = (await holding.read(ctx, interaction)).user_id is None
        kind, value = by_code.address(ctx, "Register", values["identifier"])
        if not is_new or self.experience.sign_up.needs_proof(kind):
            await by_code.ask_beside(ctx, interaction, values["identifier"], request.ip, step.locale)
            return True
        await profiles.set_address(ctx, interaction, kind, value, request.ip)
        return False


def _faults(step: Step, error: AppError, kinds: Addresses) -> dict[str, str]:
    if type(error) in SEND_FAULTS:
        return {"": send_fault(step.t, error)}
    if isinstance(error, SsoEnabled) or (type(error) in ADDRESS_FAULTS and kinds):
        return {"identifier": address_fault(step.t, error, kinds)}
    told = register_fault(step.t, error, ("username",))
    return told if kinds else {"username" if place == "identifier" else place: words for place, words in told.items()}
