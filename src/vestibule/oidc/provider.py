"""What every endpoint of the authorization server needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from vestibule.clock import Clock
from vestibule.db import Database
from vestibule.domain.context import Context
from vestibule.domain.cookies import CookieKeys
from vestibule.domain.keys import Keyring
from vestibule.errors import OAuthError
from vestibule.http import Request, Response


class Renderer(Protocol):
    """The pages that the protocol itself shows; given by the composition root."""

    def error(self, request: Request, error: OAuthError) -> Response:
        """Tell a person at the authorization or logout endpoint what is wrong, with the error's status."""

    def form_post(self, request: Request, action: str, fields: Mapping[str, str]) -> Response:
        """Post an authorization response to the client by itself (OAuth 2.0 Form Post Response Mode)."""

    def sign_out(self, request: Request, action: str, xsrf: str, target: str | None, *, automatic: bool) -> Response:
        """Ask whether to sign out: a form `op.logoutForm` with the fields `xsrf` and `logout`.

        `target` is the client's checked address that the form leads to, if any. `automatic` submits it at once: the
        client has shown where it wants the browser back.
        """

    def signed_out(self, request: Request) -> Response:
        """Say that the person is signed out."""


@dataclass(frozen=True)
class Provider:
    """The world, the keys, the cookies and the pages."""

    ctx: Context
    keys: Keyring
    cookies: CookieKeys
    renderer: Renderer

    @property
    def issuer(self) -> str:
        """The issuer identifier (RFC 8414 section 2)."""
        return self.ctx.settings.issuer

    @property
    def db(self) -> Database:
        """The store."""
        return self.ctx.db

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.ctx.clock
