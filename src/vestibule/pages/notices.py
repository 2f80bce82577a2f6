"""Pages that tell: something went wrong, nothing is here, you are signed out. Also what the protocol itself shows."""

from collections.abc import Mapping

from vestibule.errors import AppError, Forbidden, OAuthError, RequestExpired
from vestibule.http import Request, Response, csp, html
from vestibule.ui.browser import ForeignForm, language_of, onward, remember_language
from vestibule.ui.messages import translator
from vestibule.ui.render import Pages

# Words for the errors that a person can meet at the authorization endpoint; others share one sentence.
OAUTH_WORDS = {
    "invalid_client": "error.client",
    "invalid_redirect_uri": "error.redirect",
    "invalid_request": "error.request",
}

# The glyph over a notice, and its colour; all others are neutral.
LOOKS = {"signed_out": ("check", "good"), "busy": ("pause", ""), "error": ("alert", "bad"), "home": ("next", "")}


class Notices:
    """Renders notices in the language of the request."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def _language(self, request: Request) -> str:
        return language_of(request, brand=self._pages.brand)

    def page(
        self,
        request: Request,
        name: str,
        status: int,
        *,
        reference: str = "",
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        link: str = "",
        **values: str,
    ) -> Response:
        """Show the notice `name`: its words are `<name>.title`, `<name>.lead` and, where it leads on, `<name>.go`.

        `detail` is for the makers of the application; `values` are named in the words.
        """
        t, link = translator(self._language(request)), link or _way_on(request, name)
        text = self._pages.render(
            "notice.html",
            self._language(request),
            _here(request),
            heading=t(f"{name}.title"),
            sentence=t(f"{name}.lead", **values),
            look=LOOKS.get(name, ("alert", "")),
            detail=detail,
            reference=reference,
            link=link,
            go=t(f"{name}.go", **values) if link else "",
            support=status >= 400 or name == "unknown",
        )
        policy = csp.policy(images=self._pages.brand.pictures)
        return remember_language(request, html(text, status, content_security_policy=policy, headers=headers or {}))

    def error(self, request: Request, error: Exception) -> Response:
        """Show a refusal, or for anything unknown the request's id."""
        if isinstance(error, RequestExpired):
            return self.page(request, "unknown", error.status)
        if isinstance(error, OAuthError):
            detail = f"{error.error}: {error.description}" if error.description else error.error
            name = OAUTH_WORDS.get(error.error, "error.request")
            return self.page(request, name, error.status, reference=request.id, detail=detail, headers=error.headers)
        if isinstance(error, ForeignForm):
            return self.page(request, "foreign", error.status)
        if isinstance(error, Forbidden):
            return self.page(request, "closed", error.status)
        if isinstance(error, AppError) and error.status < 500:
            return self.page(request, "error.request", error.status, reference=request.id, headers=error.headers)
        if isinstance(error, AppError):
            name = "busy" if error.status == 503 else "error"
            return self.page(request, name, error.status, reference=request.id, headers=error.headers)
        return self.page(request, "error", 500, reference=request.id)

    def form_post(self, request: Request, action: str, fields: Mapping[str, str]) -> Response:
        """Post an authorization response to the client (OAuth 2.0 Form Post Response Mode)."""
        return self._form(request, "form_post.html", onward(action), action=action, values=list(fields.items()))

    def sign_out(self, request: Request, action: str, xsrf: str, target: str | None, *, automatic: bool) -> Response:
        """Ask whether to sign out; `automatic` sends the form at once where there is script."""
        allowed = ("'self'",) if target is None else onward(target)
        return self._form(request, "sign_out.html", allowed, action=action, xsrf=xsrf, automatic=automatic)

    def signed_out(self, request: Request) -> Response:
        """Say that the person is signed out."""
        return self.page(request, "signed_out", 200)

    def _form(self, request: Request, template: str, form_action: tuple[str, ...], **values: object) -> Response:
        text = self._pages.render(template, self._language(request), _here(request), **values)
        policy = csp.policy(form_action=form_action, images=self._pages.brand.pictures)
        return remember_language(request, html(text, content_security_policy=policy))


def _way_on(request: Request, name: str) -> str:
    """Return the address to try again: a page that failed for a reason that passes, or one whose form was too old."""
    return _here(request) if name == "foreign" or (name in {"busy", "error"} and request.method == "GET") else ""


def _here(request: Request) -> str:
    return request.path + (f"?{request.raw_query}" if request.raw_query else "")
