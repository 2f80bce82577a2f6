"""What the pages' script sends of a passkey, and the file about other origins that may use ours."""

import msgspec

from vestibule.domain.context import Context
from vestibule.domain.webauthn import Answer
from vestibule.errors import WebAuthnFailed
from vestibule.http import PUBLIC, Request, Response, Route, json_response

_answer = msgspec.json.Decoder(dict[str, object]).decode


class RelatedOrigins(msgspec.Struct):
    """The origins that may use passkeys of this host (WebAuthn Level 3, section 5.11)."""

    origins: list[str]


def answer_of(values: dict[str, str]) -> Answer:
    """Return what the browser returned; raises WebAuthnFailed."""
    try:
        return _answer(values.get("credential", ""))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise WebAuthnFailed from error


def routes(ctx: Context) -> list[Route]:
    """Declare the file."""

    async def related(request: Request) -> Response:
        """GET /.well-known/webauthn."""
        return json_response(RelatedOrigins(list(ctx.settings.related_origins)))

    return [Route("GET", "/.well-known/webauthn", related, access=PUBLIC, summary="Origins that may use our passkeys")]
