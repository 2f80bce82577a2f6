"""Clients of the authorization server: made, found, authenticated, and what their metadata allows."""

from collections.abc import Sequence

from vestibule.domain.context import Context
from vestibule.model import Application, ApplicationType


async def create_application(
    ctx: Context,
    type: ApplicationType,  # noqa: A002 - the contract's word
    name: str,
    redirect_uris: Sequence[str] = (),
    post_logout_uris: Sequence[str] = (),
    *,
    management: bool = False,
    third_party: bool = False,
) -> tuple[Application, str | None]:
    """Create an application; confidential ones get a secret, shown this once."""
    raise NotImplementedError
