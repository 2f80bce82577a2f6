"""The one way to change a sign-in under way: its row is held, a pure function is applied to what is found there."""

from collections.abc import Callable

from vestibule.db import Tx
from vestibule.domain.context import Context
from vestibule.domain.interactions.state import Record, State, encoded, state_of
from vestibule.domain.interactions.steps import LOGIN
from vestibule.errors import SessionNotFound
from vestibule.model import Interaction
from vestibule.store import interactions as store


async def hold(tx: Tx, ctx: Context, interaction: Interaction) -> State:
    """Return the state, which nobody else changes in this transaction.

    Raises SessionNotFound when the step is over, InteractionNotStarted.
    """
    held = await tx.one(store.HELD, interaction_id=interaction.id, now=ctx.clock.now(), at_prompt=LOGIN)
    if held is None:
        raise SessionNotFound
    return state_of(held)


async def keep(tx: Tx, interaction: Interaction, state: State | None) -> None:
    """Write the state of an interaction that is held."""
    await tx.run(store.KEEP, interaction_id=interaction.id, new_state=encoded(state))


async def change(ctx: Context, interaction: Interaction, apply: Callable[[State], State]) -> State:
    """Apply a function to the state, and return what comes of it; raises what `hold` and the function raise."""
    async with ctx.db.write() as tx:
        state = apply(await hold(tx, ctx, interaction))
        await keep(tx, interaction, state)
    return state


async def begin_anew(tx: Tx, ctx: Context, interaction: Interaction, state: State) -> None:
    """Put a fresh state in place of whatever there was; raises SessionNotFound."""
    values = {"interaction_id": interaction.id, "now": ctx.clock.now(), "at_prompt": LOGIN, "new_state": encoded(state)}
    if not await tx.run(store.BEGIN_ANEW, **values):
        raise SessionNotFound


async def waiting(tx: Tx, ctx: Context, interaction: Interaction) -> tuple[Record, ...]:
    """Return the records that wait for a passkey to sign in with; raises SessionNotFound."""
    held = await tx.one(store.HELD, interaction_id=interaction.id, now=ctx.clock.now(), at_prompt=LOGIN)
    if held is None:
        raise SessionNotFound
    records = () if held.state is None else state_of(held).records
    return tuple(record for record in records if record.type == "SignInPasskey" and record.challenge)


async def read(ctx: Context, interaction: Interaction) -> State:
    """Return the state as it is now, without holding it; raises SessionNotFound, InteractionNotStarted."""
    async with ctx.db.read() as tx:
        found = await tx.one(store.LIVE, interaction_id=interaction.id, now=ctx.clock.now())
    if found is None or found.prompt != LOGIN:
        raise SessionNotFound
    return state_of(found)
