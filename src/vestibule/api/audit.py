"""Writes through the Management API leave an entry each, stored before the caller learns that they were made."""

import msgspec

from vestibule.api.auth import Principal
from vestibule.domain.audit import MAX_TEXT, Event, Trail
from vestibule.errors import AppError
from vestibule.http import Handler, Request, Response, Route

READS = frozenset({"GET", "HEAD"})
UNEXPECTED = "unexpected"


class _Made(msgspec.Struct):
    """What an answer says about the thing that was made."""

    id: str | None = None


def audited(route: Route, trail: Trail) -> Route:
    """Make a route that writes keep its entry; one that reads is returned as it is."""
    if route.method not in READS:
        route.handler = _keeping(route, route.handler, trail)
    return route


def _keeping(route: Route, handler: Handler, trail: Trail) -> Handler:
    key = f"Management.{route.method} {route.path.removeprefix('/api')}"
    makes_users = key == "Management.POST /users"

    async def kept(request: Request) -> Response:
        try:
            response = await handler(request)
        except AppError as error:
            trail.record(_event(request, key, error=error.code or UNEXPECTED))
            raise
        except Exception:
            trail.record(_event(request, key, error=UNEXPECTED))
            raise
        made = _made(response) if route.method == "POST" else None
        trail.record(_event(request, key, made=made, user_id=made if makes_users else None))
        await trail.settle()
        return response

    return kept


def _made(response: Response) -> str | None:
    try:
        return msgspec.json.decode(response.body, type=_Made).id
    except msgspec.DecodeError:
        return None


def _event(
    request: Request, key: str, *, error: str | None = None, made: str | None = None, user_id: str | None = None
) -> Event:
    caller = request.principal
    params = {name: value[:MAX_TEXT] for name, value in request.path_params.items()}
    more: dict[str, object] = {"params": params} if params else {}
    if made is not None:
        more["made"] = made
    # The trail's columns are as wide as ids; a longer one names nobody.
    about = user_id or request.path_params.get("userId")
    return Event(
        key=key,
        error=error,
        user_id=about if about is not None and len(about) <= 12 else None,
        application_id=caller.subject if isinstance(caller, Principal) else None,
        more=more,
    )
