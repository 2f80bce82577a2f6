"""What new passwords and user names have to be like: as it is set at the identity server, whoever made that server."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from vestibule import password_policy
from vestibule.account import problems
from vestibule.account.context import Context
from vestibule.account.problems import Reason
from vestibule.client import NotFound, Refused, sign_in_experience
from vestibule.client.models import PasswordIssue, User
from vestibule.password_policy import DEFAULT, Policy

PREFIX = "password_rejected."
PASSWORD_WORDS = {
    password_policy.TOO_SHORT: "Use at least {min} characters.",
    password_policy.TOO_LONG: "Use at most {max} characters.",
    password_policy.CHARACTER_TYPES: "Use at least {min} of: small letters, capital letters, digits, other characters.",
    password_policy.REPETITION: "Do not repeat one piece again and again.",
    password_policy.SEQUENCE: "Do not build the password from rows of letters, digits or keys.",
    password_policy.PWNED: "This password is one of the first that others would guess. Choose another one.",
    password_policy.USER_INFO: "Do not build the password from your own name or address.",
    password_policy.WORDS: "Leave out words that anybody would try here, such as the name of this service.",
    "unsupported_characters": "Use plain letters, digits and punctuation, without accents.",
}
CHARACTERS = {
    "lowercase": "small letters",
    "uppercase": "capital letters",
    "numbers": "digits",
    "underscore": "underscores",
}
UNKNOWN_REASON = "This password is not accepted here. Choose another one."


class AllowedCharacters(Struct, frozen=True):
    """Which characters a user name may have."""

    lowercase: bool = True
    uppercase: bool = True
    numbers: bool = True
    underscore: bool = True


class UsernamePolicy(Struct, frozen=True, rename="camel"):
    """What is asked of a user name."""

    min_length: int = 1
    max_length: int = 128
    allowed_chars: AllowedCharacters = AllowedCharacters()


class PasswordPolicy(Struct, frozen=True, rename="camel"):
    """What a hint about new passwords can say."""

    min_length: int
    max_length: int
    character_types: int


class Policies(Struct, frozen=True):
    """What new passwords and user names have to be like; a password can be refused for more than this."""

    password: PasswordPolicy
    username: UsernamePolicy


class _Record(Struct, frozen=True, rename="camel"):
    password_policy: Policy = DEFAULT
    username_policy: UsernamePolicy = UsernamePolicy()


async def policies(ctx: Context) -> Policies:
    """Return what is set; the defaults of the contract where the server does not tell."""
    try:
        record = msgspec.convert(await ctx.send(sign_in_experience.get()), _Record)
    except (NotFound, Refused, msgspec.ValidationError):
        record = _Record()
    asked = record.password_policy
    password = PasswordPolicy(asked.length.min, asked.length.max, asked.character_types.min)
    return Policies(password, record.username_policy)


async def judge_password(ctx: Context, user: User, password: str) -> None:
    """Refuse a password that the identity server would refuse; raises InvalidFields with every reason.

    A server that cannot tell, because it does not know the question or asks a service that is away, leaves it to
    the default policy.
    """
    try:
        verdict = await ctx.send(sign_in_experience.check_password(password, user.id))
        found = [] if verdict.result else verdict.issues or [PasswordIssue("")]
    except (NotFound, Refused):
        about = [user.username, user.primary_email, user.primary_phone, user.name]
        found = msgspec.convert(password_policy.issues(password, about, DEFAULT), list[PasswordIssue])
    if found:
        reasons = [_reason(issue.code.removeprefix(PREFIX), issue.interpolation) for issue in found]
        raise problems.InvalidFields.for_reasons("password", reasons)


def _reason(code: str, numbers: Mapping[str, Any]) -> Reason:
    known = {name: value for name, value in numbers.items() if isinstance(value, int)}
    try:
        words = PASSWORD_WORDS[code].format(**known)
    except KeyError:  # of a server that knows more reasons than we do
        words = UNKNOWN_REASON
    return Reason(code, words, known)


async def judge_username(ctx: Context, name: str) -> None:
    """Refuse a user name that people could not have registered with; raises InvalidFields with every reason."""
    policy = (await policies(ctx)).username
    allowed = policy.allowed_chars
    refused = (
        not allowed.lowercase and any(char.islower() for char in name),
        not allowed.uppercase and any(char.isupper() for char in name),
        not allowed.numbers and any(char.isdigit() for char in name),
        not allowed.underscore and "_" in name,
    )
    reasons = []
    if len(name) < policy.min_length:
        words = f"Use at least {policy.min_length} characters."
        reasons.append(Reason("too_short", words, {"min": policy.min_length}))
    if len(name) > policy.max_length:
        words = f"Use at most {policy.max_length} characters."
        reasons.append(Reason("too_long", words, {"max": policy.max_length}))
    if any(refused):
        kinds = [name for name, may in msgspec.structs.asdict(allowed).items() if may]
        words = f"Use nothing but {', '.join(CHARACTERS[kind] for kind in kinds)}."
        reasons.append(Reason("characters", words, allowed=kinds))
    if reasons:
        raise problems.InvalidFields.for_reasons("username", reasons)
