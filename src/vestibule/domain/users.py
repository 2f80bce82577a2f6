"""Users: create, find, change, suspend; the rules for identifiers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from vestibule import digests
from vestibule.crypto import new_short_id
from vestibule.db import Tx, UniqueViolation, ValueTooLong
from vestibule.db.locks import take_turn
from vestibule.domain import default_roles, sessions
from vestibule.domain.context import Context
from vestibule.domain.phones import loosest, normalise, spellings
from vestibule.errors import (
    EmailInUse,
    EntityInvalidInput,
    EntityNotFound,
    PasswordAlgorithmRequired,
    PasswordAndDigest,
    PhoneInUse,
    UsernameInUse,
)
from vestibule.model import User, fold
from vestibule.store import users as store

OUR_ALGORITHM, LEGACY = "Argon2id", "Legacy"
IN_USE = {
    "users__username": UsernameInUse,
    "users__username_folded": UsernameInUse,
    "users__email_folded": EmailInUse,
    "users__primary_phone": PhoneInUse,
}
BLANK = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What an address cannot hold, and is not part of one around it; Python's own notion has a few characters more."""
IDENTIFIERS = ("username", "primary_email", "primary_phone")
VERIFIED = {"primary_email": "email_verified", "primary_phone": "phone_verified"}
"""Which column tells that an address was proven, or that an operator vouches for it."""
JsonText = str


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """What a user starts with; everything is optional. `profile` and `custom_data` are JSON text.

    An address counts as verified unless it is said that nobody has proven it: operators vouch for what they enter.
    """

    username: str | None = None
    primary_email: str | None = None
    primary_phone: str | None = None
    name: str | None = None
    avatar: str | None = None
    password: str | None = None
    password_digest: str | None = None
    password_algorithm: str | None = None
    custom_data: JsonText = "{}"
    profile: JsonText = "{}"
    application_id: str | None = field(default=None)
    email_verified: bool = True
    phone_verified: bool = True


async def create_user(ctx: Context, new: NewUser) -> User:
    """Create a user with the default roles. Raises the contract's refusals, in its order."""
    row = await prepare(ctx, new)
    try:
        async with ctx.db.write() as tx:
            return await insert(tx, ctx, row)
    except UniqueViolation as error:
        # Of several that are taken, the one that comes first by the contract is named, not the store's first.
        await refuse_taken(ctx, username=new.username, email=new.primary_email, phone=new.primary_phone)
        raise in_use(error) from error


async def prepare(ctx: Context, new: NewUser) -> dict[str, object]:
    """Return the row of a new user, for `insert`; call it with no transaction open. Raises as `create_user`."""
    if new.password and new.password_digest:
        raise PasswordAndDigest
    if new.password_digest and not new.password_algorithm:
        raise PasswordAlgorithmRequired
    if is_asked_first(ctx, new):
        await refuse_taken(ctx, username=new.username, email=new.primary_email, phone=new.primary_phone)
    if new.password_algorithm == LEGACY:
        digests.parse_legacy(new.password_digest)
    if ctx.settings.default_role_names:
        async with ctx.db.read() as tx:
            await default_roles.check(tx, ctx)
    phone = normalise(new.primary_phone) if new.primary_phone else None
    stored, algorithm = new.password_digest or None, new.password_algorithm if new.password_digest else None
    if new.password:
        stored, algorithm = await ctx.passwords.hash(new.password), OUR_ALGORITHM
    return row_of(new, phone, stored, algorithm, ctx.clock.now())


def is_asked_first(ctx: Context, new: NewUser) -> bool:
    """Tell whether to look for a collision before the store refuses it.

    Where another refusal may come that is said later, or a hash; and where the store keeps no two spellings apart.
    """
    slow = new.password or new.password_digest or new.password_algorithm or ctx.settings.default_role_names
    return bool(slow or new.primary_phone or not ctx.case_sensitive_usernames)


async def insert(tx: Tx, ctx: Context, row: dict[str, object]) -> User:
    """Create a user from a row of `prepare`; raises the InUse, UniqueViolation (see `in_use`), EntityInvalidInput."""
    username = row["username"]
    if username and not ctx.case_sensitive_usernames:
        await _hold_username(tx, str(username))
        await _refuse_clashes(tx, ctx, str(username), None, None, "")
    user = await tx.one(store.INSERT, **row)
    if user is None:
        raise EntityInvalidInput
    await default_roles.give(tx, ctx, [user.id])
    return user


async def refuse_taken(
    ctx: Context, *, username: str | None = None, email: str | None = None, phone: str | None = None
) -> None:
    """Refuse identifiers that somebody has; raises the three InUse."""
    async with ctx.db.read() as tx:
        await _refuse_clashes(tx, ctx, username, email, phone, "", username_first=True)


def row_of(new: NewUser, phone: str | None, digest: str | None, algorithm: str | None, now: int) -> dict[str, object]:
    """Return the row of a new user; `phone` is normalised already."""
    return {
        "id": new_short_id(),
        "username": new.username,
        "primary_email": new.primary_email,
        "primary_phone": phone,
        "name": new.name or None,
        "avatar": new.avatar or None,
        "custom_data": new.custom_data,
        "identities": "{}",
        "last_sign_in_at": None,
        "created_at": now,
        "updated_at": now,
        "profile": new.profile,
        "application_id": new.application_id,
        "is_suspended": False,
        "password_digest": digest,
        "password_algorithm": algorithm,
        "password_updated_at": now if digest else None,
        "is_password_expired": False,
        "logto_config": "{}",
        "email_verified": new.email_verified,
        "phone_verified": new.phone_verified,
        **_folded({"username": new.username, "primary_email": new.primary_email, "name": new.name or None}),
    }


def in_use(error: UniqueViolation) -> Exception:
    """Name the identifier whose uniqueness the store defended."""
    refusal = IN_USE.get(error.constraint)
    return refusal() if refusal else error


def _folded(values: Mapping[str, object]) -> dict[str, object]:
    pairs = {"username": "username_folded", "primary_email": "email_folded", "name": "name_folded"}
    return {
        pairs[name]: fold(str(value)) if value is not None else None for name, value in values.items() if name in pairs
    }


async def _refuse_clashes(
    tx: Tx,
    ctx: Context,
    username: str | None,
    email: str | None,
    phone: str | None,
    but: str,
    *,
    username_first: bool = False,
) -> None:
    if not (username or email or phone):
        return
    clash = await store.clashes(
        tx,
        email=fold(email),
        phones=spellings(phone) if phone else (None, None),
        username=username,
        folded=None if ctx.case_sensitive_usernames else fold(username),
        but=but,
    )
    found = [(clash.by_email, EmailInUse), (clash.by_phone, PhoneInUse), (clash.by_username, UsernameInUse)]
    for is_held, refusal in ([found[2], *found[:2]]) if username_first else found:
        if is_held:
            raise refusal


async def _hold_username(tx: Tx, username: str) -> None:
    """Let no other transaction take the name in another case: no index keeps names apart that may differ by case."""
    await take_turn(tx, f"username:{fold(username)}")


async def get_user(tx: Tx, user_id: str) -> User:
    """Return a user; raises EntityNotFound."""
    user = await tx.one(store.GET, id=user_id)
    if user is None:
        raise EntityNotFound
    return user


async def change_user(ctx: Context, user_id: str, changes: Mapping[str, str | None]) -> User:
    """Set columns; None and an empty text clear. Raises EntityNotFound, the three InUse, InvalidPhone."""
    values: dict[str, object] = {name: value or None for name, value in changes.items()}
    plain = bool(values) and not any(name in values for name in IDENTIFIERS)
    try:
        async with ctx.db.single() if plain else ctx.db.write() as tx:
            # The user before the name, as at the end of a sign-in.
            if not plain and await tx.one(store.GET_LOCKED, id=user_id) is None:
                raise EntityNotFound
            if not values:
                raise EntityInvalidInput
            user = await put_in(tx, ctx, user_id, values)
    except UniqueViolation as error:
        raise in_use(error) from error
    except ValueTooLong:
        async with ctx.db.read() as tx:
            await get_user(tx, user_id)  # who does not exist is said first
        raise
    if user is None:
        raise EntityNotFound
    return user


async def put_in(tx: Tx, ctx: Context, user_id: str, changes: Mapping[str, object]) -> User | None:
    """Set columns, identifiers among them: an address counts as verified from then on, and no browser is trusted.

    Returns None when there is no such user. Raises the three InUse, UniqueViolation (see `in_use`), InvalidPhone.
    """
    values = dict(changes)
    username, email, phone = (str(values[name]) if values.get(name) else None for name in IDENTIFIERS)
    if username and not ctx.case_sensitive_usernames:
        await _hold_username(tx, username)
    await _refuse_clashes(tx, ctx, username, email, phone, user_id)
    if phone:
        values["primary_phone"] = normalise(phone)
    values |= {flag: True for name, flag in VERIFIED.items() if name in values}
    values |= _folded(values)
    user = await store.change(tx, user_id, {**values, "updated_at": ctx.clock.now()})
    if any(name in values for name in VERIFIED):
        # An address may be the factor that a browser is trusted instead of.
        await sessions.end_trust(tx, user_id)
    return user


async def take_off(tx: Tx, ctx: Context, user_id: str, column: str) -> None:
    """Take an address off an account: `primary_email` or `primary_phone`."""
    values = {column: None, VERIFIED[column]: True, **_folded({column: None}), "updated_at": ctx.clock.now()}
    await store.change(tx, user_id, values)
    await sessions.end_trust(tx, user_id)


async def change_in(tx: Tx, ctx: Context, user_id: str, changes: Mapping[str, str]) -> None:
    """Set columns that are no identifiers."""
    if changes:
        await store.change(tx, user_id, {**changes, **_folded(changes), "updated_at": ctx.clock.now()})


async def merge_json(ctx: Context, user_id: str, column: str, members: Mapping[str, object]) -> User:
    """Merge members into `profile` or `custom_data`, one level deep; raises EntityNotFound."""
    async with ctx.db.single() as tx:
        text = msgspec.json.encode(members).decode()
        user = await tx.one(store.MERGE[column], user_id=user_id, members=text, now=ctx.clock.now())
    if user is None:
        raise EntityNotFound
    return user


async def suspend(ctx: Context, user_id: str, suspended: bool) -> User:
    """Suspend a user, which ends sessions and tokens at once, or let the user in again."""
    async with ctx.db.write() as tx:
        user = await store.change(tx, user_id, {"is_suspended": suspended, "updated_at": ctx.clock.now()})
        if user is None:
            raise EntityNotFound
        if suspended:
            await sessions.end_all(tx, ctx.clock, user_id)
    return user


async def find_by_identifier(tx: Tx, ctx: Context, text: str, kinds: Collection[str] | None = None) -> User | None:
    """Find whoever signs in with this text: an address in any case, a phone number as people write it, a name.

    Identifiers of other kinds than the given ones (those of `signIn.methods`) find nobody.
    """
    identifier = text.strip(BLANK)
    kinds = ctx.live.experience.sign_in_identifiers if kinds is None else kinds
    if "@" in identifier:
        return await find_by(tx, ctx, "email", identifier) if "email" in kinds else None
    user = await find_by(tx, ctx, "username", identifier) if "username" in kinds else None
    digits = phone_digits(identifier) if "phone" in kinds else None
    return await find_by(tx, ctx, "phone", digits) if user is None and digits else user


async def find_by(tx: Tx, ctx: Context, kind: str, value: str) -> User | None:
    """Find whoever has an identifier: a `username`, an `email` address in any case, a `phone` number in digits."""
    if kind == "email":
        return await tx.one(store.BY_EMAIL, text=fold(value))
    if kind == "phone":
        stored, legacy = spellings(value)
        return await tx.one(store.BY_PHONE, text=stored, legacy=legacy)
    user = await tx.one(store.BY_USERNAME, text=value)
    if user is None and not ctx.case_sensitive_usernames:
        user = await tx.one(store.BY_USERNAME_FOLDED, text=fold(value))
    return user


def looked_up_as(ctx: Context, text: str, kind: str | None = None) -> str:
    """Return one form for every text that a look-up takes for the same identifier, of any kind or of this one."""
    if kind == "email" or (kind is None and "@" in text):
        return f"email:{fold(text)}"
    digits = phone_digits(text)
    if digits:
        return f"phone:{loosest(digits)}"
    return f"username:{text if ctx.case_sensitive_usernames else fold(text)}"


def ways_to(ctx: Context, user: User) -> list[str]:
    """Return what a user's identifiers are looked up as."""
    held = (("username", user.username), ("email", user.primary_email), ("phone", user.primary_phone))
    return [looked_up_as(ctx, text, kind) for kind, text in held if text]


def phone_digits(text: str) -> str | None:
    """Return the digits of something that looks like a phone number, or None."""
    digits = text.strip().removeprefix("+").translate(str.maketrans("", "", " -().\u00a0/"))
    return digits if digits.isascii() and digits.isdigit() else None
