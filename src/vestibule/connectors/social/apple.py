"""Apple: the callback itself brings the ID token, and the name once, unsigned."""

import msgspec

from vestibule.connectors.oauth.calls import Json
from vestibule.connectors.oauth.engine import Exchange
from vestibule.connectors.oauth.fields import CLIENT_ID, SCOPE
from vestibule.connectors.oauth.mapping import text_of
from vestibule.connectors.oauth.provider import AUTHORIZE, ISSUER, JWKS, Provider


async def by_posted_token(flow: Exchange) -> Json:
    """Learn who it is from the posted ID token; of what is not signed beside it, the name alone is believed."""
    nonce = flow.handshake.nonce if flow.handshake else None
    claims = await flow.shown_claims(flow.data["id_token"], nonce=nonce)
    try:
        user: object = msgspec.json.decode(flow.data.get("user", "{}"))
    except (msgspec.MsgspecError, RecursionError):
        user = {}
    names = [text_of(user, path) for path in ("name.firstName", "name.lastName")]
    name = " ".join(part for part in names if part)
    return {**claims, **({"name": name} if name else {})}


APPLE = Provider(
    id="apple-universal",
    target="apple",
    name="Apple",
    colour="#000000",
    endpoints={
        AUTHORIZE: "https://appleid.apple.com/auth/authorize",
        JWKS: "https://appleid.apple.com/auth/keys",
        ISSUER: "https://appleid.apple.com",
    },
    fields=(CLIENT_ID, SCOPE),
    authorize="client_id=$clientId redirect_uri scope state nonce response_type=code+id_token response_mode=form_post",
    needs=("nonce",),
    is_alone=True,
    callback="id_token",
    claims={"id": "sub", "name": "name", "email": "email", "email_verified": "email_verified"},
    learn=by_posted_token,
)
