"""Making an account for oneself: what the sign-in experience asks of the identifier."""

from vestibule.connectors.mailboxes import parse_address
from vestibule.domain.context import Context
from vestibule.domain.sign_in_experience import Identifier, UsernamePolicy
from vestibule.domain.users import phone_digits
from vestibule.errors import EntityInvalidInput, Forbidden, InvalidPhone, UsernameRejected

IDENTIFIER_LENGTH = 128
PHONE_DIGITS = (6, 15)
"""The fewest and the most digits of a number, country code included (E.164 ends at 15)."""


def checked(ctx: Context, identifier: str) -> tuple[Identifier, str]:
    """Return what kind of identifier somebody wants to register with, and its value.

    Raises Forbidden where nobody registers, UsernameRejected, InvalidPhone and EntityInvalidInput.
    """
    experience = ctx.live.experience
    if not experience.lets_register:
        raise Forbidden("Nobody can register here. Ask the people who run this service for an account.")
    kind, value = kind_of(identifier.strip())
    if kind not in experience.sign_up.identifiers:
        raise EntityInvalidInput("Nobody registers with such an identifier here.")
    if kind == "username":
        check_username(value, experience.username_policy)
    else:
        check_address(kind, value)
    return kind, value


def check_address(kind: Identifier, value: str) -> None:
    """Refuse what is no e-mail address, or no phone number in digits; raises EntityInvalidInput, InvalidPhone."""
    if kind == "email" and not _is_address(value):
        raise EntityInvalidInput("This is not an e-mail address.")
    if kind == "phone" and not PHONE_DIGITS[0] <= len(value) <= PHONE_DIGITS[1]:
        raise InvalidPhone


def kind_of(text: str) -> tuple[Identifier, str]:
    """Return what kind of identifier a text is, and its value: of a phone number the digits."""
    digits = phone_digits(text)
    if "@" in text:
        return "email", text
    return ("phone", digits) if digits else ("username", text)


def _is_address(text: str) -> bool:
    """An address that no message could be sent to is nobody's."""
    address = parse_address(text)
    return address is not None and "." in address.domain and len(text) <= IDENTIFIER_LENGTH


def check_username(text: str, policy: UsernamePolicy) -> None:
    """Refuse what is no user name here; raises EntityInvalidInput, UsernameRejected."""
    plain = text.isascii() and text.replace("_", "a").isalnum() and not text[0].isdigit()
    if not plain or len(text) > IDENTIFIER_LENGTH:
        raise EntityInvalidInput("This is not a user name.")
    allowed = policy.allowed_chars
    refused = (
        not policy.min_length <= len(text) <= policy.max_length,
        not allowed.lowercase and any(char.islower() for char in text),
        not allowed.uppercase and any(char.isupper() for char in text),
        not allowed.numbers and any(char.isdigit() for char in text),
        not allowed.underscore and "_" in text,
    )
    if any(refused):
        raise UsernameRejected
