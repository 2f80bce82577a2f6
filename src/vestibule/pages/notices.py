"""Pages that tell: something went wrong, nothing is here, you are signed out. Also what the protocol itself shows."""

from collections.abc import Mapping

from vestibule.errors import AppError, OAuthError
from vestibule.http import Request, Response, csp, html
from vestibule.ui.browser import ForeignForm, language_of, origin_of, remember_language
from vestibule.ui.messages import translator
from vestibule.ui.render import Pages

ANYWHERE = ("'self'", "https:", "http:")

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

    def page(self, request: Request, name: str, status: int, *, reference: str = "") -> Response:
        """Show the notice `name`: its words are `<name>.title` and `<name>.lead`."""
        t = translator(language_of(request))
        return self._show(request, name, t(f"{name}.lead"), status, reference)

    def _show(self, request: Request, name: str, sentence: str, status: int, reference: str = "") -> Response:
        values = {
            "heading": translator(language_of(request))(f"{name}.title"),
            "sentence": sentence,
            "look": LOOKS.get(name, ("alert", "")),
            "reference": reference,
            "link": _again(request, status),
        }
        text = self._pages.render("notice.html", language_of(request), request.path, **values)
        return remember_language(request, html(text, status))

    def error(self, request: Request, error: Exception) -> Response:
        """Show a refusal, or for anything unknown the request's id."""
        if isinstance(error, OAuthError):
            t = translator(language_of(request))
            key = OAUTH_WORDS.get(error.error, "error.request")
            sentence = f"{t(f'{key}.lead')} ({error.error}{': ' + error.description if error.description else ''})"
            return self._show(request, key, sentence, error.status, request.id)
        if isinstance(error, ForeignForm):
            return self.page(request, "foreign", error.status)
        if isinstance(error, AppError) and error.status < 500:
            return self.page(request, "error.request", error.status, reference=request.id)
        status = error.status if isinstance(error, AppError) else 500
        return self.page(request, "busy" if status == 503 else "error", status, reference=request.id)

    def form_post(self, request: Request, action: str, fields: Mapping[str, str]) -> Response:
        """Post an authorization response to the client (OAuth 2.0 Form Post Response Mode)."""
        return self._form(request, "form_post.html", (origin_of(action),), action=action, values=list(fields.items()))

    def sign_out(self, request: Request, action: str, xsrf: str, *, automatic: bool) -> Response:
        """Ask whether to sign out; `automatic` sends the form at once where there is script."""
        target = next((value for key, value in request.query_items if key == "post_logout_redirect_uri"), "")
        allowed = ("'self'", origin_of(target)) if target else ANYWHERE
        return self._form(request, "sign_out.html", allowed, action=action, xsrf=xsrf, automatic=automatic)

    def signed_out(self, request: Request) -> Response:
        """Say that the person is signed out."""
        return self.page(request, "signed_out", 200)

    def _form(self, request: Request, template: str, form_action: tuple[str, ...], **values: object) -> Response:
        here = request.path + (f"?{request.raw_query}" if request.raw_query else "")
        text = self._pages.render(template, language_of(request), here, **values)
        return remember_language(request, html(text, content_security_policy=csp.policy(form_action=form_action)))


def _again(request: Request, status: int) -> str:
    """Return where to try again: the page itself, when it failed for a reason that passes."""
    if status < 500 or request.method != "GET":
        return ""
    return request.path + (f"?{request.raw_query}" if request.raw_query else "")
