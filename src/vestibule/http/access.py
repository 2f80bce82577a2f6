"""Who may call a route. Every route names its access; there is no default."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vestibule.http.request import Request


class Access(Protocol):
    """Decides whether a request may go on, and says who is asking.

    Returns the principal, or None when nobody in particular asks; raises AppError or OAuthError to refuse.
    An access that is shown in an OpenAPI document also has `security`, the name of its security scheme; it may have
    `scopes`, what the scheme asks for, and `errors`, the classes of its refusals (else Unauthorized and Forbidden).
    """

    async def __call__(self, request: "Request") -> object | None:
        """Return the principal of `request`, or raise the refusal."""


class _Public:
    """Anybody may call."""

    async def __call__(self, request: "Request") -> object | None:
        return None

    def __repr__(self) -> str:
        return "PUBLIC"


PUBLIC: Access = _Public()
