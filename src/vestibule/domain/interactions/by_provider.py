"""Pages that sign in through a social provider: the way there, the way back, and the question that may come then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vestibule.domain import connectors
from vestibule.domain.context import Context
from vestibule.domain.interactions import events, holding, identifying, socials
from vestibule.domain.interactions.state import Record
from vestibule.domain.interactions.steps import new_state, refuse_unless_asked
from vestibule.errors import ConnectorSessionNotFound, EntityNotFound, IdentityNotExists, VerificationNotFound
from vestibule.model import Interaction

Answer = Literal["link", "register"]


@dataclass(frozen=True)
class Prospect:
    """Somebody whom a provider named and nobody is here: the provider's name, and the address of an account."""

    provider: Mapping[str, str]
    address: str | None


async def leave(ctx: Context, interaction: Interaction, connector_id: str, agent: str) -> str:
    """Begin, and return where to send the browser; only providers that have a button are gone to.

    The state that comes back tells which application's sign-in it is. Raises EntityNotFound, SessionNotFound, Forbidden
    and what `socials.begin` raises.
    """
    refuse_unless_asked(interaction)
    if connector_id not in {instance.id for instance in await connectors.buttons(ctx)}:
        raise EntityNotFound
    await events.start(ctx, interaction, "SignIn" if ctx.live.experience.lets_sign_in else "Register")
    back = f"{ctx.settings.public_url}/callback/{connector_id}"
    return (await socials.begin(ctx, interaction, connector_id, new_state(interaction), back, agent))[0]


async def arrive(
    ctx: Context, interaction: Interaction, connector_id: str, data: Mapping[str, object], *, asks: bool
) -> None:
    """Take what the browser brought back, and identify whom the provider named; a newcomer gets an account.

    Raises IdentityNotExists where there is something to ask first: whether the account with the same address is theirs,
    or with `asks` whether one is to be made. Raises what `socials.verify` and `identifying.identify` raise.
    """
    experience = ctx.live.experience
    record = await _latest(ctx, interaction)
    if "state" not in data:
        raise ConnectorSessionNotFound
    await socials.verify(ctx, interaction, record.id, connector_id, data)
    if not experience.lets_sign_in:
        await identifying.identify(ctx, interaction, record.id)
        return
    try:
        await identifying.identify(ctx, interaction, record.id, link=experience.social_sign_in.links)
    except IdentityNotExists as error:
        if error.data or asks or not experience.lets_register:
            raise
        await answer(ctx, interaction, "register")


async def prospect(ctx: Context, interaction: Interaction) -> Prospect:
    """Return whom to ask about; raises VerificationNotFound, and what `holding.read` raises."""
    record = await _latest(ctx, interaction)
    if record.social is None or record.verified_at is None:
        raise VerificationNotFound
    instance = await connectors.get_instance(ctx, record.social.connector_id)
    async with ctx.db.read() as tx:
        found = await socials.related(tx, ctx, record.social)
    return Prospect(connectors.names(instance), None if found is None else found[1])


async def answer(ctx: Context, interaction: Interaction, said: Answer) -> None:
    """Link the account with the same address, or make a new one.

    Raises VerificationNotFound, Forbidden, and what `identifying.identify` raises.
    """
    record = await _latest(ctx, interaction)
    if said == "register":
        await events.switch(ctx, interaction, "Register")
    await identifying.identify(ctx, interaction, record.id, link=said == "link")


async def _latest(ctx: Context, interaction: Interaction) -> Record:
    record = (await holding.read(ctx, interaction)).latest(socials.TYPE)
    if record is None:
        raise VerificationNotFound
    return record
