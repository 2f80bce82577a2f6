"""`/api/me/identities`: accounts elsewhere, connected and disconnected with a fresh proof; never the last way in.

What a link began with stays here, sealed, for one user, one provider, one client session, one use and ten minutes.
"""

from urllib.parse import quote, urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.account import problems, store
from vestibule.account.access import caller_of
from vestibule.account.context import Context, saying
from vestibule.account.declaring import Row, declared
from vestibule.account.me import presented
from vestibule.account.proven import proven
from vestibule.account.tokens import TokenChecker
from vestibule.account.ways_in import has_way_in, social_connectors
from vestibule.account.wire import linking as wire
from vestibule.client import NotFound, connectors, identities, sso_connectors
from vestibule.client.identities import ConnectedSsoIdentity
from vestibule.client.models import Connector, User
from vestibule.crypto import digest, new_token
from vestibule.http import Request, Response, Route, empty, json_response
from vestibule.ui.browser import origin_of

LINK_MS = 600_000

REFUSALS: dict[str, Exception] = {
    "identity_already_in_use": problems.IdentityTaken(),
    "connector_validation_session_not_found": problems.LinkOver(),
    "identity_not_exist": problems.Unknown(),
    "not_found": problems.Unknown(),
}


class _Secret(msgspec.Struct):
    connector_id: str
    redirect_uri: str
    session: str | None


class Linking:
    """The handlers, over one context."""

    def __init__(self, ctx: Context, checker: TokenChecker) -> None:
        self._ctx = ctx
        self._checker = checker

    async def _user(self, request: Request) -> User:
        return await self._ctx.user(caller_of(request).user_id)

    async def read(self, request: Request) -> Response:
        """GET /api/me/identities."""
        user = await self._user(request)
        held = await self._ctx.send(identities.find(user.id))
        known = await self._connectors()
        linked = [
            wire.IdentityView.of(
                one.target,
                _called(known, one.target),
                one.identity.details or {},
                can_disconnect=await has_way_in(self._ctx, user, without=one.target),
            )
            for one in held.social_identities
        ]
        taken = {one.target for one in linked}
        free = [wire.ProviderView(target, _called(known, target)) for target in known if target not in taken]
        return json_response(wire.IdentityList(linked, free, [await self._company(one) for one in held.sso_identities]))

    async def _connectors(self) -> dict[str, Connector]:
        """Return the connectors that a browser can use, by provider."""
        found = await social_connectors(self._ctx)
        return {one.target: one for one in found if one.platform != "Native"}

    async def _company(self, one: ConnectedSsoIdentity) -> wire.IdentityView:
        try:
            connector = await self._ctx.send(sso_connectors.get(one.sso_connector_id))
            name = str(connector.branding.get("displayName") or connector.connector_name)
        except NotFound:
            name = urlsplit(one.sso_identity.issuer).hostname or one.sso_identity.issuer
        return wire.IdentityView.of(one.sso_connector_id, name, one.sso_identity.detail)

    async def start(self, request: Request) -> Response:
        """POST /api/me/identities/{target}/start."""
        body, target = await request.json(wire.LinkAsked), request.path_params["target"]
        user = await self._user(request)
        redirect_uri = self._redirect_uri(target, body.redirect_uri)
        connector = (await self._connectors()).get(target)
        if connector is None:
            raise problems.Unknown
        if target in user.identities:
            raise problems.AlreadyConnected
        state = new_token()
        operation = connectors.authorization_uri(connector.id, state, redirect_uri, stateless_for=user.id)
        begun = await proven(
            self._ctx, user, "identity.link", presented(request), operation,
            refusals=REFUSALS, failed=problems.ProviderFailed,
        )  # fmt: skip
        expires_at = self._ctx.clock.now() + LINK_MS
        secret = msgspec.json.encode(_Secret(connector.id, redirect_uri, begun.session))
        async with self._ctx.db.write() as tx:
            await tx.run(
                store.INSERT_LINK,
                id=digest(state),
                user_id=user.id,
                target=target,
                binding_digest=digest(body.binding),
                secret_sealed=self._ctx.sealer.seal(secret, "links", "secret_sealed", digest(state)),
                expires_at=expires_at,
            )
        return json_response(wire.LinkStarted(begun.redirect_to, expires_at), 201)

    def _redirect_uri(self, target: str, asked: str | UnsetType) -> str:
        """Return where the provider sends the browser: the page's address, or one of a front end that may call here."""
        settings = self._ctx.settings
        if isinstance(asked, UnsetType):
            return f"{settings.public_url}/callback/{quote(target, safe='')}"
        if origin_of(asked) not in {origin_of(settings.public_url), *settings.cors_origins} or "#" in asked:
            raise problems.InvalidFields({"redirectUri": "Use a page of this server or of a front end it knows."})
        return asked

    async def finish(self, request: Request) -> Response:
        """POST /api/me/identities/{target}/finish: whatever comes of it, the link is used up."""
        body, target = await request.json(wire.LinkBack), request.path_params["target"]
        user = await self._user(request)
        link_id = digest(str(body.connector_data.get("state", "")))
        async with self._ctx.db.write() as tx:
            link = await tx.one(
                store.TAKE_LINK, link_id=link_id, owner=user.id, provider=target,
                binding=digest(body.binding), now=self._ctx.clock.now(),
            )  # fmt: skip
        if link is None:
            raise problems.LinkOver
        if target in user.identities:
            raise problems.AlreadyConnected
        sealed = self._ctx.sealer.open(link.secret_sealed, "links", "secret_sealed", link.id)
        secret = msgspec.json.decode(sealed, type=_Secret)
        data = {**body.connector_data, "redirectUri": secret.redirect_uri}
        session = UNSET if secret.session is None else secret.session
        operation = identities.link(user.id, secret.connector_id, data, session=session)
        async with saying(**REFUSALS):
            await self._ctx.send(operation, failed=problems.ProviderFailed)
        return empty(204)

    async def unlink(self, request: Request) -> Response:
        """DELETE /api/me/identities/{target}."""
        target, user = request.path_params["target"], await self._user(request)
        if target not in user.identities:
            raise problems.Unknown
        if not await has_way_in(self._ctx, user, without=target):
            raise problems.LastWayIn
        operation = identities.remove(user.id, target)
        left = await proven(self._ctx, user, "identity.unlink", presented(request), operation, refusals=REFUSALS)
        if not await has_way_in(self._ctx, left, without=target):
            # Of two removals at once, the one that finds nothing left puts its own back.
            held = user.identities[target]
            await self._ctx.send(identities.put(user.id, target, held["userId"], details=held.get("details") or {}))
            raise problems.LastWayIn
        return empty(204)

    def routes(self) -> list[Route]:
        """Return every route."""
        unknown, failed = problems.Unknown, problems.ProviderFailed
        taken = (problems.AlreadyConnected, problems.IdentityTaken)
        rows = [
            Row("GET", "/identities", self.read, "identity.read", "List connected accounts", None,
                200, wire.IdentityList),
            Row("POST", "/identities/{target}/start", self.start, "identity.link", "Start to connect an account",
                wire.LinkAsked, 201, wire.LinkStarted, (unknown, problems.AlreadyConnected, failed)),
            Row("POST", "/identities/{target}/finish", self.finish, "identity.finish", "Connect the account",
                wire.LinkBack, 204, None, (unknown, *taken, problems.LinkOver, failed)),
            Row("DELETE", "/identities/{target}", self.unlink, "identity.unlink", "Disconnect an account", None,
                204, None, (unknown, problems.LastWayIn)),
        ]  # fmt: skip
        return declared(self._checker, "Connected accounts", rows)


def _called(known: dict[str, Connector], target: str) -> str:
    """Return the name of a provider; its target when its connector is gone."""
    names = known[target].name if target in known else {}
    return str(names.get("en") or next(iter(names.values()), target))
