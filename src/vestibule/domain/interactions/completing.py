"""What an account still needs of what people register with here: before it is made, and of one that is there.

Of an account that is there only what is missing can be said, after the factor that it has, and an address only with a
code that was sent to it. It is written at the end of the sign-in, with everything else.
"""

from msgspec.structs import replace

from vestibule.db import Tx, UniqueViolation
from vestibule.domain import identities, messages, users
from vestibule.domain.context import Context
from vestibule.domain.interactions import factors, holding
from vestibule.domain.interactions.state import IdentifierKind, Profile, State
from vestibule.domain.sign_in_experience import SignInExperience
from vestibule.errors import (
    AppError,
    EmailInUse,
    Forbidden,
    IdentifierNotFound,
    MissingProfile,
    PhoneInUse,
    UsernameInUse,
)
from vestibule.model import Interaction, RecipientKind, User
from vestibule.store import sso_identities
from vestibule.store import users as store

KINDS: dict[str, tuple[IdentifierKind, ...]] = {
    "username": ("username",),
    "email": ("email",),
    "phone": ("phone",),
    "emailOrPhone": ("email", "phone"),
    "password": (),
}
"""Which identifiers do for what is missing, in the contract's words."""
COLUMNS: dict[IdentifierKind, str] = {"username": "username", "email": "primary_email", "phone": "primary_phone"}
TAKEN: dict[type[AppError], IdentifierKind] = {UsernameInUse: "username", EmailInUse: "email", PhoneInUse: "phone"}
"""What somebody else may have taken since it was said."""
ADDRESSED: tuple[RecipientKind, ...] = ("email", "phone")
NOTHING = Profile()


def missing_of_new(ctx: Context, profile: Profile) -> list[str]:
    """Return what an account still needs before it can be made, in the contract's words."""
    return _missing(ctx.live.experience, profile, at_provider=profile.social is not None)


def _missing(experience: SignInExperience, profile: Profile, *, at_provider: bool) -> list[str]:
    sign_up = experience.sign_up
    if at_provider and experience.social_sign_in.skip_required_identifiers is True:
        return []
    held = {"username": profile.username, "email": profile.primary_email, "phone": profile.primary_phone}
    kinds = sign_up.identifiers
    wanted: list[str] = []
    if kinds and not any(held[kind] for kind in kinds):
        wanted.append("emailOrPhone" if {"email", "phone"} == set(kinds) else kinds[0])
    wanted += [one.identifier for one in sign_up.secondary if not any(held[kind] for kind in one.kinds)]
    # Who signs in at a provider needs no password, and can choose one later.
    if sign_up.password and profile.password_digest is None and not at_provider:
        wanted.append("password")
    return list(dict.fromkeys(wanted))


async def asked(ctx: Context, state: State, said: Profile = NOTHING) -> list[str]:
    """Return what whoever was identified is asked for beside what was `said`.

    Raises IdentifierNotFound, and MfaRequired where there is something: who has a factor shows it first.
    """
    user_id = factors.identified(state)
    async with ctx.db.read() as tx:
        wanted = await _missing_of(tx, ctx, state, await _found(tx, user_id), said)
        if wanted:
            await factors.check(tx, ctx, state, user_id)
    return wanted


async def addresses(ctx: Context, state: State) -> tuple[RecipientKind, ...]:
    """Return the kinds of address of which one is asked for next, and that a code can be sent to; raises as `asked`."""
    first = first_addresses(await asked(ctx, state, state.profile))
    if not first:
        return ()
    async with ctx.db.read() as tx:
        reachable = await messages.kinds_in(tx, ctx)
    return tuple(kind for kind in first if kind in reachable)


def first_addresses(missing: list[str]) -> tuple[RecipientKind, ...]:
    """Return the kinds of address of which one is the first that is missing."""
    named = next((KINDS[name] for name in missing if {*ADDRESSED}.intersection(KINDS[name])), ())
    return tuple(kind for kind in ADDRESSED if kind in named)


async def takes(ctx: Context, state: State, what: str) -> bool:
    """Tell whether an identifier of a kind, or a password, is asked for; raises MfaRequired as `asked` does."""
    if state.user_id is None or state.occasion != "SignIn":
        return False
    return any(what == name or what in KINDS[name] for name in await asked(ctx, state))


async def check_takes(ctx: Context, state: State, what: str) -> None:
    """Refuse what is not asked for of an account that is there; raises Forbidden, MfaRequired."""
    if not await takes(ctx, state, what):
        raise Forbidden("This is not asked for at sign-in. The account's own page changes it.")


async def ask(tx: Tx, ctx: Context, state: State, user: User) -> None:
    """At the end: ask for what is missing; raises MissingProfile, and MfaRequired also where a browser is trusted.

    What is written is a way in, or may become a factor: not without the factor that there is.
    """
    said = state.profile
    wanted = await _missing_of(tx, ctx, state, user, NOTHING)
    if wanted or said.identifiers or said.password_digest is not None:
        await factors.check(tx, ctx, state, user.id)
    still = await _missing_of(tx, ctx, state, user, said) if wanted else []
    if still:
        raise MissingProfile(data={"missingProfile": still})


async def write(tx: Tx, ctx: Context, state: State, user_id: str) -> None:
    """Write the identifiers that were said, where the account still has none; raises the three InUse."""
    if not state.profile.identifiers:
        return
    user, said = await _found(tx, user_id), state.profile
    lacks = [name for name in COLUMNS.values() if getattr(user, name) is None]
    new = {name: getattr(said, name) for name in lacks if getattr(said, name) is not None}
    try:
        await users.put_in(tx, ctx, user_id, new)
    except UniqueViolation as error:
        raise users.in_use(error) from error


async def forget(ctx: Context, interaction: Interaction, taken: AppError) -> None:
    """Forget an identifier that somebody else took after it was said, also as a factor: another is asked for."""
    kind = TAKEN[type(taken)]

    def forgotten(held: State) -> State:
        is_on = held.enrolment.enabled and kind not in ADDRESSED
        profile = replace(held.profile, **{COLUMNS[kind]: None})
        return replace(held, profile=profile, enrolment=replace(held.enrolment, enabled=is_on))

    await holding.change(ctx, interaction, forgotten)


async def _found(tx: Tx, user_id: str) -> User:
    user = await tx.one(store.GET, id=user_id)
    if user is None:
        raise IdentifierNotFound
    return user


async def _missing_of(tx: Tx, ctx: Context, state: State, user: User, said: Profile) -> list[str]:
    """Return what a user needs beside what was `said`.

    Nothing, where nobody registers, or where a company has named them and answers for them. And nothing that could not
    be given or is of no use, or nobody would get in: no address that no code can be sent to, no password where none
    signs them in.
    """
    experience = ctx.live.experience
    if state.occasion != "SignIn" or state.proof_type == "EnterpriseSso" or not experience.lets_register:
        return []
    held = Profile(
        username=user.username or said.username,
        primary_email=user.primary_email or said.primary_email,
        primary_phone=user.primary_phone or said.primary_phone,
        password_digest=user.password_digest or said.password_digest,
    )
    at_provider = state.proof_type == "Social" or bool(identities.held_by(user))
    wanted = _missing(experience, held, at_provider=at_provider)
    if not wanted:
        return []
    there: set[str] = {kind for kind, column in COLUMNS.items() if getattr(held, column)}
    named = there.union(*(KINDS[name] for name in wanted))
    reachable = {"username", *await messages.kinds_in(tx, ctx)}
    possible = [name for name in wanted if reachable.intersection(KINDS[name])]
    # Whoever is let in by a link that was made for them goes in by that.
    is_of_use = state.proof_type != "OneTimeToken" and named.intersection(experience.password_identifiers)
    if "password" in wanted and is_of_use and not await tx.all(sso_identities.OF_USER, user_id=user.id):
        possible.append("password")
    return possible
