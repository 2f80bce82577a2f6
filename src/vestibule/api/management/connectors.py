"""Connector factories and connectors: `/api/connector-factories`, `/api/connectors`."""

from functools import partial
from typing import TypeVar

from msgspec import UNSET, UnsetType

from vestibule.api.management.connector_shapes import (
    AuthorizationAsked,
    AuthorizationOut,
    ConnectorCreate,
    ConnectorOut,
    ConnectorPatch,
    ConnectorTest,
    FactoryOut,
    ListQuery,
    connector_out,
    factory_out,
    present,
)
from vestibule.connectors.factory import ConnectorType
from vestibule.domain import connectors, social
from vestibule.domain.connectors import ConnectorChange, FactoryUnusable, NewConnector, TargetsTaken
from vestibule.domain.context import Context
from vestibule.domain.experience_changes import forget_target
from vestibule.errors import (
    ConnectorFactoryNotFound,
    ConnectorGeneral,
    ConnectorInstanceExists,
    ConnectorInvalidConfig,
    ConnectorInvalidParameters,
    ConnectorMetadataFixed,
    ConnectorNotImplemented,
    ConnectorSyncProfileRefused,
    ConnectorTargetFixed,
    ConnectorTargetMissing,
    ConnectorTargetTaken,
    ConnectorTemplateNotFound,
    ConnectorTokenStorageRefused,
    ConnectorUnexpectedType,
    EntityCreateFailed,
    EntityNotFound,
    InsufficientInfo,
    MoreThanOneEmailConnector,
    MoreThanOneSmsConnector,
)
from vestibule.http import Access, Request, Response, Route, empty, json_response
from vestibule.http.issues import custom, refusal

T = TypeVar("T")


def _or_none(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


class Connectors:
    """Handlers over one context."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def list_factories(self, request: Request) -> Response:
        """Answer every factory."""
        return json_response([factory_out(factory) for factory in connectors.factories(self._ctx).values()])

    async def get_factory(self, request: Request) -> Response:
        """Answer one factory."""
        return json_response(factory_out(connectors.get_factory(self._ctx, request.path_params["id"])))

    async def list(self, request: Request) -> Response:
        """Answer the instances."""
        target = _or_none(request.query(ListQuery).target)
        return json_response([connector_out(item) for item in await connectors.list_checked(self._ctx, target)])

    async def get(self, request: Request) -> Response:
        """Answer one instance."""
        return json_response(connector_out(await connectors.get_instance(self._ctx, request.path_params["id"])))

    async def create(self, request: Request) -> Response:
        """Set up an instance."""
        body = await request.json(ConnectorCreate)
        new = NewConnector(
            factory_id=body.connector_id,
            id=_or_none(body.id),
            config=_or_none(body.config),
            metadata=present(body.metadata),
            sync_profile=body.sync_profile is True,
            enable_token_storage=body.enable_token_storage is True,
        )
        return json_response(connector_out(await connectors.create(self._ctx, new)))

    async def update(self, request: Request) -> Response:
        """Change an instance."""
        body = await request.json(ConnectorPatch)
        change = ConnectorChange(
            config=_or_none(body.config),
            metadata=present(body.metadata),
            sync_profile=_or_none(body.sync_profile),
            enable_token_storage=_or_none(body.enable_token_storage),
        )
        return json_response(connector_out(await connectors.update(self._ctx, request.path_params["id"], change)))

    async def delete(self, request: Request) -> Response:
        """Delete an instance."""
        removed = await connectors.remove(self._ctx, request.path_params["id"])
        await forget_target(self._ctx, removed.target)
        return empty()

    async def test(self, request: Request) -> Response:
        """Send a test message."""
        body = await request.json(ConnectorTest)
        kind: ConnectorType = "Email" if body.phone is UNSET else "Sms"
        to = _or_none(body.phone) or _or_none(body.email)
        if to is None:
            raise refusal([custom("Give the `phone` or the `email` that the test message goes to.", [])])
        locale = _or_none(body.locale)
        factory_id = request.path_params["factoryId"]
        await connectors.send_test(self._ctx, factory_id, kind, to, body.config, locale=locale, ip=request.ip)
        return empty()

    async def authorization_uri(self, request: Request) -> Response:
        """Answer where to send the browser."""
        body = await request.json(AuthorizationAsked)
        connector_id, agent = request.path_params["connectorId"], request.headers.get("user-agent", "")
        is_stateless = body.stateless is True
        if is_stateless and body.user_id is UNSET:
            raise refusal([custom("Name the user: what has to be remembered is sealed for them.", ["userId"])])
        begun = await social.begin(self._ctx, connector_id, body.state, body.redirect_uri, user_agent=agent)
        if not is_stateless:
            return json_response(AuthorizationOut(social.unremembered(begun)))
        session = await social.sealed(self._ctx, connector_id, str(body.user_id), begun)
        return json_response(AuthorizationOut(begun.redirect_to, session))


_CONFIG_ERRORS = (ConnectorInvalidConfig, ConnectorTokenStorageRefused)
_PLACE_ERRORS = (ConnectorTargetMissing, ConnectorMetadataFixed, ConnectorInstanceExists, ConnectorTargetTaken)
_AUTHORIZATION_ERRORS = (
    InsufficientInfo,
    EntityNotFound,
    ConnectorUnexpectedType,
    ConnectorInvalidConfig,
    ConnectorNotImplemented,
)
_TEST_ERRORS = (
    FactoryUnusable,
    ConnectorUnexpectedType,
    ConnectorInvalidConfig,
    ConnectorTemplateNotFound,
    ConnectorInvalidParameters,
    ConnectorGeneral,
)


def routes(ctx: Context, access: Access) -> list[Route]:
    """Declare the routes."""
    handlers = Connectors(ctx)
    return [*_factories(handlers, access), *_collection(handlers, access), *_one(handlers, access)]


def _factories(handlers: Connectors, access: Access) -> list[Route]:
    route = partial(Route, access=access, tags=("Connector factories",))
    return [
        route(
            "GET",
            "/api/connector-factories",
            handlers.list_factories,
            summary="List connector factories",
            responses={200: list[FactoryOut]},
        ),
        route(
            "GET",
            "/api/connector-factories/{id}",
            handlers.get_factory,
            summary="Get a connector factory",
            responses={200: FactoryOut},
            errors=(EntityNotFound,),
        ),
    ]


def _collection(handlers: Connectors, access: Access) -> list[Route]:
    route = partial(Route, access=access, tags=("Connectors",))
    return [
        route(
            "GET",
            "/api/connectors",
            handlers.list,
            summary="List connectors",
            query=ListQuery,
            responses={200: list[ConnectorOut]},
            errors=(TargetsTaken, MoreThanOneEmailConnector, MoreThanOneSmsConnector),
        ),
        route(
            "POST",
            "/api/connectors",
            handlers.create,
            summary="Create a connector",
            description="A connector for e-mail, or for SMS, takes the place of the one there is.",
            body=ConnectorCreate,
            responses={200: ConnectorOut},
            errors=(ConnectorFactoryNotFound, *_PLACE_ERRORS, *_CONFIG_ERRORS, EntityCreateFailed),
        ),
        route(
            "POST",
            "/api/connectors/{factoryId}/test",
            handlers.test,
            summary="Send a test message",
            description="The configuration comes with the request and is not stored.",
            body=ConnectorTest,
            responses={204: None},
            errors=_TEST_ERRORS,
        ),
        route(
            "POST",
            "/api/connectors/{connectorId}/authorization-uri",
            handlers.authorization_uri,
            summary="Begin a sign-in at a provider",
            description="`state` comes back with the callback: compare it. A provider that needs more remembered is "
            "asked with `stateless` and `userId`: give the `session` to `POST /api/users/{userId}/identities`.",
            body=AuthorizationAsked,
            responses={200: AuthorizationOut},
            errors=_AUTHORIZATION_ERRORS,
        ),
    ]


def _one(handlers: Connectors, access: Access) -> list[Route]:
    route = partial(Route, path="/api/connectors/{id}", access=access, tags=("Connectors",))
    return [
        route(
            "GET",
            handler=handlers.get,
            summary="Get a connector",
            responses={200: ConnectorOut},
            errors=(EntityNotFound,),
        ),
        route(
            "PATCH",
            handler=handlers.update,
            summary="Change a connector",
            body=ConnectorPatch,
            responses={200: ConnectorOut},
            errors=(
                EntityNotFound,
                ConnectorTargetFixed,
                ConnectorMetadataFixed,
                ConnectorSyncProfileRefused,
                *_CONFIG_ERRORS,
            ),
        ),
        route(
            "DELETE",
            handler=handlers.delete,
            summary="Delete a connector",
            responses={204: None},
            errors=(EntityNotFound,),
        ),
    ]
