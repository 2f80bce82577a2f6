"""`/api/sentinel-activities/delete`: let somebody in again."""

from typing import Annotated

from msgspec import Meta, Struct

from vestibule.domain.context import Context
from vestibule.domain.sentinel import TargetType, forget
from vestibule.http import Access, Request, Response, Route, empty


class ActivitiesDelete(Struct, rename="camel"):
    """Whose failed tries and sent messages are forgotten: people by identifier, applications by id."""

    target_type: TargetType
    targets: Annotated[list[Annotated[str, Meta(max_length=256)]], Meta(max_length=100)]


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the route over what limits count."""

    async def delete(request: Request) -> Response:
        """POST /sentinel-activities/delete."""
        body = await request.json(ActivitiesDelete)
        await forget(ctx, body.target_type, body.targets)
        return empty(204)

    return [
        Route("POST", "/api/sentinel-activities/delete", delete, access=access,
              summary="Forget failed tries and sent messages", body=ActivitiesDelete, responses={204: None},
              tags=("Sentinel activities",)),
    ]  # fmt: skip
