"""Refusals of the settings API: `application/problem+json` (RFC 9457) with a stable `type` and a sentence to act on."""

import msgspec

from vestibule.errors import AppError, InvalidInput
from vestibule.http import Request, Response

CONTENT_TYPE = (b"content-type", b"application/problem+json")
URN = "urn:vestibule:problem:"


class Problem(AppError):
    """Base of the account server's refusals; `code` is the last part of `type`."""

    title = "The request was refused"
    fields: dict[str, str] | None = None


class NotSignedIn(Problem):
    """No token, or one that is not valid here."""

    code, status, title = "not-signed-in", 401, "Sign in first"
    message = "Send an access token for this API: `Authorization: Bearer <token>`. If you had one, it has expired."


class NotAllowed(Problem):
    """The token lacks the scope."""

    code, status, title = "not-allowed", 403, "Not allowed"
    message = "The application you are using was not given the permission for this."


class ProofRequired(Problem):
    """A fresh proof is missing, expired, used, or made for something else."""

    code, status, title = "proof-required", 403, "Confirm that it is you"
    message = (
        "Confirm that it is you, then try again: start a proof at /api/me/proofs and present it in `Vestibule-Proof`."
    )


class ProofNotFound(Problem):
    """No such proof of this user, or it is over."""

    code, status, title = "proof-not-found", 404, "This confirmation is over"
    message = "This confirmation has expired or was already used. Start again."


class WrongSecret(Problem):
    """Wrong password or wrong code."""

    code, status, title = "not-confirmed", 422, "Not confirmed"
    message = "That is not right. Check it and try again."


class WrongPassword(WrongSecret):
    """Wrong password."""

    code = "wrong-password"
    message = "The password is not right. Check it and try again."


class WrongCode(WrongSecret):
    """Wrong code."""

    code = "wrong-code"
    message = "This is not the code we sent. Check it, or ask for a new one."


class WrongTotpCode(WrongSecret):
    """A code that no generator with this seed makes now."""

    code = "wrong-totp-code"
    message = "This is not the code your app shows now. Wait for the next one, and check the clock of the device."


class TooMany(Problem):
    """Too many tries or messages."""

    code, status, title = "too-many", 429, "Too many tries"
    message = "Too many tries. Wait a few minutes, then start again."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})


class MethodUnavailable(Problem):
    """The account has nothing that this proof could use."""

    code, status, title = "method-unavailable", 422, "This cannot be used to confirm"
    message = "This account has no such way to confirm. Choose another one."


class InvalidFields(Problem):
    """One or more fields are wrong; `fields` says which and why."""

    code, status, title = "invalid-fields", 422, "Check what you entered"
    message = "Some of what you entered cannot be saved."

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = fields


class Taken(Problem):
    """The identifier belongs to another account."""

    code, status, title = "taken", 409, "Already in use"
    message = "This belongs to another account."


class LastIdentifier(Problem):
    """Nothing would be left to sign in with."""

    code, status, title = "last-identifier", 409, "Your only way to sign in"
    message = "This is your only way to sign in. Add another one before you remove it."


class NeedsAnotherFactor(Problem):
    """Backup codes stand in for a factor, and there is none."""

    code, status, title = "needs-another-factor", 409, "Add an authenticator app first"
    message = "Backup codes are for the day you lose your authenticator app. Add one first."


class Unknown(Problem):
    """No such token or factor of this user."""

    code, status, title = "unknown", 404, "There is no such thing"
    message = "This is not there any more. Reload the page."


class Suspended(Problem):
    """The account is suspended."""

    code, status, title = "suspended", 403, "Account suspended"
    message = "This account is suspended. Ask the people who run this service."


class Gone(Problem):
    """The account does not exist any more."""

    code, status, title = "gone", 404, "No such account"
    message = "This account does not exist any more."


class MessagesUnavailable(Problem):
    """The identity server cannot send to this kind of recipient."""

    code, status, title = "messages-unavailable", 503, "No message can be sent"
    message = "This service cannot send messages to that kind of address at the moment."


class IdentityServerAway(Problem):
    """The identity server does not answer."""

    code, status, title = "identity-server-away", 503, "Try again in a moment"
    message = "The sign-in service does not answer at the moment. Nothing was changed; try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


def render(request: Request, error: Exception) -> Response:
    """Render any refusal; an unknown exception is a 500 with the request's id and no text."""
    body: dict[str, object]
    if isinstance(error, AppError):
        title = error.title if isinstance(error, Problem) else "The request was refused"
        code = error.code.replace(".", "-").replace("_", "-")
        body = {"type": URN + code, "title": title, "status": error.status, "detail": error.text}
        if isinstance(error, Problem) and error.fields:
            body["fields"] = error.fields
        if isinstance(error, InvalidInput):
            body["errors"] = error.details
        status, headers = error.status, error.headers
    else:
        status, headers = 500, {}
        body = {"type": f"{URN}internal", "title": "Something went wrong", "status": 500, "instance": request.id}
    return Response(msgspec.json.encode(body), status, content_type=CONTENT_TYPE, headers=headers)


def not_found(request: Request) -> Response:
    """Answer for an unknown path."""
    body = {"type": f"{URN}not-found", "title": "There is nothing here", "status": 404}
    return Response(msgspec.json.encode(body), 404, content_type=CONTENT_TYPE)


def method_not_allowed(request: Request, allowed: frozenset[str]) -> Response:
    """Answer for a known path with another method."""
    body = {"type": f"{URN}method-not-allowed", "title": "This cannot be done here", "status": 405}
    return Response(
        msgspec.json.encode(body), 405, content_type=CONTENT_TYPE, headers={"Allow": ", ".join(sorted(allowed))}
    )
