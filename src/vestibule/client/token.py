"""The client's own access token (RFC 6749 section 4.4): what to ask, what came, and when to ask again."""

import time
from dataclasses import dataclass

import msgspec

from vestibule.client.errors import TokenRefused, Unreachable
from vestibule.client.operation import UNREADABLE, refusal

RENEW_BEFORE = 60.0
"""Seconds before its end from which a token is renewed; of a short life the second half."""
OK = 200
DEFAULT_RESOURCE = "https://default.logto.app/api"


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float


@dataclass(frozen=True)
class Token:
    """An access token and the moment (monotonic seconds) from which it is renewed."""

    value: str
    renew_at: float

    @property
    def is_fresh(self) -> bool:
        """Whether it can be used without asking again."""
        return time.monotonic() < self.renew_at


@dataclass(frozen=True)
class Credentials:
    """Who the client is, and for which API it asks."""

    client_id: str
    client_secret: str
    resource: str = DEFAULT_RESOURCE
    scope: str = "all"

    def form(self) -> dict[str, str]:
        """Return the token request."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "resource": self.resource,
            "scope": self.scope,
        }


def read_token(status: int, content: bytes) -> Token:
    """Read the token endpoint's answer; raises TokenRefused or Unreachable."""
    if status >= 500:
        raise refusal(status, content)
    if status >= 400:
        raise TokenRefused(str(refusal(status, content)))
    try:
        answer = msgspec.json.decode(content, type=_Answer)
    except UNREADABLE as error:
        raise Unreachable("the token endpoint did not answer with a token") from error
    # What cannot be a header's value was no token (RFC 6750 section 2.1).
    if status != OK or not answer.access_token.isascii() or not answer.access_token.isprintable():
        raise Unreachable("the token endpoint did not answer with a token")
    lasts = answer.expires_in - min(RENEW_BEFORE, answer.expires_in / 2)
    return Token(answer.access_token, time.monotonic() + lasts)
