"""Proofs by password: the one that somebody has, and the one that somebody registers with."""

from vestibule.crypto import SealError, new_id
from vestibule.domain import attempts, credentials, password_rules, registration, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import events, holding, sso
from vestibule.domain.interactions.state import Identifier, Profile, Record
from vestibule.domain.interactions.trail import note
from vestibule.errors import (
    AppError,
    InvalidCredentials,
    SignInMethodNotEnabled,
)
from vestibule.model import Interaction, User

PASSWORD_STEP = "SignIn.Verification.Password.Submit"  # noqa: S105 - a step, not a password
NEW_STEP = "Register.Verification.NewPasswordIdentity.Submit"
SEAL = ("interactions", "state")


async def verify(ctx: Context, interaction: Interaction, identifier: Identifier, password: str, ip: str) -> str:
    """Check a password; returns the id of the record. Whether it may be used is asked at identification.

    Raises SignInMethodNotEnabled, SsoEnabled, InvalidCredentials (unknown account or wrong password alike),
    TooManyAttempts, SessionNotFound, InteractionNotStarted.
    """
    await holding.read(ctx, interaction)
    if identifier.type not in ctx.live.experience.password_identifiers:
        raise SignInMethodNotEnabled
    await sso.refuse_company(ctx, identifier.value if identifier.type == "email" else None)
    at = ctx.clock.now()
    async with ctx.db.read() as tx:
        user = await users.find_by(tx, ctx, identifier.type, identifier.value)
    typed = users.looked_up_as(ctx, identifier.value, identifier.type)
    checked = await check(ctx, interaction, user, typed, password, ip)
    await attempts.succeed(ctx, checked.id, typed=[typed, *users.ways_to(ctx, checked)])
    record = Record(new_id(), "Password", identifier, user_id=checked.id, verified_at=at)
    await holding.change(ctx, interaction, lambda state: state.keeping(record))
    await note(ctx, interaction, PASSWORD_STEP, checked.id)
    return record.id


async def check(ctx: Context, interaction: Interaction, user: User | None, typed: str, password: str, ip: str) -> User:
    """Count the try and check the password; an unknown account costs the same. Every refusal is noted.

    `typed` is the identifier in the form of `users.looked_up_as`. Whoever calls forgives the tries after a good one.
    """
    try:
        events.check_open(ctx, "SignIn")
        await attempts.begin(ctx, None if user is None else user.id, ip, typed=typed)
        if not await credentials.check_password(ctx, user, password) or user is None:
            raise InvalidCredentials
    except AppError as error:
        await note(ctx, interaction, PASSWORD_STEP, None if user is None else user.id, error)
        raise
    return user


async def propose(ctx: Context, interaction: Interaction, username: str, password: str, ip: str) -> str:
    """Choose a user name and a password to register with; returns the id of the record.

    A name that is taken costs as much as one that is free. Raises SignInMethodNotEnabled, UsernameRejected,
    UsernameInUse, PasswordRejected, TooManyAttempts (of the address), and what `holding.hold` raises.
    """
    known = (await holding.read(ctx, interaction)).profile
    if "username" not in ctx.live.experience.sign_up.identifiers:
        raise SignInMethodNotEnabled
    registration.check_username(username, ctx.live.experience.username_policy)
    await attempts.begin_from(ctx, ip)
    digest = await digest_of(ctx, password, [username, *known.identifiers, known.name])
    await users.refuse_taken(ctx, username=username)
    record = Record(new_id(), "NewPasswordIdentity", Identifier("username", username), digest=digest,
                    sealed=sealed(ctx, interaction, password), verified_at=ctx.clock.now())  # fmt: skip
    await holding.change(ctx, interaction, lambda state: state.keeping(record))
    await note(ctx, interaction, NEW_STEP, None)
    return record.id


async def digest_of(ctx: Context, password: str, about: list[str | None]) -> str:
    """Return the digest of a password that meets the policy; raises PasswordRejected, ServerBusy."""
    await password_rules.refuse(ctx, password, about)
    return await ctx.passwords.hash(password)


def sealed(ctx: Context, interaction: Interaction, password: str) -> str:
    """Seal a password until it is known for whom it was chosen; it is forgotten when the account is made."""
    return ctx.sealer.seal(password.encode(), *SEAL, interaction.id)


def judge_again(ctx: Context, interaction: Interaction, profile: Profile) -> bool:
    """Hold the password of a whole profile against everything that the profile says; raises PasswordRejected.

    Returns False where the password must be given once more: the key that sealed it is gone.
    """
    if profile.password_sealed is None:
        return True
    try:
        password = ctx.sealer.open(profile.password_sealed, *SEAL, interaction.id).decode()
    except SealError:
        return False
    password_rules.refuse_about(ctx, password, [*profile.identifiers, profile.name])
    return True
