"""Verification codes by e-mail and SMS (`/api/verification-codes`)."""

from vestibule.client.operation import Nothing, Operation

PATH = "/api/verification-codes"


def send(*, email: str | None = None, phone: str | None = None) -> Operation[Nothing]:
    """Send a code to one recipient."""
    return Operation("POST", PATH, Nothing, body=_recipient(email, phone))


def verify(code: str, *, email: str | None = None, phone: str | None = None) -> Operation[Nothing]:
    """Check a code and use it up."""
    return Operation("POST", f"{PATH}/verify", Nothing, body={**_recipient(email, phone), "verificationCode": code})


def _recipient(email: str | None, phone: str | None) -> dict[str, str]:
    if (email is None) == (phone is None):
        raise ValueError("name one recipient: an e-mail address or a phone number")
    return {"email": email} if email is not None else {"phone": str(phone)}
