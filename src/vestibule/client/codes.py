"""Verification codes by e-mail and SMS (`/api/verification-codes`)."""

from vestibule.client.operation import Nothing, Operation, recipient

PATH = "/api/verification-codes"


def send(*, email: str | None = None, phone: str | None = None) -> Operation[Nothing]:
    """Send a code to one recipient."""
    return Operation("POST", PATH, Nothing, body=recipient(email, phone))


def verify(code: str, *, email: str | None = None, phone: str | None = None) -> Operation[Nothing]:
    """Check a code and use it up."""
    return Operation("POST", f"{PATH}/verify", Nothing, body={**recipient(email, phone), "verificationCode": code})
