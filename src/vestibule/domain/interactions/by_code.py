"""Forms that ask for a code: sent to an address, entered, and what it proves used at once, as `at_once` does it."""

from collections.abc import Collection

from vestibule.domain import registration
from vestibule.domain.context import Context
from vestibule.domain.interactions import (
    codes,
    completing,
    enrolment,
    events,
    factor_codes,
    factors,
    holding,
    identifying,
    profiles,
)
from vestibule.domain.interactions.state import MAILED, InteractionEvent, Record, State
from vestibule.domain.interactions.steps import refuse_unless_asked
from vestibule.errors import (
    EntityInvalidInput,
    FactorNotEnabled,
    MessageRateLimited,
    SignInMethodNotEnabled,
    VerificationNotFound,
)
from vestibule.model import Interaction, RecipientKind

WAIT_MS = 60_000
"""So long after one message the next can be asked for on the pages (B57)."""


def address(
    ctx: Context, event: InteractionEvent, identifier: str, kinds: Collection[str] | None = None
) -> tuple[RecipientKind, str]:
    """Return kind and value of an address that a code may go to, of one of these kinds or what the event lets in.

    Raises SignInMethodNotEnabled where none is sent at all, EntityInvalidInput, InvalidPhone.
    """
    kind, value = registration.kind_of(identifier.strip())
    kinds = ctx.live.experience.code_identifiers(event) if kinds is None else kinds
    if not kinds:
        raise SignInMethodNotEnabled
    if kind == "username" or kind not in kinds:
        raise EntityInvalidInput("No code can be sent there.")
    registration.check_address(kind, value)
    return kind, value


async def ask(
    ctx: Context, interaction: Interaction, event: InteractionEvent, identifier: str, ip: str, locale: str
) -> None:
    """Begin an event anew and send the code for it; whether anybody has the address makes no difference.

    Raises what `address` raises, Forbidden, SessionNotFound, MessageRateLimited and the connector's refusals.
    """
    refuse_unless_asked(interaction)
    kind, value = address(ctx, event, identifier)
    await events.start(ctx, interaction, event)
    await codes.send(ctx, interaction, kind, value, event, ip, locale=locale)


async def ask_beside(ctx: Context, interaction: Interaction, identifier: str, ip: str, locale: str) -> None:
    """Send a code to a further address of somebody who registers, or whose account lacks one.

    Raises as `ask`, and what `holding.read` and `profiles.check_adding` raise.
    """
    state = await holding.read(ctx, interaction)
    kinds = None if state.user_id is None else await completing.addresses(ctx, state)
    kind, value = address(ctx, "Register", identifier, kinds)
    await profiles.check_adding(ctx, state, kind)
    await codes.send(ctx, interaction, kind, value, state.event, ip, locale=locale)


async def ask_factor(
    ctx: Context, interaction: Interaction, kind: RecipientKind, identifier: str, ip: str, locale: str
) -> None:
    """Send a code to an address that shall become a second factor of an account that lacks one.

    Raises as `ask`, FactorNotEnabled, MfaRequired, and what `holding.read` raises.
    """
    state = await holding.read(ctx, interaction)
    factors.identified(state)
    if not await enrolment.takes(ctx, state, kind):
        raise FactorNotEnabled
    _, value = address(ctx, state.event, identifier, (kind,))
    await codes.send(ctx, interaction, kind, value, state.event, ip, locale=locale)


def pending(state: State) -> Record:
    """Return the proof by a message: its code is waited for, or it was shown; raises VerificationNotFound."""
    record = state.latest(*MAILED)
    if record is None or record.identifier is None or record.event is None:
        raise VerificationNotFound
    return record


def wait_ms(ctx: Context, record: Record) -> int:
    """Return how long it takes until another code can be asked for, in ms; 0 when it can."""
    return max(0, record.asked_at + WAIT_MS - ctx.clock.now())


async def ask_again(ctx: Context, interaction: Interaction, ip: str, locale: str) -> None:
    """Send a new code to the same address; the one before no longer works.

    Raises as `ask`, and VerificationNotFound.
    """
    record = pending(await holding.read(ctx, interaction))
    if wait_ms(ctx, record):
        raise MessageRateLimited
    kind, value, event = target(record)
    await codes.send(ctx, interaction, kind, value, event, ip, locale=locale)


def target(record: Record) -> tuple[RecipientKind, str, InteractionEvent]:
    """Return where a code went, as it was typed, and what for; raises VerificationNotFound for another proof."""
    identifier = record.identifier
    if identifier is None or identifier.type == "username" or record.event is None:
        raise VerificationNotFound
    return identifier.type, identifier.value, record.event


async def enter(ctx: Context, interaction: Interaction, code: str) -> None:
    """Use up the code that is waited for, and identify whom it proves; somebody who registers gets an account.

    Whoever was identified before it was sent has another address by it. Raises what `codes.verify`,
    `identifying.identify` and `profiles.bind` raise. A proof that identified nobody is kept.
    """
    state = await holding.read(ctx, interaction)
    record = pending(state)
    kind, value, _ = target(record)
    if record.verified_at is None:
        await codes.verify(ctx, interaction, record.id, kind, value, code)
    if state.user_id is None:
        await identifying.identify(ctx, interaction, record.id)
    elif await completing.takes(ctx, state, kind):
        await profiles.bind(ctx, interaction, kind, record.id)
    else:
        await enrolment.bind(ctx, interaction, factor_codes.FACTORS[kind], record.id)


async def go_over(ctx: Context, interaction: Interaction, event: InteractionEvent) -> None:
    """Use a proof for the other event: make an account where nobody has the address, or sign in where somebody has.

    Raises as `identify`, and Forbidden where the other one is closed.
    """
    record = pending(await holding.read(ctx, interaction))
    await events.switch(ctx, interaction, event)
    await identifying.identify(ctx, interaction, record.id)
