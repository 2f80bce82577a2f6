"""Who may call the Experience API: the browser, or whoever holds its cookies, whose sign-in is under way."""

from vestibule.domain.context import Context
from vestibule.domain.cookies import BrowserCookies
from vestibule.domain.interactions import steps
from vestibule.errors import Forbidden, SessionNotFound
from vestibule.http import Request
from vestibule.model import Interaction
from vestibule.ui.browser import is_from_elsewhere

APP_HEADER = "logto-app-id"


class InteractionAccess:
    """Finds the sign-in by the contract's cookies (1.6); forms and scripts of other sites are refused (B41)."""

    security = "Cookie"
    scopes = ()
    errors = (SessionNotFound, Forbidden)

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def __call__(self, request: Request) -> Interaction:
        """Return the sign-in; raises SessionNotFound, Forbidden."""
        if request.method != "GET" and is_from_elsewhere(request):
            raise Forbidden("This was sent from another site.")
        asked = next((value for key, value in request.query_items if key == "app_id"), None)
        app_id = request.headers.get(APP_HEADER) or asked
        return await steps.current(self._ctx, BrowserCookies(request.cookies, app_id))


def interaction_of(request: Request) -> Interaction:
    """Return the sign-in that the access found."""
    if not isinstance(request.principal, Interaction):
        raise SessionNotFound
    return request.principal
