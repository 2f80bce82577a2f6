"""`/doctor`: what a request looks like when it arrives, for `vestibule doctor` alone; to others it is not there."""

from msgspec import Struct

from vestibule.domain.context import Context
from vestibule.domain.doctor import HEADER, is_asked
from vestibule.errors import EntityNotFound
from vestibule.http import Request, Response, Route, json_response

PATH = "/doctor"


class Seen(Struct, rename="camel"):
    """A request as the server sees it: the peer, the client it is taken for, and what proxies say."""

    public_url: str
    peer: str
    client: str
    host: str | None
    forwarded_for: str | None
    forwarded_proto: str | None
    forwarded_host: str | None


def routes(ctx: Context) -> list[Route]:
    """Declare the page."""

    async def asked(request: Request) -> None:
        """Let in who has put a question into the store; raises EntityNotFound."""
        if not await is_asked(ctx, request.headers.get(HEADER, "")):
            raise EntityNotFound

    async def show(request: Request) -> Response:
        host, port = request.scope.get("client") or ("", 0)
        seen = Seen(
            public_url=request.public_url,
            peer=f"{host} {port}",
            client=request.ip,
            host=request.headers.get("host"),
            forwarded_for=request.headers.get("x-forwarded-for"),
            forwarded_proto=request.headers.get("x-forwarded-proto"),
            forwarded_host=request.headers.get("x-forwarded-host"),
        )
        return json_response(seen, headers={"Cache-Control": "no-store"})

    return [Route("GET", PATH, show, access=asked, summary="What a request looks like when it arrives")]
