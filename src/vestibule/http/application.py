"""The ASGI application: finds the face and the route, asks the access, calls the handler, finishes the answer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.types import Receive, Scope, Send

from vestibule import origin
from vestibule.crypto import request_id
from vestibule.errors import AppError, InvalidInput, OAuthError
from vestibule.http import cors, finishing
from vestibule.http.access import PUBLIC
from vestibule.http.body import ClientGone
from vestibule.http.edge import Edge, Network
from vestibule.http.face import Face
from vestibule.http.headers import RawHeaders, find, raw, standard
from vestibule.http.lifespan import run_lifespan
from vestibule.http.logs import AccessLog, Log
from vestibule.http.request import Request, raw_path
from vestibule.http.response import Response, empty, text
from vestibule.http.routing import Trie

Lifespan = Callable[[], AbstractAsyncContextManager[object]]
Translate = Callable[[Exception], Exception]


class _Mounted:
    """A face with its trie and its encoded headers."""

    def __init__(self, face: Face, common: Mapping[str, str]) -> None:
        self.face = face
        self.trie = Trie(face.prefix, face.routes, lenient=face.lenient)
        self.headers: RawHeaders = raw({**common, **face.headers})
        self.within = f"{face.prefix}/"


class Application:
    """The faces of one server under one public address.

    `translate` turns exceptions of lower floors (such as a lost database) into AppErrors before they are rendered.
    `lifespan` is entered before the first request and left after the last. Unknown exceptions are logged with the
    request id and answered with 500 by the face, without any of their text (ASVS 5.0 V16.5.1).
    """

    def __init__(
        self,
        faces: Sequence[Face],
        *,
        public_url: str,
        log: Log,
        trusted_proxies: tuple[Network, ...] = (),
        translate: Translate | None = None,
        lifespan: Lifespan = nullcontext,
        access_log: AccessLog | None = None,
    ) -> None:
        self._edge = Edge(public_url, trusted_proxies)
        common = standard(secure=self._edge.is_secure)
        self._mounted = [_Mounted(face, common) for face in sorted(faces, key=lambda face: -len(face.prefix))]
        self._bare = raw(common)
        self._log = log
        self._translate = translate
        self._lifespan = lifespan
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI event stream."""
        if scope["type"] != "http":
            await run_lifespan(scope, receive, send, self._lifespan)
            return
        path = raw_path(scope)
        request = Request(scope, receive, self._edge, request_id())
        origin.CURRENT.set(request)
        mounted = self._holder(path)
        try:
            if mounted is None:
                response, headers = text("Not Found", 404), self._bare
            else:
                response, headers = (
                    await self._respond(mounted, request, path),
                    mounted.headers,
                )
        except ClientGone:
            return
        if self._access_log is not None:
            self._access_log.write(request, response.status_code)
        start, content = finishing.messages(request, response, headers)
        await send(start)
        await send(content)

    def _holder(self, path: str) -> _Mounted | None:
        for mounted in self._mounted:
            if path.startswith(mounted.within) or path == mounted.face.prefix:
                return mounted
        return None

    async def _respond(self, mounted: _Mounted, request: Request, path: str) -> Response:
        found = mounted.trie.find(request.scope["method"], path)
        if isinstance(found, frozenset):
            return self._unmatched(mounted, request, found, path)
        route, request.raw_values = found
        request.route = route
        try:
            if route.access is not PUBLIC:
                request.principal = await route.access(request)
            if "%00" in path or b"%00" in request.scope.get("query_string", b""):
                raise InvalidInput("The path and the query must not contain NUL characters.")
            response = await route.handler(request)
        except ClientGone:
            raise
        except Exception as error:
            response = self._refuse(mounted.face, request, error)
        return finishing.finish(mounted.face, request, response)

    def _refuse(self, face: Face, request: Request, error: Exception) -> Response:
        if not isinstance(error, AppError | OAuthError) and self._translate is not None:
            error = self._translate(error)
        if not isinstance(error, AppError | OAuthError):
            self._log.exception(
                "unhandled exception",
                error,
                request=request.id,
                route=repr(request.route),
            )
        try:
            return face.render_error(request, error)
        except Exception as second:
            self._log.exception("cannot render an error", second, request=request.id)
            return text("Internal Server Error", 500)

    def _unmatched(self, mounted: _Mounted, request: Request, allowed: frozenset[str], path: str) -> Response:
        if not allowed:
            return mounted.face.not_found(request)
        if request.method != "OPTIONS":
            return mounted.face.method_not_allowed(request, allowed)
        asked = find(request.scope["headers"], b"access-control-request-method") or b""
        found = mounted.trie.find(asked.decode("latin-1"), path)
        if not isinstance(found, frozenset):
            request.route = found[0]
            granted = finishing.cross_origin(mounted.face, request)
            if granted:
                names = find(request.scope["headers"], b"access-control-request-headers") or b""
                return empty(204, headers=cors.preflight(granted, names.decode("latin-1")))
        return empty(200, headers={"Allow": ", ".join(sorted(allowed))})
