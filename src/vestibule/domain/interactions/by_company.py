"""The pages' way through a company's sign-in: there and back, and what the answer proves used at once."""

from collections.abc import Mapping

from vestibule.domain.context import Context
from vestibule.domain.interactions import events, holding, identifying, sso
from vestibule.domain.interactions.steps import new_state, refuse_unless_asked
from vestibule.errors import ConnectorSessionNotFound, VerificationNotFound
from vestibule.model import Interaction

CALLBACK, ARRIVAL = "/callback/", "/arrival"


async def leave(ctx: Context, interaction: Interaction, connector_id: str) -> str:
    """Begin anew at a company; returns where to send the browser. Raises as `sso.begin`, and Forbidden."""
    refuse_unless_asked(interaction)
    await events.start(ctx, interaction, "SignIn" if ctx.live.experience.lets_sign_in else "Register")
    back = f"{ctx.settings.public_url}{CALLBACK}{connector_id}"
    onward, _ = await sso.begin(ctx, interaction, connector_id, new_state(interaction), back)
    return onward


async def come_back(ctx: Context, interaction: Interaction, connector_id: str, data: Mapping[str, object]) -> None:
    """Take what the company called back with, and identify whom it proves.

    Raises as `sso.verify` and `identifying.identify`. A proof that identified nobody is kept, and so is what was begun
    where nothing was brought back: any page can have a browser come with nothing.
    """
    record_id = await _record_id(ctx, interaction)
    if "state" not in data:
        raise ConnectorSessionNotFound
    await sso.verify(ctx, interaction, connector_id, record_id, data)
    await identifying.identify(ctx, interaction, record_id)


async def register(ctx: Context, interaction: Interaction) -> None:
    """Make an account for whom the proof is about; raises as `identifying.identify`, and Forbidden."""
    record_id = await _record_id(ctx, interaction)
    await events.switch(ctx, interaction, "Register")
    await identifying.identify(ctx, interaction, record_id)


async def _record_id(ctx: Context, interaction: Interaction) -> str:
    record = (await holding.read(ctx, interaction)).latest("EnterpriseSso")
    if record is None:
        raise VerificationNotFound
    return record.id
