"""Changing user name, e-mail, phone and password: the rules for values, and the order of proof and change."""

import re
from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from vestibule.account import policies, problems, store
from vestibule.account.context import Context
from vestibule.account.proven import proven
from vestibule.client import users
from vestibule.client.models import User
from vestibule.client.operation import Operation

USERNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+\Z")
DIGITS = re.compile(r"[0-9]{6,15}\Z")
PUNCTUATION = re.compile(r"[\s().\-/]+")

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
    if field == "username" and value != user.username:
        await policies.judge_username(ctx, value)
    return await proven(
        ctx, user, f"{field}.change", presented, _update(user.id, field, value), value=value, refusals=REFUSALS
    )


async def remove(ctx: Context, user: User, field: str, presented: list[str]) -> User:
    """Clear an identifier; never the last way in. Raises LastIdentifier, ProofRequired."""
    value = _held(user).get(field)
    if value is None:
        return user
    if not _ways_in(user) - {field}:
        raise problems.LastIdentifier
    operation = _update(user.id, field, None)
    left = await proven(ctx, user, f"{field}.remove", presented, operation, refusals=REFUSALS)
    if not _ways_in(left):
        # Of two removals at once, the one that finds nothing left puts its own back.
        await ctx.send(_update(user.id, field, value))
        raise problems.LastIdentifier
    return left


def _held(user: User) -> dict[str, str]:
    held = {"username": user.username, "email": user.primary_email, "phone": user.primary_phone}
    return {field: value for field, value in held.items() if value is not None}


def _ways_in(user: User) -> set[str]:
    """Return the identifiers that let a person in: without a password, a user name is not enough."""
    return set(_held(user)) - (set() if user.has_password else {"username"})


async def change_password(ctx: Context, user: User, password: str, presented: list[str]) -> User:
    """Set the password after a fresh proof, and end the sessions of the page. Raises ProofRequired, InvalidFields."""
    await policies.judge_password(ctx, user, password)
    changed = await proven(ctx, user, "password.change", presented, users.set_password(user.id, password))
    # Whoever had signed in to the page with the old password has to sign in again (B40).
    async with ctx.db.write() as tx:
        await tx.run(store.END_SESSIONS, owner=user.id, kept=None)
    return changed


def _update(user_id: str, field: str, value: str | None) -> Operation[User]:
    members: Mapping[str, str | UnsetType | None] = {field: value}
    return users.update(
        user_id,
        username=members.get("username", UNSET),
        primary_email=members.get("email", UNSET),
        primary_phone=members.get("phone", UNSET),
    )
