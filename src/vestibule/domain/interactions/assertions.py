"""What SAML providers have browsers post: parked in the sign-in it answers, until the browser of that comes for it.

The post brings no cookie along, for it comes from another site. So it proves nothing about whose browser it is: that is
told by the navigation that follows, which brings them. Otherwise whoever sends somebody the link that they began with
would be signed in as them (B73).
"""

from collections.abc import Mapping

from msgspec.structs import replace

from vestibule.connectors.oauth.calls import with_query
from vestibule.crypto import digest, new_token, same
from vestibule.domain import redirect_uris
from vestibule.domain.clients import find_client
from vestibule.domain.context import Context
from vestibule.domain.cookies import CookieKeys
from vestibule.domain.interactions import holding, steps
from vestibule.domain.interactions.state import Parked, Record
from vestibule.domain.interactions.trail import note
from vestibule.errors import ConnectorSessionNotFound, InvalidRequest
from vestibule.model import Interaction


async def check_way_back(ctx: Context, interaction: Interaction, redirect_uri: str) -> None:
    """Refuse to lead a browser on to where nobody answers for; raises InvalidRequest.

    With SAML it is we who lead there: an address of ours will do, or one that the application has registered.
    """
    if redirect_uris.is_acceptable(redirect_uri) and redirect_uri.startswith(f"{ctx.settings.public_url}/"):
        return
    async with ctx.db.read() as tx:
        client = await find_client(tx, interaction.client_id)
    if client is None or not client.has_redirect_uri(redirect_uri):
        raise InvalidRequest("`redirectUri` has to be an address of this server, or a registered one of the app.")


def park(record: Record, redirect_uri: str, state: str) -> tuple[Record, str]:
    """Return a record whose assertion waits for its browser, and the ticket by which that comes for it, once.

    A fresh secret: what names the sign-in is known to whoever began it, who could come first.
    """
    ticket = new_token()
    return replace(record, parked=Parked(with_query(redirect_uri, {"state": state}), digest(ticket))), ticket


def has_arrived(record: Record) -> bool:
    """Tell whether the browser of the sign-in has come for the assertion."""
    return record.parked is not None and record.parked.arrived


async def arrive(ctx: Context, sign_in: str, ticket: str, cookies: Mapping[str, str]) -> str:
    """Let a parked assertion count if it is the browser of its sign-in that comes for it; returns where that goes next.

    Any other browser uses it up. Raises ConnectorSessionNotFound then and for a wrong ticket, SessionNotFound,
    InteractionNotStarted.
    """
    interaction, keys = await steps.live(ctx, sign_in), CookieKeys(ctx)
    carried = sign_in in keys.interactions(cookies).values()
    is_ours = carried and await steps.find(ctx, sign_in, keys, cookies) is not None
    async with ctx.db.write() as tx:
        state = await holding.hold(tx, ctx, interaction)
        record = next((one for one in state.records if _opens(ticket, one.parked)), None)
        if record is None or record.parked is None:
            raise ConnectorSessionNotFound
        if is_ours:
            left = state.keeping(replace(record, parked=replace(record.parked, ticket="", arrived=True)))
        else:
            left = replace(state, records=tuple(one for one in state.records if one is not record))
        await holding.keep(tx, interaction, left)
    if not is_ours:
        event = "SignIn" if record.type == "EnterpriseSso" else state.event
        refusal = ConnectorSessionNotFound("Another browser began this sign-in.")
        await note(ctx, interaction, f"{event}.Verification.{record.type}.Submit", None, refusal)
        raise refusal
    return record.parked.onward


def _opens(ticket: str, parked: Parked | None) -> bool:
    return parked is not None and bool(parked.ticket) and same(digest(ticket), parked.ticket)
