"""Where a provider is, and by which names it goes: as it is configured, else as its record says."""

from urllib.parse import quote

from vestibule.connectors.oauth.fields import Config
from vestibule.connectors.oauth.provider import CHECKED, ISSUER, TOKEN, Provider


def endpoint(provider: Provider, config: Config, key: str) -> str:
    """Return an address: the configured one, else the provider's own with values of the configuration in it."""
    configured = config.get(key)
    if isinstance(configured, str):
        return configured
    parts = {name: value.rstrip("/") if "://" in value else quote(value, safe="") for name, value in _texts(config)}
    return provider.endpoints[key].format_map(parts)


def issuers_of(provider: Provider, config: Config) -> list[str]:
    """Return the issuers by which this provider goes; none where nobody has said."""
    checked = config.get(CHECKED)
    configured = checked.get(ISSUER) if isinstance(checked, dict) else config.get(ISSUER)
    if isinstance(configured, list):
        return [one for one in configured if isinstance(one, str)]
    if isinstance(configured, str):
        return [configured]
    return endpoint(provider, config, ISSUER).split() if ISSUER in provider.endpoints else []


def _texts(config: Config) -> list[tuple[str, str]]:
    return [(name, value) for name, value in config.items() if isinstance(value, str)]


def without_challenge(address: str) -> str:
    """Return an authorization request without its PKCE challenge: for whoever will not have the verifier."""
    place, mark, fragment = address.partition("#")
    path, asks, query = place.partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith("code_challenge"))
    return f"{path}{asks}{kept}{mark}{fragment}"


def party(provider: Provider, config: Config) -> tuple[object, ...]:
    """Return the client, the token endpoint and the issuers; nothing where a value that they need is missing."""
    try:
        return (config.get("clientId"), endpoint(provider, config, TOKEN), *issuers_of(provider, config))
    except KeyError:
        return ()
