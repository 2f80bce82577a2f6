"""What lets a person in: identifiers with a password or a code, passkeys, identities elsewhere."""

import msgspec
from msgspec import Struct

from vestibule.account import problems
from vestibule.account.context import Context
from vestibule.client import NotFound, Refused, connectors, identities, mfa, sign_in_experience
from vestibule.client.models import Connector, User

EVERY = ("username", "email", "phone")


class _Method(Struct, rename="camel"):
    identifier: str
    password: bool = True
    verification_code: bool = False


class _SignIn(Struct):
    methods: list[_Method] = []


class _Switch(Struct):
    enabled: bool | None = False


class _Record(Struct, rename="camel"):
    """The part of the sign-in experience that says what signs people in."""

    sign_in: _SignIn = msgspec.field(default_factory=_SignIn)
    social_sign_in_connector_targets: list[str] = []
    passkey_sign_in: _Switch = msgspec.field(default_factory=_Switch)
    single_sign_on_enabled: bool = False


async def has_way_in(ctx: Context, user: User, *, without: str) -> bool:
    """Tell whether a person can still sign in without their identity at one provider, as sign-in is set up now."""
    record = await _record(ctx)
    if _by_identifier(user, record.sign_in.methods):
        return True
    targets = set(user.identities) - {without}
    if targets & await _offered(ctx, record):
        return True
    if record.single_sign_on_enabled and (await ctx.send(identities.find(user.id))).sso_identities:
        return True
    return bool(record.passkey_sign_in.enabled) and any(
        factor.type == "WebAuthn" for factor in await ctx.send(mfa.find(user.id))
    )


async def social_connectors(ctx: Context) -> list[Connector]:
    """Return the connectors to social providers; none where the server finds them set up wrongly."""
    try:
        return [one for one in await ctx.send(connectors.find()) if one.type == "Social"]
    except (problems.MessagesUnavailable, NotFound, Refused):
        return []


async def _record(ctx: Context) -> _Record:
    try:
        return msgspec.convert(await ctx.send(sign_in_experience.get()), _Record)
    except (NotFound, Refused, msgspec.ValidationError):
        # Of a server that does not tell, what everybody starts with: a password.
        return _Record(_SignIn([_Method(name) for name in EVERY]))


def _by_identifier(user: User, methods: list[_Method]) -> bool:
    held = {"username": user.username, "email": user.primary_email, "phone": user.primary_phone}
    return any(
        held.get(one.identifier) and (one.verification_code or (one.password and user.has_password)) for one in methods
    )


async def _offered(ctx: Context, record: _Record) -> set[str]:
    """Return the providers that the sign-in page offers and that are still set up."""
    wanted = set(record.social_sign_in_connector_targets)
    return wanted & {one.target for one in await social_connectors(ctx)} if wanted else set()
