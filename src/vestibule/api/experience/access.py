"""Who may call the Experience API: the browser, or whoever holds its cookies, whose sign-in is under way."""

from vestibule.domain.context import Context
from vestibule.domain.cookies import BrowserCookies
from vestibule.domain.interactions import steps
from vestibule.domain.interactions.steps import Begun, params_of
from vestibule.errors import Forbidden, SessionNotFound
from vestibule.http import Request
from vestibule.model import Interaction
from vestibule.ui.brand import Brand
from vestibule.ui.browser import is_from_elsewhere, message_language

APP_HEADER = "logto-app-id"


class InteractionAccess:
    """Finds the sign-in by the contract's cookies (1.6); forms and scripts of other sites are refused (B41)."""

    security = "Cookie"
    scopes = ()
    errors = (SessionNotFound, Forbidden)

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def __call__(self, request: Request) -> Begun:
        """Return the sign-in; raises SessionNotFound, Forbidden."""
        if request.method != "GET" and is_from_elsewhere(request):
            raise Forbidden("This was sent from another site.")
        asked = next((value for key, value in request.query_items if key == "app_id"), None)
        app_id = request.headers.get(APP_HEADER) or asked
        return await steps.current(self._ctx, BrowserCookies(request.cookies, app_id))


def begun_of(request: Request) -> Begun:
    """Return the sign-in that the access found, and its client."""
    if not isinstance(request.principal, Begun):
        raise SessionNotFound
    return request.principal


def interaction_of(request: Request) -> Interaction:
    """Return the sign-in that the access found."""
    return begun_of(request).interaction


def locale_of(ctx: Context, request: Request) -> str:
    """Return the language of messages: what the client asked, what the browser says, the fallback (connectors 6)."""
    languages = ctx.live.experience.language_info
    brand = Brand(detects_language=languages.auto_detect, language=languages.fallback_language)
    return message_language(request, params_of(interaction_of(request)).ui_locales, brand=brand)
