"""Sign-in through social providers: the way there, the way back, and the page that asks before an account is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from vestibule.domain import connectors
from vestibule.domain.connectors import Instance
from vestibule.domain.context import Context
from vestibule.domain.interactions import by_provider, steps
from vestibule.domain.interactions.by_provider import Answer
from vestibule.errors import (
    AppError,
    ConnectorAssertionMissing,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidCertificate,
    ConnectorInvalidConfig,
    ConnectorInvalidMetadata,
    ConnectorInvalidResponse,
    ConnectorSessionNotFound,
    EntityNotFound,
    IdentityInUse,
    IdentityNotExists,
    InteractionNotStarted,
    InvalidConnectorId,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
    SocialIdTokenInvalid,
    UserNotExist,
    UserSuspended,
    VerificationNotFound,
)
from vestibule.http import Request, Response, redirect
from vestibule.pages.step import (
    NEXT,
    QUESTION,
    REGISTER,
    SIGN_IN,
    Step,
    StepPages,
    done,
    fallback,
    is_asked_for,
    next_page,
)
from vestibule.pages.words import OVER, UNTICKED, Unticked

FAULTS: dict[type[AppError], str] = {
    ConnectorAssertionMissing: "over",
    ConnectorAuthorizationFailed: "declined",
    ConnectorSessionNotFound: "over",
    VerificationNotFound: "over",
    InteractionNotStarted: "over",
    UserSuspended: "suspended",
    **dict.fromkeys(
        (
            ConnectorGeneral,
            ConnectorInvalidCertificate,
            ConnectorInvalidConfig,
            ConnectorInvalidMetadata,
            ConnectorInvalidResponse,
            EntityNotFound,
            IdentityInUse,
            InvalidConnectorId,
            SocialAccessTokenInvalid,
            SocialCodeInvalid,
            SocialIdTokenInvalid,
        ),
        "failed",
    ),
}
"""What the sign-in page says of a way back that led nowhere."""
SOCIAL_FAULTS = {
    "declined": "social.declined",
    "failed": "social.failed",
    "over": OVER,
    "suspended": "verdict.suspended_title",
    "unticked": UNTICKED,
}
"""The words of the page, by what its address says."""


@dataclass(frozen=True)
class Button:
    """A way to a provider: the id of the connector, its name in the language of the page, its picture."""

    id: str
    name: str
    logo: str


async def buttons(pages: StepPages, step: Step) -> tuple[Button, ...]:
    """Return the buttons of the sign-in and the sign-up page; apps that only phones have get none."""
    held = await usable(pages.ctx)
    return tuple(Button(one.id, _named(connectors.names(one), step.language), connectors.logo(one)) for one in held)


async def usable(ctx: Context) -> Sequence[Instance]:
    """Return the connectors that a browser can go to, in the order of their buttons."""
    return [one for one in await connectors.buttons(ctx) if one.factory.platform != "Native"]


def _named(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en", "")


class SocialForms(StepPages):
    """Its handlers."""

    async def leave(self, request: Request) -> Response:
        """POST /social: to the provider."""
        step, values = await self.posted(request)
        experience = self.experience
        connector_id = values.get("connector", "")
        ticks = experience.asks_to_agree_at_sign_in or (values.get("from") == "register" and self._ticks)
        if ticks and values.get("agree") != "yes":
            return self._back(step, "unticked", REGISTER if values.get("from") == "register" else SIGN_IN)
        return await self._leave(request, step, connector_id)

    async def jump(self, request: Request) -> Response:
        """GET /direct/social/{target}: straight to the provider, where the application asked for it and it is open.

        Whoever has to accept the terms first does so on the sign-in page.
        """
        step, target = await self.step(request), request.path_params["target"]
        found = [one.id for one in await usable(self.ctx) if one.target == target]
        asked = is_asked_for(step, f"social:{target}") and not self.experience.asks_to_agree_at_sign_in
        if not found or not asked:
            return done(step) or fallback(request)
        return done(step) or await self._leave(request, step, found[0])

    async def _leave(self, request: Request, step: Step, connector_id: str) -> Response:
        agent = request.headers.get("user-agent", "")
        try:
            onward = await by_provider.leave(self.ctx, step.interaction, connector_id, agent)
        except tuple(FAULTS) as error:
            return self._back(step, FAULTS[type(error)])
        name = next((one.name for one in await buttons(self, step) if one.id == connector_id), "")
        # A page that moves on by itself: a form may lead nowhere but here and to the application (`form-action`).
        return self.page(request, step, "company_onward.html", onward=onward, company=name)

    async def arrive(self, request: Request) -> Response:
        """GET /callback/{connectorId}: changes something, once, for whoever holds the state and the cookies."""
        data = dict(request.query_items)
        step = await self.step(request, steps.client_of(data.get("state", "")))
        connector_id, asks = (
            request.path_params["connectorId"],
            self._ticks and not self.experience.asks_to_agree_at_sign_in,
        )
        try:
            await by_provider.arrive(self.ctx, step.interaction, connector_id, data, asks=asks)
        except (IdentityNotExists, UserNotExist):
            return redirect(step.at(QUESTION))
        except tuple(FAULTS) as error:
            return self._back(step, FAULTS[type(error)])
        except tuple(NEXT) as error:
            return next_page(step, error)
        return await self.finish(request, step)

    async def posted_back(self, request: Request) -> Response:
        """POST /callback/{connectorId}: providers that answer by a form are led to the same address with a query."""
        fields = {name: values[-1] for name, values in (await request.form_fields()).items()}
        return redirect(f"{request.path}?{urlencode(fields)}")

    async def show(self, request: Request) -> Response:
        """GET /social/account: asks whether an account is theirs, or whether one is to be made."""
        return await self._question(request, await self.step(request))

    async def _question(self, request: Request, step: Step, error: AppError | None = None) -> Response:
        try:
            found = await by_provider.prospect(self.ctx, step.interaction)
        except tuple(FAULTS) as gone:
            return self._back(step, FAULTS[type(gone)])
        return self.page(
            request,
            step,
            "social.html",
            error,
            provider=_named(found.provider, step.language),
            address=found.address,
            registers=self.experience.lets_register,
            ticks=self._ticks,
            unticked=step.t(UNTICKED) if error else "",
            action=step.at(QUESTION),
            change=step.at(SIGN_IN),
        )

    async def answer(self, request: Request) -> Response:
        """POST /social/account: the answer."""
        step, values = await self.posted(request)
        said: Answer = "link" if values.get("answer") == "link" else "register"
        if said == "register" and self._ticks and values.get("agree") != "yes":
            return await self._question(request, step, Unticked())
        try:
            await by_provider.answer(self.ctx, step.interaction, said)
        except (IdentityNotExists, UserNotExist):
            return await self._question(request, step)
        except tuple(FAULTS) as error:
            return self._back(step, FAULTS[type(error)])
        return await self.finish(request, step)

    def _back(self, step: Step, why: str, page: str = SIGN_IN) -> Response:
        return redirect(step.at(page, social=why))

    @property
    def _ticks(self) -> bool:
        """Whether newcomers accept the terms by a tick."""
        return self.experience.asks_to_agree_at_sign_up
