"""One-time tokens, for links that sign in whoever reads the mail to an address (`/api/one-time-tokens`)."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.client.operation import Nothing, Operation, Page, given, segment

PATH = "/api/one-time-tokens"
Status = Literal["active", "consumed", "revoked", "expired"]
Event = Literal["SignIn", "Register", "ForgotPassword"]


class TokenContext(msgspec.Struct, rename="camel", kw_only=True):
    """What a token is for, and the organizations that whoever uses it joins."""

    jit_organization_ids: list[str] = []
    interaction_event: Event | None = None


class OneTimeToken(msgspec.Struct, rename="camel", kw_only=True):
    """A token; its value may be masked everywhere but where it was made."""

    id: str
    email: str
    token: str
    context: TokenContext
    status: Status
    created_at: float
    expires_at: float


def find(*, email: str | None = None, status: Status | None = None) -> Page[OneTimeToken]:
    """List tokens, the newest first."""
    asked = {"email": email, "status": status}
    query = {name: value for name, value in asked.items() if value is not None}
    return Page(Operation("GET", PATH, list[OneTimeToken], query))


def get(token_id: str) -> Operation[OneTimeToken]:
    """Get one token."""
    return Operation("GET", f"{PATH}/{segment(token_id)}", OneTimeToken)


def create(
    email: str,
    *,
    expires_in: int | UnsetType = UNSET,
    event: Event | UnsetType = UNSET,
    organization_ids: Sequence[str] | UnsetType = UNSET,
) -> Operation[OneTimeToken]:
    """Create a token that ends in `expires_in` seconds (600).

    The link to mail is an authorization request with `one_time_token` and `login_hint`, the address.
    """
    context = given(interaction_event=event, jit_organization_ids=organization_ids)
    body = given(email=email, context=context, expires_in=expires_in)
    return Operation("POST", PATH, OneTimeToken, body=body)


def verify(token: str, email: str) -> Operation[OneTimeToken]:
    """Use up a token."""
    return Operation("POST", f"{PATH}/verify", OneTimeToken, body={"token": token, "email": email})


def set_status(token_id: str, status: Status) -> Operation[OneTimeToken]:
    """Say that a token is over; none is made good again."""
    return Operation("PUT", f"{PATH}/{segment(token_id)}/status", OneTimeToken, body={"status": status})


def delete(token_id: str) -> Operation[Nothing]:
    """Delete a token."""
    return Operation("DELETE", f"{PATH}/{segment(token_id)}", Nothing)
