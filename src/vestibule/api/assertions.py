"""`/api/authn/…/{connectorId}`: where SAML providers, of companies and social ones, post their answers."""

from urllib.parse import quote

from msgspec import UNSET, Struct, field

from vestibule.connectors.oauth.calls import with_query
from vestibule.domain.context import Context
from vestibule.domain.interactions import social_assertions, sso, steps
from vestibule.domain.interactions.by_company import ARRIVAL, CALLBACK
from vestibule.errors import (
    AppError,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    ConnectorNotImplemented,
    ConnectorSessionNotFound,
    ConnectorUnexpectedType,
    EntityNotExistsWithId,
    EntityNotFound,
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


def _sent_on(ctx: Context, request: Request, sign_in: str, ticket: str) -> Response:
    """Have the browser come once more by itself, which brings the cookies of its sign-in along."""
    connector_id = quote(request.path_params["connectorId"], safe="")
    here = f"{ctx.settings.public_url}{CALLBACK}{connector_id}{ARRIVAL}"
    return redirect(with_query(here, {"sign_in": sign_in, "ticket": ticket}), 302)


def routes(ctx: Context) -> list[Route]:
    """Return the routes."""

    def led_back(request: Request, error: AppError) -> Response:
        """Lead whoever looks at a refusal to the page of their own sign-in, which says that nothing came of it."""
        if "text/html" not in request.headers.get("accept", ""):
            raise error
        connector_id = quote(request.path_params["connectorId"], safe="")
        return redirect(f"{ctx.settings.public_url}{CALLBACK}{connector_id}", 302)

    async def take(request: Request) -> Response:
        """POST /authn/single-sign-on/saml/{connectorId}: another site's form, without cookies of ours."""
        connector_id = request.path_params["connectorId"]
        try:
            body = await request.json(AssertionBody)
            if not body.relay_state:
                raise Unsolicited
            interaction = await steps.live(ctx, body.relay_state)
            ticket = await sso.take_assertion(ctx, interaction, connector_id, body.response)
            return _sent_on(ctx, request, interaction.id, ticket)
        except AppError as error:
            return led_back(request, error)

    async def take_social(request: Request) -> Response:
        """POST /authn/saml/{connectorId}: the same for the social connector `saml`."""
        connector_id = request.path_params["connectorId"]
        try:
            body = await request.json(AssertionBody)
            if not body.relay_state:
                raise ConnectorInvalidResponse(data={"message": "RelayState is missing."})
            interaction = await steps.live(ctx, body.relay_state)
            ticket = await social_assertions.take(ctx, interaction, connector_id, body.response)
            return _sent_on(ctx, request, interaction.id, ticket)
        except AppError as error:
            return led_back(request, error)

    shared = (
        SessionNotFound, InteractionNotStarted, VerificationNotFound, ConnectorSessionNotFound,
        ConnectorAuthorizationFailed, ConnectorGeneral, SignInMethodNotEnabled,
    )  # fmt: skip
    social = (*shared, EntityNotFound, ConnectorNotImplemented, ConnectorInvalidResponse, ConnectorInvalidConfig)
    errors = (*shared, Unsolicited, EntityNotExistsWithId, ConnectorUnexpectedType)
    return [
        Route("POST", "/api/authn/single-sign-on/saml/{connectorId}", take, access=PUBLIC,
              summary="Take the answer of a company's SAML provider", body=AssertionBody, responses={302: None},
              errors=errors, tags=("Authn",)),
        Route("POST", "/api/authn/saml/{connectorId}", take_social, access=PUBLIC,
              summary="Take the answer of a social SAML provider", body=AssertionBody, responses={302: None},
              errors=social, tags=("Authn",)),
    ]  # fmt: skip
