"""Changing user name, e-mail, phone and password: the rules for values, and the order of proof and change."""

import re
from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from vestibule import password_policy
from vestibule.account import problems
from vestibule.account.context import Context
from vestibule.account.proven import proven
from vestibule.client import users
from vestibule.client.models import User
from vestibule.client.operation import Operation

USERNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+\Z")
DIGITS = re.compile(r"[0-9]{6,15}\Z")
PUNCTUATION = re.compile(r"[\s().\-/]+")

PASSWORD_WORDS = {
    password_policy.TOO_SHORT: "Use at least 8 characters.",
    password_policy.TOO_LONG: "Use at most 256 characters.",
    password_policy.COMMON: "This password is one of the first that others would guess. Choose another one.",
    password_policy.USER_INFO: "Do not build the password from your own name or address.",
}
REFUSALS: dict[str, Exception] = {
    "username_already_in_use": problems.Taken("This user name is taken. Choose another one."),
    "email_already_in_use": problems.Taken("This e-mail address belongs to another account."),
    "phone_already_in_use": problems.Taken("This phone number belongs to another account."),
    "invalid_phone": problems.InvalidFields({"phone": "This is not a phone number we know how to write to."}),
}


def username(text: str) -> str:
    """Return a user name as it is stored; raises InvalidFields."""
    name = text.strip()
    if not USERNAME.match(name):
        raise problems.InvalidFields({"username": "Use letters, digits and underscores; do not start with a digit."})
    return name


def email(text: str) -> str:
    """Return an e-mail address as it is stored; raises InvalidFields."""
    address = text.strip()
    if not EMAIL.match(address):
        raise problems.InvalidFields({"email": "This does not look like an e-mail address."})
    return address


def phone(text: str) -> str:
    """Return a phone number as digits with its country calling code; raises InvalidFields."""
    digits = PUNCTUATION.sub("", text).removeprefix("+")
    if not DIGITS.match(digits):
        raise problems.InvalidFields({"phone": "Write the number with its country code, such as +33 6 12 34 56 78."})
    return digits


async def change(ctx: Context, user: User, field: str, value: str, presented: list[str]) -> User:
    """Set an identifier after the proofs its rule asks for. Raises ProofRequired, Taken, InvalidFields."""
    return await proven(
        ctx, user, f"{field}.change", presented, _update(user.id, field, value), value=value, refusals=REFUSALS
    )


async def remove(ctx: Context, user: User, field: str, presented: list[str]) -> User:
    """Clear an identifier; never the last one. Raises LastIdentifier, ProofRequired."""
    held = {"username": user.username, "email": user.primary_email, "phone": user.primary_phone}
    if held[field] is None:
        return user
    if not any(value for name, value in held.items() if name != field):
        raise problems.LastIdentifier
    return await proven(ctx, user, f"{field}.remove", presented, _update(user.id, field, None), refusals=REFUSALS)


async def change_password(ctx: Context, user: User, password: str, presented: list[str]) -> User:
    """Set the password after a fresh proof. Raises ProofRequired, InvalidFields."""
    about = [user.username, user.primary_email, user.primary_phone, user.name]
    reasons = password_policy.check(password, about)
    if reasons:
        raise problems.InvalidFields({"password": " ".join(PASSWORD_WORDS[reason] for reason in reasons)})
    return await proven(ctx, user, "password.change", presented, users.set_password(user.id, password))


def _update(user_id: str, field: str, value: str | None) -> Operation[User]:
    members: Mapping[str, str | UnsetType | None] = {field: value}
    return users.update(
        user_id,
        username=members.get("username", UNSET),
        primary_email=members.get("email", UNSET),
        primary_phone=members.get("phone", UNSET),
    )
