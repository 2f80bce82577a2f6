"""The question whether an application may have what it asks for."""

from vestibule.domain.interactions import steps
from vestibule.errors import SessionNotFound
from vestibule.http import Request, Response, redirect
from vestibule.model import User
from vestibule.pages.step import StepPages


class ConsentForms(StepPages):
    """Its handlers."""

    async def show(self, request: Request) -> Response:
        """GET /consent: automatic for our own applications, a question for others."""
        step = await self.step(request)
        if not step.details.is_third_party:
            ended = await steps.consent(self.ctx, step.interaction, granted=True)
            return redirect(steps.resume_address(self.ctx, ended), 302)
        if step.details.user is None:
            raise SessionNotFound
        lines = [step.t(f"scope.{scope.rpartition(':')[2]}") for scope in step.details.scopes]
        lines += [scope.description or scope.name for scope in step.details.resource_scopes]
        return self.page(
            request,
            step,
            "consent.html",
            host=step.details.redirect_host,
            logo=step.details.logo_uri or "",
            person=display_name(step.details.user),
            lines=lines or [step.t("scope.openid")],
        )

    async def sent(self, request: Request) -> Response:
        """POST /consent."""
        step, values = await self.posted(request)
        granted = values.get("decision") == "allow"
        onward = await self.onward(request, step)
        await steps.consent(self.ctx, step.interaction, granted, onward)
        return onward.answer()


def display_name(user: User) -> str:
    """Return what a person is called by: name, user name, e-mail address, phone number."""
    return user.name or user.username or user.primary_email or f"+{user.primary_phone}"
