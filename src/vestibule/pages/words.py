"""Which words the sign-in pages use: for identifiers, and for refusals."""

from collections.abc import Collection
from typing import Any

from vestibule.domain.attempts import WINDOW_MS
from vestibule.domain.sign_in_experience import EVERY_IDENTIFIER
from vestibule.errors import (
    AppError,
    CodeExpired,
    CodeMismatch,
    CodeNotFound,
    CodeTriesExceeded,
    ConnectorGeneral,
    ConnectorInvalidConfig,
    ConnectorInvalidParameters,
    ConnectorNotFound,
    ConnectorTemplateNotFound,
    EmailInUse,
    EntityInvalidInput,
    InvalidCredentials,
    InvalidPhone,
    MessageRateLimited,
    PasswordRejected,
    PhoneInUse,
    SamePassword,
    ServerBusy,
    SignInMethodNotEnabled,
    SsoEnabled,
    TooManyAttempts,
    UsernameInUse,
    UsernameRejected,
    UserSuspended,
    VerificationNotFound,
    WebAuthnFailed,
)
from vestibule.ui.messages import Translate

_LABELS: dict[frozenset[str], str] = {
    frozenset({"username", "email", "phone"}): "field.identifier",
    frozenset({"email", "phone"}): "field.email_or_phone",
    frozenset({"email", "username"}): "field.email_or_username",
    frozenset({"phone", "username"}): "field.phone_or_username",
    **{frozenset({name}): f"field.{name}" for name in EVERY_IDENTIFIER},
}
UNTICKED, OVER = "fault.agree", "fault.over"


class Unticked(AppError):
    """The box that accepts the terms was not ticked."""

    status = 422


RENEWAL_FAULTS: tuple[type[AppError], ...] = (PasswordRejected, SamePassword)
"""What can be wrong with the password that replaces an expired one."""

# Which words a refusal gets, and at which field of the sign-up form.
SIGN_IN_FAULTS: dict[type[AppError], str] = {
    InvalidCredentials: "fault.credentials",
    TooManyAttempts: "fault.too_many",
    UserSuspended: "fault.suspended",
    ServerBusy: "fault.busy",
    WebAuthnFailed: "fault.passkey",
    VerificationNotFound: "fault.passkey",
    SignInMethodNotEnabled: "fault.passkey",
}
REGISTER_FAULTS: dict[type[AppError], tuple[str, str]] = {
    UsernameInUse: ("identifier", "fault.username_taken"),
    EmailInUse: ("identifier", "fault.email_taken"),
    PhoneInUse: ("identifier", "fault.phone_taken"),
    InvalidPhone: ("identifier", "fault.phone"),
    EntityInvalidInput: ("identifier", "fault.identifier"),
    UsernameRejected: ("identifier", "fault.username_rejected"),
    PasswordRejected: ("password", "fault.password"),
    TooManyAttempts: ("", "fault.too_many"),
    ServerBusy: ("", "fault.busy"),
}

ADDRESS_FAULTS: tuple[type[AppError], ...] = (EntityInvalidInput, InvalidPhone)
"""What can be wrong with an address that a code shall go to."""
CODE_FAULTS: dict[type[AppError], str] = {
    CodeMismatch: "fault.sent_code",
    CodeExpired: "fault.sent_code_over",
    CodeNotFound: "fault.sent_code_over",
    CodeTriesExceeded: "fault.sent_code_over",
}
CONNECTOR_FAULTS: dict[type[AppError], str] = dict.fromkeys(
    (
        ConnectorNotFound,
        ConnectorGeneral,
        ConnectorInvalidConfig,
        ConnectorInvalidParameters,
        ConnectorTemplateNotFound,
    ),
    "fault.no_message",
)
SEND_FAULTS: dict[type[AppError], str] = {
    MessageRateLimited: "fault.messages",
    SignInMethodNotEnabled: "fault.method_closed",
    **CONNECTOR_FAULTS,
}
"""Why no message was sent."""


def label_of(kinds: Collection[str]) -> str:
    """Return the key of what a field for these kinds of identifier is called."""
    return _LABELS[frozenset(kinds)]


def identifier_hint(t: Translate, kinds: Collection[str], *, proves: bool) -> str:
    """Return what to know about the identifier that somebody registers with."""
    hints = [t("register.any_one")] if len(kinds) > 1 else []
    hints += [t("register.country_code")] if "phone" in kinds else []
    hints += [t("register.code_hint")] if proves else []
    return " ".join(hints)


def register_fault(t: Translate, error: AppError, kinds: Collection[str]) -> dict[str, str]:
    """Return what to say about a refused sign-up, and at which field."""
    place, key = REGISTER_FAULTS[type(error)]
    if isinstance(error, PasswordRejected):
        return {place: _password_fault(t, error)}
    if key == "fault.identifier" and len(kinds) < len(EVERY_IDENTIFIER):
        return {place: t("fault.identifier_kind", kind=t(label_of(kinds)))}
    return {place: t(key, minutes=WINDOW_MS // 60_000)}


def address_fault(t: Translate, error: AppError | None, kinds: Collection[str]) -> str:
    """Return what is wrong with an address that a code shall go to; an empty text where nothing is."""
    if isinstance(error, SsoEnabled):
        return t("fault.company_address")
    if not isinstance(error, ADDRESS_FAULTS):
        return ""
    return t("fault.phone") if isinstance(error, InvalidPhone) else t("fault.identifier_kind", kind=t(label_of(kinds)))


def send_fault(t: Translate, error: AppError | None, seconds: int = 0) -> str:
    """Return why no message was sent, `seconds` before the next one may be; an empty text where one was."""
    if error is None or type(error) not in SEND_FAULTS:
        return ""
    return t("fault.too_soon", seconds=seconds) if seconds else t(SEND_FAULTS[type(error)])


def renewal_fault(t: Translate, error: AppError, minutes: int = 0) -> str:
    """Return what is wrong with the password that takes the place of another."""
    if isinstance(error, TooManyAttempts):
        return t("fault.too_many", minutes=minutes)
    return _password_fault(t, error) if isinstance(error, PasswordRejected) else t("fault.same_password")


def _password_fault(t: Translate, error: PasswordRejected) -> str:
    """Return everything that is wrong with a password, a sentence each: nobody has to send the form once a rule."""
    issues: list[dict[str, Any]] = error.data if isinstance(error.data, list) else [{"code": "password"}]
    said = [t(f"fault.{issue['code'].replace('.', '_')}", **issue.get("interpolation", {})) for issue in issues]
    return " ".join(said)
