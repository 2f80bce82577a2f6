"""Grants: one file each, reading in the order of its RFC. The token endpoint owns what they share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vestibule.domain.clients import Client
from vestibule.oidc.issue import TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider


@dataclass(frozen=True)
class Issued:
    """What an exchange came to: the answer, and for whom the tokens are (None: for the client itself)."""

    answer: TokenResponse
    user_id: str | None = None


Exchange = Callable[[Provider, Client, Parameters], Awaitable[Issued]]


@dataclass(frozen=True)
class Grant:
    """A value of `grant_type` and the exchange behind it."""

    type: str
    exchange: Exchange
