"""Operations on connectors (`/api/connectors`)."""

from typing import Any

from vestibule.client.models import Connector
from vestibule.client.operation import Nothing, Operation, segment

PATH = "/api/connectors"


def find() -> Operation[list[Connector]]:
    """List the configured connectors."""
    return Operation("GET", PATH, list[Connector])


def create(factory: str, config: dict[str, Any]) -> Operation[Connector]:
    """Configure a connector of a factory."""
    return Operation("POST", PATH, Connector, body={"connectorId": factory, "config": config})


def update(connector_id: str, config: dict[str, Any]) -> Operation[Connector]:
    """Replace the config."""
    return Operation("PATCH", f"{PATH}/{segment(connector_id)}", Connector, body={"config": config})


def delete(connector_id: str) -> Operation[Nothing]:
    """Remove a connector."""
    return Operation("DELETE", f"{PATH}/{segment(connector_id)}", Nothing)
