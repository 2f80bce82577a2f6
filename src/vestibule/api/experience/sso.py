"""`/api/experience/verification/sso/*`, `/api/experience/sso-connectors`: proofs by a company's own sign-in."""

from typing import Any

from msgspec import Struct

from vestibule.api.experience.access import interaction_of
from vestibule.api.experience.shapes import VerificationOut
from vestibule.domain import sso_connectors
from vestibule.domain.context import Context
from vestibule.domain.interactions import sso
from vestibule.errors import (
    ConnectorAssertionMissing,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidResponse,
    ConnectorSessionNotFound,
    EntityNotExistsWithId,
    InsufficientInfo,
    InteractionNotStarted,
    InvalidRequest,
    SignInMethodNotEnabled,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
    SocialIdTokenInvalid,
    VerificationNotFound,
)
from vestibule.http import Access, Request, Response, Route, json_response


class EmailQuery(Struct):
    """Whose company is looked for."""

    email: str


class ConnectorIds(Struct, rename="camel"):
    """The connectors of the company."""

    connector_ids: list[str]


class AuthorizationBody(Struct, rename="camel"):
    """What comes back with the browser, and where to; the caller compares `state` as well."""

    state: str
    redirect_uri: str


class AuthorizationOut(Struct, rename="camel"):
    """Where to send the browser, and the verification that it comes back for."""

    authorization_uri: str
    verification_id: str


class CallbackBody(Struct, rename="camel"):
    """The parameters that the company called back with."""

    connector_data: dict[str, Any]
    verification_id: str


class SsoVerifications:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET …/sso-connectors."""
        found = await sso_connectors.for_email(self._ctx, request.query(EmailQuery).email)
        return json_response(ConnectorIds([connector.id for connector in found]))

    async def begin(self, request: Request) -> Response:
        """POST …/verification/sso/{connectorId}/authorization-uri."""
        body, connector_id = await request.json(AuthorizationBody), request.path_params["connectorId"]
        begun = await sso.begin(self._ctx, interaction_of(request), connector_id, body.state, body.redirect_uri)
        return json_response(AuthorizationOut(*begun))

    async def verify(self, request: Request) -> Response:
        """POST …/verification/sso/{connectorId}/verify."""
        body, connector_id = await request.json(CallbackBody), request.path_params["connectorId"]
        record_id = await sso.verify(
            self._ctx, interaction_of(request), connector_id, body.verification_id, body.connector_data
        )
        return json_response(VerificationOut(record_id))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over proofs by a company's sign-in."""
    api, one, tags = SsoVerifications(ctx), "/api/experience/verification/sso/{connectorId}", ("Experience",)
    asked = (
        InteractionNotStarted, EntityNotExistsWithId, SignInMethodNotEnabled, ConnectorGeneral, ConnectorInvalidConfig,
        ConnectorInvalidResponse,
    )  # fmt: skip
    begun = (InsufficientInfo, InvalidRequest, *asked)
    answered = (
        VerificationNotFound, ConnectorSessionNotFound, ConnectorAuthorizationFailed, SocialCodeInvalid,
        SocialAccessTokenInvalid, SocialIdTokenInvalid, ConnectorAssertionMissing,
    )  # fmt: skip
    return [
        Route("GET", "/api/experience/sso-connectors", api.find, access=access,
              summary="Find the company that an address belongs to", query=EmailQuery,
              responses={200: ConnectorIds}, tags=tags),
        Route("POST", f"{one}/authorization-uri", api.begin, access=access, summary="Begin at a company",
              body=AuthorizationBody, responses={200: AuthorizationOut}, errors=begun, tags=tags),
        Route("POST", f"{one}/verify", api.verify, access=access, summary="Come back from a company",
              body=CallbackBody, responses={200: VerificationOut}, errors=(*asked, *answered), tags=tags),
    ]  # fmt: skip
