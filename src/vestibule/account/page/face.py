"""The page put together: it calls the settings API through an application of its own, front door and all."""

from vestibule.account.context import Context
from vestibule.account.identity import Identity
from vestibule.account.page.api import SettingsApi
from vestibule.account.page.relying_party import RelyingParty
from vestibule.account.page.security import SecurityPages
from vestibule.account.page.sessions import Sessions
from vestibule.account.page.site import AccountPages
from vestibule.http import Application, Face


def page_face(ctx: Context, identity: Identity, api: Face) -> Face:
    """Return the page's face."""
    party = RelyingParty(ctx, identity)
    front_door = Application([api], public_url=ctx.settings.public_url, log=ctx.log)
    settings_api = SettingsApi(front_door, ctx.settings.public_url)
    sessions = Sessions(ctx, party)
    pages = AccountPages(ctx, sessions, party, settings_api)
    return pages.face(SecurityPages(pages, sessions, settings_api, ctx.clock).routes())
