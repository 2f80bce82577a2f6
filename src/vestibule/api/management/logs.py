"""`/api/logs`: the audit trail, newest first."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Raw, Struct

from vestibule.api.schemas import RawObject
from vestibule.domain.context import Context
from vestibule.errors import EntityNotFound
from vestibule.http import Access, Request, Response, Route, json_response, paginated
from vestibule.http.guard import Maybe, Pattern, rule
from vestibule.model import TENANT, LogEntry
from vestibule.store import logs as store
from vestibule.store.listing import NOTHING, Window

CAP = 10_000
"""With `enableCap`, counting ends here."""

Millis = Annotated[str, rule(Pattern(r"^\d{0,16}$", "Expected a time in milliseconds since 1970."))]


class LogOut(Struct, rename="camel"):
    """An entry as the API shows it."""

    tenant_id: str
    id: str
    key: str
    payload: RawObject
    created_at: int


class LogQuery(Struct):
    """What narrows the list; empty values count as absent. Times are epoch ms."""

    user_id: Maybe[str] = msgspec.field(name="userId", default=UNSET)
    application_id: Maybe[str] = msgspec.field(name="applicationId", default=UNSET)
    key: Maybe[str] = msgspec.field(name="logKey", default=UNSET)
    since: Maybe[Millis] = msgspec.field(name="start_time", default=UNSET)
    until: Maybe[Millis] = msgspec.field(name="end_time", default=UNSET)

    def filters(self) -> dict[str, str | int]:
        """Return the conditions that were given."""
        times = {name: int(value) for name in ("since", "until") if (value := getattr(self, name))}
        return times | {name: value for name in ("user_id", "application_id", "key") if (value := getattr(self, name))}


class Logs:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def find(self, request: Request) -> Response:
        """GET /logs."""
        page = request.pagination()
        filters = request.query(LogQuery).filters()
        capped = request.flag("enableCap")
        await self._ctx.trail.settle()  # what this process has noted is seen at once
        async with self._ctx.db.scan() as tx:
            found = await store.LOGS.rows(tx, NOTHING, Window(page.size, page.offset), **filters)
            total = await store.LOGS.total(tx, NOTHING, CAP + 1 if capped else None, **filters)
        headers = paginated(request, page, min(total, CAP) if capped else total)
        if capped and total > CAP:
            headers.append(("Total-Number-Is-Capped", "true"))
        return json_response([_out(entry) for entry in found], headers=headers)

    async def get(self, request: Request) -> Response:
        """GET /logs/{id}."""
        await self._ctx.trail.settle()
        async with self._ctx.db.read() as tx:
            entry = await tx.one(store.GET, id=request.path_params["id"])
        if entry is None:
            raise EntityNotFound
        return json_response(_out(entry))


def _out(entry: LogEntry) -> LogOut:
    return LogOut(TENANT, entry.id, entry.key, Raw(entry.payload), entry.created_at)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Return the routes over the audit trail."""
    api, tags = Logs(ctx), ("Audit logs",)
    return [
        Route("GET", "/api/logs", api.find, access=access, summary="List audit logs", paged=True, query=LogQuery,
              responses={200: list[LogOut]}, tags=tags),
        Route("GET", "/api/logs/{id}", api.get, access=access, summary="Get an audit log", responses={200: LogOut},
              errors=(EntityNotFound,), tags=tags),
    ]  # fmt: skip
