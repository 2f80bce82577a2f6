"""What an account still needs before it can be made, one short form after another."""

from vestibule.domain.interactions import by_code, holding, identifying, profiles, submitting
from vestibule.errors import AppError, Forbidden, InteractionNotStarted, NotForForgottenPassword, PasswordRejected
from vestibule.http import Request, Response, redirect
from vestibule.model import RecipientKind
from vestibule.pages.step import CODE, REGISTER, Step, StepPages, done
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
KINDS: dict[str, Addresses] = {"email": ("email",), "phone": ("phone",), "emailOrPhone": ("email", "phone")}
"""Which addresses do for what is missing, in the contract's words."""


ABOUT = PasswordRejected(data=[{"code": "password_rejected.restricted.user_info"}])
"""The password that was chosen before the address was known is about it."""


class MoreForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /continue: for whoever registers and has not said all that is asked for."""
        step = await self.step(request)
        told = dict(request.query_items).get("told") == "password"
        return done(step) or await self._form(request, step, {}, ABOUT if told else None)

    async def _form(
        self, request: Request, step: Step, values: dict[str, str], error: AppError | None = None
    ) -> Response:
        try:
            state = await holding.read(self.ctx, step.interaction)
            profiles.check_registering(state)
        except (InteractionNotStarted, NotForForgottenPassword, Forbidden):
            return redirect(step.at(REGISTER))
        missing = profiles.missing(self.experience, state.profile)
        kinds = next((KINDS[one] for one in missing if one in KINDS), ())
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
            proves=any(self.experience.sign_up.needs_proof(kind) for kind in kinds),
            username=values.get("username", ""),
            identifier=values.get("identifier", ""),
            length=self.experience.password_policy.effective.length,
            fault=faults.get("", ""),
            faults=faults,
            back=step.at(REGISTER),
        )

    async def sent(self, request: Request) -> Response:
        """POST /continue."""
        step, values = await self.posted(request)
        try:
            if await self._took(request, step, values):
                return redirect(step.at(CODE))
            await identifying.identify(self.ctx, step.interaction, None)
        except (*REGISTER_FAULTS, *ADDRESS_FAULTS, *SEND_FAULTS) as error:
            return await self._form(request, step, values, error)
        except (InteractionNotStarted, NotForForgottenPassword, Forbidden):
            return redirect(step.at(REGISTER))
        return redirect(await submitting.finish(self.ctx, step.interaction))

    async def _took(self, request: Request, step: Step, values: dict[str, str]) -> bool:
        """Take what was said; returns whether a code was sent, which comes first then."""
        ctx, interaction = self.ctx, step.interaction
        if "username" in values:
            await profiles.set_username(ctx, interaction, values["username"].strip(), request.ip)
        if "password" in values:
            await profiles.set_password(ctx, interaction, values["password"])
        if "identifier" not in values:
            return False
        kind, value = by_code.address(ctx, "Register", values["identifier"])
        if self.experience.sign_up.needs_proof(kind):
            await by_code.ask_beside(ctx, interaction, values["identifier"], request.ip, step.locale)
            return True
        await profiles.set_address(ctx, interaction, kind, value, request.ip)
        return False


def _faults(step: Step, error: AppError, kinds: Addresses) -> dict[str, str]:
    if type(error) in SEND_FAULTS:
        return {"": send_fault(step.t, error)}
    if type(error) in ADDRESS_FAULTS and kinds:
        return {"identifier": address_fault(step.t, error, kinds)}
    told = register_fault(step.t, error, ("username",))
    return told if kinds else {"username" if place == "identifier" else place: words for place, words in told.items()}
