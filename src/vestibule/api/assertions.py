"""`/api/authn/single-sign-on/saml/{connectorId}`: where SAML providers send their answers, by the browser."""

from urllib.parse import quote

from msgspec import UNSET, Struct, field

from vestibule.domain.context import Context
from vestibule.domain.interactions import sso, steps
from vestibule.domain.interactions.by_company import CALLBACK
from vestibule.errors import (
    AppError,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorSessionNotFound,
    ConnectorUnexpectedType,
    EntityNotExistsWithId,
    InteractionNotStarted,
    SessionNotFound,
    SignInMethodNotEnabled,
    VerificationNotFound,
)
from vestibule.http import PUBLIC, Request, Response, Route, redirect
from vestibule.http.guard import Maybe


class AssertionBody(Struct):
    """A response in base64, and which sign-in it answers."""

    response: str = field(name="SAMLResponse")
    relay_state: Maybe[str] = field(name="RelayState", default=UNSET)


class Unsolicited(ConnectorSessionNotFound):
    """The response names no sign-in: nobody asked for it (B74)."""

    status = 404


def routes(ctx: Context) -> list[Route]:
    """Return the route."""

    async def take(request: Request) -> Response:
        """POST /authn/single-sign-on/saml/{connectorId}: another site's form, without cookies of ours."""
        connector_id = request.path_params["connectorId"]
        try:
            body = await request.json(AssertionBody)
            if not body.relay_state:
                raise Unsolicited
            interaction = await steps.live(ctx, body.relay_state)
            return redirect(await sso.take_assertion(ctx, interaction, connector_id, body.response), 302)
        except AppError:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            # Somebody looks at it: the page of their own sign-in says that the company did not confirm who they are.
            return redirect(f"{ctx.settings.public_url}{CALLBACK}{quote(connector_id, safe='')}", 302)

    errors = (
        Unsolicited, SessionNotFound, InteractionNotStarted, EntityNotExistsWithId, VerificationNotFound,
        ConnectorSessionNotFound, ConnectorUnexpectedType, ConnectorAuthorizationFailed, ConnectorGeneral,
        SignInMethodNotEnabled,
    )  # fmt: skip
    return [
        Route("POST", "/api/authn/single-sign-on/saml/{connectorId}", take, access=PUBLIC,
              summary="Take the answer of a company's SAML provider", body=AssertionBody, responses={302: None},
              errors=errors, tags=("Authn",)),
    ]  # fmt: skip
