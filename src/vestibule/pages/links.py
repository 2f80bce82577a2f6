"""The page behind a magic link: mail scanners follow links as well, so only its button uses the token up."""

from vestibule.domain.interactions import links
from vestibule.errors import (
    AppError,
    Forbidden,
    TokenConsumed,
    TokenEmailMismatch,
    TokenExpired,
    TokenNotFound,
    TokenRevoked,
)
from vestibule.http import Request, Response
from vestibule.pages.codes import CodeForms
from vestibule.pages.step import LINK, SIGN_IN, Step, done
from vestibule.pages.words import UNTICKED, Unticked

OVER: dict[type[AppError], str] = {
    TokenConsumed: "used",
    TokenExpired: "expired",
    TokenRevoked: "withdrawn",
    TokenNotFound: "unknown",
    TokenEmailMismatch: "unknown",
}
"""Why a link no longer works, as the words of the page are called."""


class LinkForms(CodeForms):
    """Its handlers; what follows a good link is what follows a good code."""

    async def show(self, request: Request) -> Response:
        """GET /one-time-token: changes nothing."""
        step, query = await self.step(request), dict(request.query_items)
        token, email = query.get("one_time_token", ""), query.get("login_hint", step.details.login_hint or "")
        try:
            return done(step) or await self._link(request, step, email, token)
        except tuple(OVER) as error:
            return self._over(request, step, error)

    async def _link(
        self, request: Request, step: Step, email: str, token: str, error: AppError | None = None
    ) -> Response:
        await links.look(self.ctx, email, token)
        return self.page(
            request,
            step,
            "link.html",
            error,
            email=email,
            token=token,
            action=step.at(LINK),
            ticks=self.experience.asks_to_agree_at_sign_in,
            unticked=step.t(UNTICKED) if error else "",
            other=step.at(SIGN_IN),
        )

    def _over(self, request: Request, step: Step, error: AppError) -> Response:
        opens = self.experience.lets_sign_in
        return self.page(
            request, step, "link_over.html", error, reason=OVER[type(error)], other=step.at(SIGN_IN) if opens else "",
        )  # fmt: skip

    async def sent(self, request: Request) -> Response:
        """POST /one-time-token: uses the token up and signs in, or leads to a new password."""
        step, values = await self.posted(request)
        email, token = values.get("email", ""), values.get("token", "")
        try:
            if self.experience.asks_to_agree_at_sign_in and values.get("agree") != "yes":
                return await self._link(request, step, email, token, Unticked())
            await links.follow(self.ctx, step.interaction, email, token)
        except tuple(OVER) as error:
            return self._over(request, step, error)
        except Forbidden:
            raise
        except AppError as error:
            return await self.judged(request, step, error)
        return await self.proven(request, step)
