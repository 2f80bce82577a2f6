"""`/api/experience/verification/social/*`: proofs by a social provider."""

from msgspec import UNSET

from vestibule.api.experience.access import interaction_of
from vestibule.api.experience.shapes import SocialBody, SocialStart, SocialStarted, VerificationOut
from vestibule.domain.context import Context
from vestibule.domain.interactions import socials
from vestibule.errors import (
    ConnectorAssertionMissing,
    ConnectorAuthorizationFailed,
    ConnectorGeneral,
    ConnectorInvalidCertificate,
    ConnectorInvalidConfig,
    ConnectorInvalidMetadata,
    ConnectorInvalidResponse,
    ConnectorSessionNotFound,
    ConnectorUnexpectedType,
    EntityNotFound,
    InsufficientInfo,
    InteractionNotStarted,
    InvalidConnectorId,
    InvalidRequest,
    NotForForgottenPassword,
    SignInMethodNotEnabled,
    SocialAccessTokenInvalid,
    SocialCodeInvalid,
    SocialIdTokenInvalid,
    VerificationNotFound,
)
from vestibule.http import Access, Request, Response, Route, json_response

BASE = "/api/experience/verification/social/{connectorId}"


class Socials:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def begin(self, request: Request) -> Response:
        """POST …/authorization-uri."""
        body, agent = await request.json(SocialStart), request.headers.get("user-agent", "")
        interaction, connector_id = interaction_of(request), request.path_params["connectorId"]
        begun = await socials.begin(self._ctx, interaction, connector_id, body.state, body.redirect_uri, agent)
        return json_response(SocialStarted(*begun))

    async def verify(self, request: Request) -> Response:
        """POST …/verify."""
        body = await request.json(SocialBody)
        if body.verification_id is UNSET:
            raise VerificationNotFound
        interaction, connector_id = interaction_of(request), request.path_params["connectorId"]
        data = body.connector_data
        return json_response(
            VerificationOut(await socials.verify(self._ctx, interaction, body.verification_id, connector_id, data))
        )


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over proofs by social providers."""
    api, tags = Socials(ctx), ("Experience",)
    refused = (
        InteractionNotStarted, VerificationNotFound, InvalidConnectorId, ConnectorSessionNotFound,
        ConnectorInvalidConfig, ConnectorGeneral, ConnectorInvalidResponse, ConnectorAuthorizationFailed,
        ConnectorAssertionMissing,
        SocialCodeInvalid, SocialAccessTokenInvalid, SocialIdTokenInvalid,
    )  # fmt: skip
    begun = (
        InteractionNotStarted, NotForForgottenPassword, InsufficientInfo, InvalidRequest, EntityNotFound,
        ConnectorUnexpectedType, ConnectorInvalidConfig, ConnectorInvalidMetadata, ConnectorInvalidCertificate,
        SignInMethodNotEnabled,
    )  # fmt: skip
    return [
        Route("POST", f"{BASE}/authorization-uri", api.begin, access=access, summary="Begin at a social provider",
              body=SocialStart, responses={200: SocialStarted}, errors=begun, tags=tags),
        Route("POST", f"{BASE}/verify", api.verify, access=access, summary="Take what a social provider answers",
              body=SocialBody, responses={200: VerificationOut}, errors=refused, tags=tags),
    ]  # fmt: skip
