"""Refusals of the settings API: `application/problem+json` (RFC 9457) with a stable `type` and a sentence to act on."""

from collections.abc import Sequence

import msgspec

from vestibule.errors import AppError, BodyTooLarge, InvalidInput, StoreUnavailable
from vestibule.http import Request, Response
from vestibule.http.body import MalformedBody, UnsupportedEncoding

CONTENT_TYPE = (b"content-type", b"application/problem+json")
URN = "urn:vestibule:problem:"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a value: a code, a sentence, and the numbers and kinds of character it names."""

    code: str
    detail: str
    numbers: dict[str, int] = {}
    allowed: list[str] = []


class Problem(AppError):
    """Base of the account server's refusals; `code` is the last part of `type`."""

    title = "The request was refused"
    fields: dict[str, str] | None = None
    reasons: dict[str, list[Reason]] | None = None


class NotSignedIn(Problem):
    """No token, or one that is not valid here."""

    code, status, title = "not-signed-in", 401, "Sign in first"
    message = "Send an access token for this API: `Authorization: Bearer <token>`. If you had one, it has expired."

    def __init__(self, challenge: str = 'Bearer error="invalid_token"') -> None:
        super().__init__(headers={"WWW-Authenticate": challenge})


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
    message = "Too many tries. Wait a little, then start again."

    def __init__(self, seconds: int = 60) -> None:
        super().__init__(headers={"Retry-After": str(seconds)})


class MethodUnavailable(Problem):
    """The account has nothing that this proof could use."""

    code, status, title = "method-unavailable", 422, "This cannot be used to confirm"
    message = "This account has no such way to confirm. Choose another one."


class InvalidFields(Problem):
    """One or more fields are wrong; `fields` says which and why, `reasons` each fault of a password or user name."""

    code, status, title = "invalid-fields", 422, "Check what you entered"
    message = "Some of what you entered cannot be saved."

    def __init__(self, fields: dict[str, str], reasons: dict[str, list[Reason]] | None = None) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = fields
        self.reasons = reasons

    @classmethod
    def for_reasons(cls, field: str, reasons: list[Reason]) -> "InvalidFields":
        """Make one of every reason against the value of one field."""
        return cls({field: " ".join(reason.detail for reason in reasons)}, {field: reasons})


class Taken(Problem):
    """The identifier belongs to another account."""

    code, status, title = "taken", 409, "Already in use"
    message = "This belongs to another account."


class IdentityTaken(Taken):
    """Somebody else has connected this account."""

    code = "identity-taken"
    message = "That account is connected to somebody else here. Disconnect it there first, or choose another one."


class AlreadyConnected(Taken):
    """The person has connected another account at the provider."""

    code = "already-connected"
    message = "You have connected an account there already. Disconnect it to connect another one."


class LastIdentifier(Problem):
    """Nothing would be left to sign in with."""

    code, status, title = "last-identifier", 409, "Your only way to sign in"
    message = "This is your only way to sign in. Add another one before you remove it."


class LastWayIn(LastIdentifier):
    """Without this identity nothing would be left to sign in with."""

    code = "last-way-in"
    message = (
        "This is your only way to sign in. Set a password, add an address that codes can be sent to, or connect "
        "another account before you disconnect this one."
    )


class LinkOver(Problem):
    """No such link of this user and client, or it is over."""

    code, status, title = "link-over", 422, "This connection is over"
    message = "This connection was not started here, took too long, or was finished already. Start again."


class ProviderFailed(Problem):
    """The provider did not say who the person is, or cannot be asked."""

    code, status, title = "provider-failed", 422, "Not connected"
    message = "The provider did not confirm who you are. Nothing was connected; try again in a moment."


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

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "60"})


class IdentityServerAway(Problem):
    """The identity server does not answer."""

    code, status, title = "identity-server-away", 503, "Try again in a moment"
    message = "The sign-in service does not answer at the moment. Nothing was changed; try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


class NothingHere(Problem):
    """An unknown path."""

    code, status, title = "not-found", 404, "There is nothing here"
    message = "Check the address: `/api/openapi.json` lists every path."


class WrongMethod(Problem):
    """A known path with another method."""

    code, status, title = "method-not-allowed", 405, "This cannot be done here"
    message = "The header `Allow` says which methods this path answers."


SHARED: dict[type[AppError], str] = {
    InvalidInput: "Check what you sent",
    MalformedBody: "The body cannot be read",
    BodyTooLarge: "The body is too large",
    UnsupportedEncoding: "The body cannot be read",
    StoreUnavailable: "Try again in a moment",
}
"""Refusals of the floors below that every route may give, with their titles."""
HEADERS = {
    401: {"WWW-Authenticate": "What kind of token is asked for (RFC 6750 section 3)."},
    429: {"Retry-After": "Seconds to wait before the next try."},
    503: {"Retry-After": "Seconds to wait before the next try."},
}


def type_of(kind: type[AppError]) -> str:
    """Return the `type` of a refusal: stable, whatever the sentence says."""
    return URN + (kind.code.rpartition(".")[2].replace("_", "-") or "malformed-body")


def title_of(kind: type[AppError]) -> str:
    """Return the `title` of a refusal."""
    return kind.title if issubclass(kind, Problem) else SHARED.get(kind, Problem.title)


def schema(errors: Sequence[type[AppError]]) -> dict[str, object]:
    """Return the schema of the problems of one status."""
    text = {"type": "string"}
    number = {"type": "object", "additionalProperties": {"type": "integer"}}
    reason = {
        "type": "object",
        "properties": {"code": text, "detail": text, "numbers": number, "allowed": {"type": "array", "items": text}},
        "required": ["code", "detail"],
    }
    properties = {
        "type": {"type": "string", "enum": sorted({type_of(error) for error in errors})},
        "title": text,
        "status": {"type": "integer"},
        "detail": {**text, "description": "A sentence to act on."},
        "fields": {
            "type": "object",
            "additionalProperties": text,
            "description": "What is wrong with each faulty member of the body.",
        },
        "reasons": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": reason},
            "description": "Every reason against a new password or user name, for pages with words of their own.",
        },
    }
    return {"type": "object", "properties": properties, "required": ["type", "title", "status", "detail"]}


def render(request: Request, error: Exception) -> Response:
    """Render any refusal; an unknown exception is a 500 with the request's id and no text."""
    if not isinstance(error, AppError):
        title = "Something went wrong"
        body: dict[str, object] = {"type": f"{URN}internal", "title": title, "status": 500, "instance": request.id}
        return Response(msgspec.json.encode(body), 500, content_type=CONTENT_TYPE)
    kind = type(error)
    body = {"type": type_of(kind), "title": title_of(kind), "status": error.status, "detail": error.text}
    fields = error.fields if isinstance(error, Problem) else _fields(error.data)
    if fields:
        body["fields"] = fields
    if isinstance(error, Problem) and error.reasons:
        body["reasons"] = error.reasons
    return Response(msgspec.json.encode(body), error.status, content_type=CONTENT_TYPE, headers=error.headers)


def _fields(data: object) -> dict[str, str]:
    """Say at each faulty member what is wrong with it, from the guard's list of issues."""
    issues = data.get("issues", []) if isinstance(data, dict) else []
    return {".".join(map(str, issue["path"])): str(issue["message"]) for issue in issues}


def not_found(request: Request) -> Response:
    """Answer for an unknown path."""
    return render(request, NothingHere())


def method_not_allowed(request: Request, allowed: frozenset[str]) -> Response:
    """Answer for a known path with another method."""
    return render(request, WrongMethod(headers={"Allow": ", ".join(sorted(allowed))}))
