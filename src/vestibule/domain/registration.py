"""Making an account for oneself: what the sign-in experience asks of the identifier and of the password."""

from vestibule import password_policy
from vestibule.connectors.mailboxes import parse_address
from vestibule.domain.context import Context
from vestibule.domain.sign_in_experience import Identifier, UsernamePolicy
from vestibule.domain.users import NewUser, create_user, phone_digits
from vestibule.errors import EntityInvalidInput, Forbidden, InvalidPhone, PasswordRejected, UsernameRejected
from vestibule.model import User

IDENTIFIER_LENGTH = 128
PHONE_DIGITS = (6, 15)
"""The fewest and the most digits of a number, country code included (E.164 ends at 15)."""


async def register(ctx: Context, identifier: str, password: str, name: str | None = None) -> User:
    """Create a user from the sign-up page.

    Raises Forbidden where nobody registers, PasswordRejected, UsernameRejected, InvalidPhone, EntityInvalidInput and
    the three InUse.
    """
    experience = ctx.live.experience
    if not experience.lets_register:
        raise Forbidden("Nobody can register here. Ask the people who run this service for an account.")
    issues = password_policy.issues(password, [identifier], experience.password_policy.effective)
    if issues:
        raise PasswordRejected(data=issues)
    text = identifier.strip()
    kind, value = _kind(text)
    if kind not in experience.sign_up.identifiers:
        raise EntityInvalidInput("Nobody registers with such an identifier here.")
    if kind == "username":
        _check_username(value, experience.username_policy)
    elif kind == "email" and not _is_address(value):
        raise EntityInvalidInput("This is not an e-mail address.")
    elif kind == "phone" and not PHONE_DIGITS[0] <= len(value) <= PHONE_DIGITS[1]:
        raise InvalidPhone
    new = NewUser(
        username=value if kind == "username" else None,
        primary_email=value if kind == "email" else None,
        primary_phone=value if kind == "phone" else None,
        password=password,
        name=name,
    )
    return await create_user(ctx, new)


def _kind(text: str) -> tuple[Identifier, str]:
    digits = phone_digits(text)
    if "@" in text:
        return "email", text
    return ("phone", digits) if digits else ("username", text)


def _is_address(text: str) -> bool:
    """An address that no message could be sent to is nobody's."""
    address = parse_address(text)
    return address is not None and "." in address.domain and len(text) <= IDENTIFIER_LENGTH


def _check_username(text: str, policy: UsernamePolicy) -> None:
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
