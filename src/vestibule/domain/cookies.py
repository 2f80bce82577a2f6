"""The contract's cookies: names, signatures, and the secret that ties a sign-in to one browser.

Each cookie has a sibling `<name>.sig`, an HMAC over `<name>=<value>`. A sibling host could still plant a signed pair
made elsewhere, so sign-ins are also bound to a secret of the browser, held in a cookie of our own.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

import msgspec

from vestibule.crypto import same
from vestibule.domain.context import Context

INTERACTION = "_interaction"
RESUME = "_interaction_resume"
SESSION = "_session"
VISITOR = "_logto"
BROWSER = "vestibule_browser"
DEVICE = "vestibule_device"
LEGACY = "_legacy"
SETTLE_MS = 5_000
"""So long after it was made a key begins to sign."""
MAX_INTERACTIONS = 8
"""So many clients' sign-ins are remembered at once in one browser; the oldest are forgotten."""

_decode_map = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True)
class BrowserCookies:
    """The cookies of one request, and which client it is about (query `app_id` or header `logto-app-id`)."""

    values: Mapping[str, str]
    app_id: str | None = None


class CookieKeys:
    """Signs cookies with the newest of the store's keys for them, and checks signatures with each."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        prefix = "__Host-" if ctx.settings.is_secure else ""
        self.browser_name, self.device_name = f"{prefix}{BROWSER}", f"{prefix}{DEVICE}"

    def signature(self, name: str, value: str) -> str:
        """Return the value of the `.sig` sibling."""
        known, now = self._ctx.live.cookie_keys, self._ctx.clock.now()
        # A key that was just made signs once every server has noticed it.
        settled = [key for key in known if key.created_at + SETTLE_MS <= now]
        return _mac((settled or known)[0 if settled else -1].secret, name, value)

    def read(self, cookies: Mapping[str, str], name: str) -> str | None:
        """Return a cookie's value when its signature is right."""
        value, signed = cookies.get(name), cookies.get(f"{name}.sig")
        if value is None or signed is None:
            return None
        right = any(same(signed, _mac(key.secret, name, value)) for key in self._ctx.live.cookie_keys)
        return value if right else None

    def interactions(self, cookies: Mapping[str, str]) -> dict[str, str]:
        """Return the map of client ids to interaction ids that this browser carries."""
        value = self.read(cookies, INTERACTION)
        if value is None:
            return {}
        try:
            return _decode_map(unquote(value))
        except msgspec.MsgspecError:
            return {}

    def visitor(self, cookies: Mapping[str, str]) -> str | None:
        """Return the client whose sign-in this browser began last, over or not."""
        value = self.read(cookies, VISITOR)
        try:
            return None if value is None else _decode_map(unquote(value)).get("appId")
        except msgspec.MsgspecError:
            return None

    def browser(self, cookies: Mapping[str, str]) -> str | None:
        """Return the browser's secret, if it has one."""
        return cookies.get(self.browser_name) or None

    def device(self, cookies: Mapping[str, str]) -> str | None:
        """Return by what the browser is trusted, if it has asked for that."""
        return cookies.get(self.device_name) or None


def _mac(key: bytes, name: str, value: str) -> str:
    mac = hmac.digest(key, f"{name}={value}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def with_interaction(known: Mapping[str, str], client_id: str, interaction_id: str) -> str:
    """Return the value of the interaction cookie once a client's sign-in has started."""
    kept = [(client, uid) for client, uid in known.items() if client not in {LEGACY, client_id}]
    kept = kept[-(MAX_INTERACTIONS - 1) :]
    return encoded({**dict(kept), client_id: interaction_id, LEGACY: interaction_id})


def encoded(content: Mapping[str, str]) -> str:
    """Return a mapping as percent-encoded JSON, which a cookie can hold."""
    return quote(msgspec.json.encode(content), safe="")
