"""Operations on connectors and on the factories they are made of (`/api/connectors`, `/api/connector-factories`)."""

from typing import Any

from msgspec import UNSET, UnsetType

from vestibule.client.models import Authorization, Connector, ConnectorFactory
from vestibule.client.operation import Nothing, Operation, given, recipient, segment

PATH, FACTORIES = "/api/connectors", "/api/connector-factories"
Json = dict[str, Any] | UnsetType


def factories() -> Operation[list[ConnectorFactory]]:
    """List what can be set up."""
    return Operation("GET", FACTORIES, list[ConnectorFactory])


def factory(factory_id: str) -> Operation[ConnectorFactory]:
    """Get one factory."""
    return Operation("GET", f"{FACTORIES}/{segment(factory_id)}", ConnectorFactory)


def find(*, target: str | None = None) -> Operation[list[Connector]]:
    """List the configured connectors, of all providers or of one."""
    return Operation("GET", PATH, list[Connector], {} if target is None else {"target": target})


def get(connector_id: str) -> Operation[Connector]:
    """Get one connector."""
    return Operation("GET", f"{PATH}/{segment(connector_id)}", Connector)


def create(
    factory: str,
    config: Json = UNSET,
    *,
    id: str | UnsetType = UNSET,  # noqa: A002 - the contract's word
    metadata: Json = UNSET,
    sync_profile: bool | UnsetType = UNSET,
    enable_token_storage: bool | UnsetType = UNSET,
) -> Operation[Connector]:
    """Configure a connector of a factory; one for e-mail or for SMS takes the place of the one there is."""
    members = given(
        id=id, config=config, metadata=metadata, sync_profile=sync_profile, enable_token_storage=enable_token_storage
    )
    return Operation("POST", PATH, Connector, body={"connectorId": factory, **members})


def update(
    connector_id: str,
    config: Json = UNSET,
    *,
    metadata: Json = UNSET,
    sync_profile: bool | UnsetType = UNSET,
    enable_token_storage: bool | UnsetType = UNSET,
) -> Operation[Connector]:
    """Change the given members; `config` is replaced whole."""
    members = given(
        config=config, metadata=metadata, sync_profile=sync_profile, enable_token_storage=enable_token_storage
    )
    return Operation("PATCH", f"{PATH}/{segment(connector_id)}", Connector, body=members)


def delete(connector_id: str) -> Operation[Nothing]:
    """Remove a connector."""
    return Operation("DELETE", f"{PATH}/{segment(connector_id)}", Nothing)


def send_test(
    factory_id: str,
    config: dict[str, Any],
    *,
    email: str | None = None,
    phone: str | None = None,
    locale: str | UnsetType = UNSET,
) -> Operation[Nothing]:
    """Send a test message to one recipient; the config comes with the request and is not stored."""
    body = {**recipient(email, phone), **given(config=config, locale=locale)}
    return Operation("POST", f"{PATH}/{segment(factory_id)}/test", Nothing, body=body)


def authorization_uri(
    connector_id: str, state: str, redirect_uri: str, *, stateless_for: str | UnsetType = UNSET
) -> Operation[Authorization]:
    """Begin a sign-in at a social provider; compare `state` when the browser comes back.

    `stateless_for` names the user who is going to be linked, at a provider that needs more remembered: the answer then
    has a `session` for `identities.link`, good for ten minutes and one use. Other servers may not know it.
    """
    stateless = UNSET if stateless_for is UNSET else True
    body = given(state=state, redirect_uri=redirect_uri, stateless=stateless, user_id=stateless_for)
    return Operation("POST", f"{PATH}/{segment(connector_id)}/authorization-uri", Authorization, body=body)
