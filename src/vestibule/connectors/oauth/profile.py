"""Who a provider says somebody is: bounded, cleaned, and told apart by what the provider vouches for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from vestibule.connectors.oauth.mapping import text_of, truth_of
from vestibule.errors import ConnectorInvalidResponse

MAX_ID, MAX_NAME, MAX_ADDRESS, MAX_RAW_BYTES = 256, 128, 128, 16 * 1024
MAX_AVATAR, MAX_DEPTH = 2048, 32

VOUCHED = "="
"""Stands for a claim of verification where the provider tells no other addresses than those that it has verified."""

_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\.[^\s@\x00-\x1f]+")
_PICTURE = re.compile(r"https?://[^\s/\x00-\x1f]+[^\s\x00-\x1f]*")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A person at a provider. `email` and `phone` are vouched for; `unverified_*` are not, and match nobody."""

    id: str
    name: str | None = None
    avatar: str | None = None
    email: str | None = None
    phone: str | None = None
    unverified_email: str | None = None
    unverified_phone: str | None = None
    raw: object = None

    def details(self) -> dict[str, object]:
        """Return what is kept of the identity and shown, by the names on the wire."""
        shown = {
            "id": self.id,
            "email": self.email,
            "phone": self.phone,
            "name": self.name,
            "avatar": self.avatar,
            "unverifiedEmail": self.unverified_email,
            "unverifiedPhone": self.unverified_phone,
            "rawData": self.raw,
        }
        return {name: value for name, value in shown.items() if value is not None}


def read(told: object, claims: Mapping[str, str], *, trusted: bool = False, raw: object = None) -> Profile:
    """Read a profile; `trusted` vouches for addresses of which the provider says nothing, never over its own no.

    Raises ConnectorInvalidResponse without an id of at most 256 characters.
    """
    person = text_of(told, claims["id"])
    if person is None or len(person) > MAX_ID or "\0" in person:
        raise ConnectorInvalidResponse(data={"message": f"The profile has no usable id at `{claims['id']}`."})
    name, avatar, email, phone = (_text(told, claims, key) for key in ("name", "avatar", "email", "phone"))
    email = email if email and len(email) <= MAX_ADDRESS and _EMAIL.fullmatch(email) else None
    phone = re.sub(r"[^0-9]", "", phone)[:MAX_ADDRESS] if phone else None
    email_vouched = _vouched(told, claims, "email_verified", trusted=trusted)
    phone_vouched = _vouched(told, claims, "phone_verified", trusted=False)
    return Profile(
        id=person,
        name=name[:MAX_NAME] if name else None,
        avatar=avatar if avatar and len(avatar) <= MAX_AVATAR and _PICTURE.fullmatch(avatar) else None,
        email=email if email_vouched else None,
        phone=phone or None if phone_vouched else None,
        unverified_email=None if email_vouched else email,
        unverified_phone=None if phone_vouched else phone or None,
        raw=_bounded(told if raw is None else raw),
    )


def _text(told: object, claims: Mapping[str, str], key: str) -> str | None:
    found = text_of(told, claims[key]) if key in claims else None
    return found.replace("\0", "").strip() if found else None


def _vouched(told: object, claims: Mapping[str, str], key: str, *, trusted: bool) -> bool:
    paths = claims.get(key, "")
    if paths == VOUCHED:
        return True
    said = truth_of(told, paths)
    return trusted if said is None else said


def _bounded(raw: object) -> object:
    """Return what a provider told, fit to be stored and read again: without NUL, and not at all when long or deep."""
    try:
        kept = _without_nul(raw, MAX_DEPTH)
        return kept if len(msgspec.json.encode(kept)) <= MAX_RAW_BYTES else {}
    except (msgspec.MsgspecError, ValueError, TypeError):
        return {}


def _without_nul(value: object, levels: int) -> object:
    """Return a value without NUL; raises ValueError when it is nested deeper than so many levels."""
    if not levels:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item, levels - 1) for item in value]
    if isinstance(value, dict):
        return {str(key).replace("\0", ""): _without_nul(item, levels - 1) for key, item in value.items()}
    return value
