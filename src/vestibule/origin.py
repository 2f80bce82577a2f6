"""Where the request that is being answered came from: set by the edge, read by the audit trail.

A context variable rather than an argument: no verb decides anything by it, and every face must record it alike.
"""

from contextvars import ContextVar
from typing import Protocol


class Origin(Protocol):
    """The client's address and what it calls itself."""

    @property
    def ip(self) -> str:
        """The client's address."""

    @property
    def user_agent(self) -> str:
        """The header `User-Agent`, as sent."""


CURRENT: ContextVar[Origin | None] = ContextVar("origin", default=None)
