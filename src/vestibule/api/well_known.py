"""`/api/.well-known`: what pages of other makers need before anybody is signed in. Public, no secrets."""

from msgspec import UNSET, Struct

from vestibule.api.sign_in_experience import PublicExperience, shown_to_everybody
from vestibule.domain import connectors, messages, sso_connectors
from vestibule.domain.context import Context
from vestibule.http import PUBLIC, Request, Response, Route, json_response
from vestibule.http.guard import Maybe
from vestibule.ui.messages import catalogue, negotiate


class ExperienceQuery(Struct, rename="camel"):
    """For which application or organization; all have the same sign-in experience."""

    app_id: Maybe[str] = UNSET
    organization_id: Maybe[str] = UNSET


class PhrasesQuery(Struct):
    """The language asked for."""

    lng: Maybe[str] = UNSET


def routes(ctx: Context) -> list[Route]:
    """Return the public routes."""

    async def experience(request: Request) -> Response:
        """GET /.well-known/sign-in-exp."""
        request.query(ExperienceQuery)
        reachable, sso = await messages.kinds(ctx), await sso_connectors.available(ctx)
        buttons = await connectors.buttons(ctx)
        return json_response(shown_to_everybody(ctx.live.experience, reachable, sso, buttons))

    async def phrases(request: Request) -> Response:
        """GET /.well-known/phrases."""
        asked, info = request.query(PhrasesQuery).lng, ctx.live.experience.language_info
        accepted = request.headers.get("accept-language") if info.auto_detect else None
        language = negotiate(asked or None, accepted, info.fallback_language)
        return json_response(catalogue(language), headers={"Content-Language": language})

    tags = ("Well-known",)
    return [
        Route("GET", "/api/.well-known/sign-in-exp", experience, access=PUBLIC,
              summary="What is decided about signing in", query=ExperienceQuery, responses={200: PublicExperience},
              tags=tags),
        Route("GET", "/api/.well-known/phrases", phrases, access=PUBLIC, summary="The words of the pages",
              query=PhrasesQuery, responses={200: dict[str, str]}, tags=tags),
    ]  # fmt: skip
