"""`/api/interaction/consent`: what a third party asks for, and the person's yes."""

from msgspec import UNSET, Struct, field

from vestibule.api.experience.access import begun_of, interaction_of
from vestibule.api.experience.shapes import RedirectOut
from vestibule.domain.context import Context
from vestibule.domain.interactions import steps
from vestibule.domain.interactions.details import InteractionDetails, ResourceScope, details
from vestibule.errors import MembershipRequired, SessionNotFound
from vestibule.http import Access, Request, Response, Route, json_response
from vestibule.http.guard import Maybe
from vestibule.model import User


class ConsentBody(Struct, rename="camel"):
    """Which organizations are let in too; nobody belongs to one yet."""

    organization_ids: Maybe[list[str]] = UNSET


class ClientOut(Struct, rename="camel"):
    """The application that asks."""

    id: str
    name: str
    branding: dict[str, str]


class PersonOut(Struct, rename="camel"):
    """Who is asked."""

    id: str
    name: str | None
    avatar: str | None
    username: str | None
    primary_email: str | None
    primary_phone: str | None


class AskedResource(Struct):
    """An API."""

    id: str
    name: str
    indicator: str


class AskedScope(Struct):
    """A permission of an API."""

    id: str
    name: str
    description: str | None


class AskedScopes(Struct):
    """The permissions asked for at one API."""

    resource: AskedResource
    scopes: list[AskedScope]


class ConsentOut(Struct, rename="camel"):
    """The whole question."""

    application: ClientOut
    user: PersonOut
    organizations: list[dict[str, str]]
    missing_resource_scopes: list[AskedScopes]
    redirect_uri: str
    missing_oidc_scope: list[str] = field(name="missingOIDCScope")


def question(asked: InteractionDetails, user: User) -> ConsentOut:
    """Show what is asked, and of whom."""
    by_resource: dict[str, list[ResourceScope]] = {}
    for scope in asked.resource_scopes:
        by_resource.setdefault(scope.resource_id, []).append(scope)
    return ConsentOut(
        ClientOut(asked.application_id, asked.application_name, {"logoUrl": asked.logo_uri} if asked.logo_uri else {}),
        PersonOut(user.id, user.name, user.avatar, user.username, user.primary_email, user.primary_phone),
        [],
        [
            AskedScopes(
                AskedResource(resource_id, held[0].resource, held[0].indicator),
                [AskedScope(scope.id, scope.name, scope.description) for scope in held],
            )
            for resource_id, held in by_resource.items()
        ],
        asked.redirect_uri,
        list(asked.scopes),
    )


class Consents:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def get(self, request: Request) -> Response:
        """GET /interaction/consent: everything that is asked for, granted before or not."""
        asked = await details(self._ctx, begun_of(request))
        if asked.prompt != steps.CONSENT or asked.user is None:
            raise SessionNotFound
        return json_response(question(asked, asked.user))

    async def grant(self, request: Request) -> Response:
        """POST /interaction/consent."""
        body = await request.json(ConsentBody)
        if body.organization_ids:
            raise MembershipRequired
        ended = await steps.consent(self._ctx, interaction_of(request), granted=True)
        return json_response(RedirectOut(steps.resume_address(self._ctx, ended)))


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over consent."""
    api, path, tags = Consents(ctx), "/api/interaction/consent", ("Interaction",)
    return [
        Route("GET", path, api.get, access=access, summary="What a third party asks for",
              responses={200: ConsentOut}, tags=tags),
        Route("POST", path, api.grant, access=access, summary="Grant it", body=ConsentBody,
              responses={200: RedirectOut}, errors=(MembershipRequired,), tags=tags),
    ]  # fmt: skip
