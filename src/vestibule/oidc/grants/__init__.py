"""Grants: one file each, reading in the order of its RFC. The token endpoint owns what they share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vestibule.domain.clients import Client
from vestibule.oidc.issue import TokenResponse
from vestibule.oidc.params import Parameters
from vestibule.oidc.provider import Provider

Exchange = Callable[[Provider, Client, Parameters], Awaitable[TokenResponse]]


@dataclass(frozen=True)
class Grant:
    """A value of `grant_type` and the exchange behind it."""

    type: str
    exchange: Exchange
