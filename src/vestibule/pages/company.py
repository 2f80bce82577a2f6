"""Signing in through one's company: found by an address, led there, and back again.

The way there is a page of its own that moves on by itself: a form may lead nowhere but here and to the application
(`form-action`), and a company can be anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vestibule.domain import sso_connectors
from vestibule.domain.interactions import by_company, steps
from vestibule.domain.sso_connectors import SsoConnector
from vestibule.errors import (
    AppError,
    EmailInUse,
    EntityNotExistsWithId,
    Forbidden,
    IdentityInUse,
    InteractionNotStarted,
    SessionNotFound,
    SsoIdentityNotExist,
    UserSuspended,
)
from vestibule.http import Request, Response, redirect
from vestibule.pages.step import (
    COMPANY,
    NEXT,
    SIGN_IN,
    Step,
    StepPages,
    done,
    fallback,
    is_asked_for,
    next_page,
    with_query,
)
from vestibule.pages.words import UNTICKED, Unticked

ENDS: dict[type[AppError], str] = {
    SsoIdentityNotExist: "nobody",
    Forbidden: "nobody",
    EmailInUse: "taken",
    IdentityInUse: "taken",
    UserSuspended: "suspended",
}
"""Why a company's good answer leads nowhere, as the words of the page are called; every other refusal is a failure."""


@dataclass(frozen=True)
class Choice:
    """A company on the page."""

    id: str
    title: str


class CompanyForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /single-sign-on: asks for an address, or offers the company that the address of the page names."""
        step, query = await self.step(request), dict(request.query_items)
        opened = await sso_connectors.available(self.ctx)
        if not opened:
            return redirect(with_query(SIGN_IN, request))
        named = [one for one in opened if one.id == query.get("connector")]
        return done(step) or self._form(request, step, step.details.login_hint or "", named)

    async def jump(self, request: Request) -> Response:
        """GET /direct/sso/{connectorId}: straight to the company, where the application asked for it and it is open."""
        step, connector_id = await self.step(request), request.path_params["connectorId"]
        if connector_id not in {one.id for one in await sso_connectors.available(self.ctx)}:
            return done(step) or fallback(request)
        if not is_asked_for(step, f"sso:{connector_id}"):
            return done(step) or redirect(step.at(COMPANY, connector=connector_id))
        return done(step) or await self._leave(request, step, connector_id)

    def _form(
        self,
        request: Request,
        step: Step,
        email: str,
        found: Sequence[SsoConnector] = (),
        error: AppError | None = None,
    ) -> Response:
        return self.page(
            request,
            step,
            "company.html",
            error,
            email=email,
            choices=[Choice(one.id, one.company) for one in found],
            fault=step.t("company.none") if error else "",
            action=step.at(COMPANY),
            other=step.at(SIGN_IN),
        )

    async def sent(self, request: Request) -> Response:
        """POST /single-sign-on: an address, or the company that was chosen."""
        step, values = await self.posted(request)
        if "connector" in values:
            return await self._leave(request, step, values["connector"])
        email = values.get("email", "").strip()
        found = await sso_connectors.for_email(self.ctx, email)
        if len(found) == 1:
            return await self._leave(request, step, found[0].id)
        return self._form(request, step, email, found, None if found else SsoIdentityNotExist())

    async def _leave(self, request: Request, step: Step, connector_id: str) -> Response:
        try:
            onward = await by_company.leave(self.ctx, step.interaction, connector_id)
        except SessionNotFound:
            raise
        except AppError as error:
            return await self._end(request, step, connector_id, error)
        title = await self._title(step, connector_id)
        return self.page(request, step, "company_onward.html", onward=onward, company=title)

    async def back(self, request: Request) -> Response:
        """GET /callback/{connectorId}: back from the company."""
        data = dict(request.query_items)
        step = await self.step(request, steps.client_of(data.get("state", "")))
        connector_id = request.path_params["connectorId"]
        try:
            await by_company.come_back(self.ctx, step.interaction, connector_id, data)
        except SsoIdentityNotExist as error:
            if not self.experience.lets_register:
                return await self._end(request, step, connector_id, error)
            if self.experience.asks_to_agree_at_sign_up:
                return await self._newcomer(request, step, connector_id)
            return await self._register(request, step, connector_id)
        except SessionNotFound:
            raise
        except tuple(NEXT) as error:
            return next_page(step, error)
        except AppError as error:
            return await self._end(request, step, connector_id, error)
        return await self.finish(request, step)

    async def agreed(self, request: Request) -> Response:
        """POST /single-sign-on/{connectorId}: the terms, accepted by somebody new."""
        step, values = await self.posted(request)
        connector_id = request.path_params["connectorId"]
        if self.experience.asks_to_agree_at_sign_up and values.get("agree") != "yes":
            return await self._newcomer(request, step, connector_id, Unticked())
        return await self._register(request, step, connector_id)

    async def _register(self, request: Request, step: Step, connector_id: str) -> Response:
        try:
            await by_company.register(self.ctx, step.interaction)
        except (SessionNotFound, InteractionNotStarted):
            raise
        except AppError as error:
            return await self._end(request, step, connector_id, error)
        return await self.finish(request, step)

    async def _newcomer(
        self, request: Request, step: Step, connector_id: str, error: AppError | None = None
    ) -> Response:
        return self.page(
            request, step, "company_new.html", error, company=await self._title(step, connector_id),
            action=step.at(f"{COMPANY}/{connector_id}"), unticked=step.t(UNTICKED) if error else "",
        )  # fmt: skip

    async def _end(self, request: Request, step: Step, connector_id: str, error: AppError) -> Response:
        return self.page(
            request, step, "company_end.html", error, reason=ENDS.get(type(error), "failed"),
            company=await self._title(step, connector_id), again=step.at(COMPANY), other=step.at(SIGN_IN),
        )  # fmt: skip

    async def _title(self, step: Step, connector_id: str) -> str:
        try:
            return (await sso_connectors.get(self.ctx, connector_id)).company
        except EntityNotExistsWithId:
            return step.t("company.unnamed")
