"""The page put together."""

from starlette.types import ASGIApp

from vestibule.account.context import Context
from vestibule.account.identity import Identity
from vestibule.account.page.api import SettingsApi
from vestibule.account.page.applications import ApplicationPages
from vestibule.account.page.connected import ConnectedPages
from vestibule.account.page.cookies import Cookies
from vestibule.account.page.logout_tokens import LogoutTokens
from vestibule.account.page.relying_party import RelyingParty
from vestibule.account.page.security import SecurityPages
from vestibule.account.page.session_pages import SessionPages
from vestibule.account.page.sessions import Sessions
from vestibule.account.page.site import AccountPages
from vestibule.http import Face


def page_face(ctx: Context, identity: Identity, front_door: ASGIApp) -> Face:
    """Return the page's face; it calls the settings API through its front door, token check and all."""
    party = RelyingParty(ctx, identity)
    settings_api = SettingsApi(front_door, ctx.settings.public_url)
    sessions = Sessions(ctx, party, Cookies(secure=ctx.settings.is_secure))
    pages = AccountPages(ctx, sessions, party, settings_api)
    common = (pages, sessions, settings_api, ctx.clock)
    more = (part(*common) for part in (SecurityPages, SessionPages, ApplicationPages, ConnectedPages))
    told = LogoutTokens(ctx, identity).routes()
    return pages.face([*told, *[route for part in more for route in part.routes()]])
