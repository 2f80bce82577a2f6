"""What a sign-in under way is for, and whether that is open here."""

from msgspec.structs import replace

from vestibule.domain.context import Context
from vestibule.domain.interactions import holding
from vestibule.domain.interactions.state import Enrolment, InteractionEvent, Profile, State
from vestibule.errors import Forbidden, NotForForgottenPassword
from vestibule.model import Interaction


def check_open(ctx: Context, event: InteractionEvent) -> None:
    """Refuse what the sign-in mode closes; raises Forbidden."""
    experience = ctx.live.experience
    if event == "Register" and not experience.lets_register:
        raise Forbidden("Nobody can register here. Ask the people who run this service for an account.")
    if event != "Register" and not experience.lets_sign_in:
        raise Forbidden("Nobody can sign in here at the moment.")


async def start(ctx: Context, interaction: Interaction, event: InteractionEvent) -> None:
    """Begin; whatever was begun before is forgotten. Raises Forbidden, SessionNotFound."""
    check_open(ctx, event)
    async with ctx.db.write() as tx:
        # A passkey is asked for as soon as a page is there, before it is known what the person wants.
        asked = await holding.waiting(tx, ctx, interaction)
        await holding.begin_anew(tx, ctx, interaction, State(event, records=asked))


async def switch(ctx: Context, interaction: Interaction, event: InteractionEvent) -> None:
    """Go over from signing in to registering or back, with the same proofs, but with nothing that was to be written.

    What a newcomer chose (a password, a user name) must not reach the account of somebody who is recognised afterwards.
    Raises NotForForgottenPassword, Forbidden, SessionNotFound, InteractionNotStarted.
    """

    def switched(state: State) -> State:
        if "ForgotPassword" in {event, state.event} and event != state.event:
            raise NotForForgottenPassword
        check_open(ctx, event)
        return state if event == state.event else replace(state, event=event, profile=Profile(), enrolment=Enrolment())

    await holding.change(ctx, interaction, switched)
