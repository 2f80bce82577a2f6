"""The configuration of a connector: cleaned first, then read into the struct of its factory, every fault listed."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from vestibule.errors import ConnectorInvalidConfig, InvalidInput
from vestibule.http import guard
from vestibule.http.issues import Issue, refusal

C = TypeVar("C")

_EMPTY: tuple[object, ...] = (None, "", [], {})


def clean(value: object) -> object:
    """Drop null, empty texts, empty lists and empty objects at every depth; the outermost may be left empty."""
    if isinstance(value, dict):
        cleaned = {key: clean(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if not _is_empty(item)}
    if isinstance(value, list):
        return [item for item in map(clean, value) if not _is_empty(item)]
    return value


def _is_empty(value: object) -> bool:
    return not isinstance(value, bool | int | float) and value in _EMPTY


def cleaned(config: dict[str, object]) -> dict[str, object]:
    """Return a cleaned configuration."""
    result = clean(config)
    return result if isinstance(result, dict) else {}


def read(config: dict[str, object], kind: type[C], check: Callable[[C], Sequence[Issue]]) -> C:
    """Return the configuration as `kind`; raises ConnectorInvalidConfig with every fault of shape, or of `check`."""
    try:
        value = guard.convert(config, kind)
    except InvalidInput as error:
        raise ConnectorInvalidConfig(data=error.data, details=error.details) from error
    issues = check(value)
    if issues:
        listed = refusal(issues)
        raise ConnectorInvalidConfig(data=listed.data, details=listed.details)
    return value
